//! Accepts events: one transaction stores an event, its derived events and all their deliveries; after the commit the
//! first attempts start.
//!
//! Permits are taken inside the transaction, on the thread of the database; the lock of `Concurrency` is held only for
//! each single call, never during a query.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::attempt::{self, Claimed};
use super::engine::Engine;
use super::policy::concurrency::Permit;
use super::result_writer;
use crate::db::accounts::tokens;
use crate::db::deliveries::queue::rows::{Lease, NewDelivery};
use crate::db::deliveries::{log, queue};
use crate::db::events::{self, idempotency};
use crate::db::form_answers::{self, Done, FormKey};
use crate::db::{DbConnection, Error, WriteError, inboxes, webhooks};
use crate::domain::deliveries::{Delivery, Status, Trigger};
use crate::domain::events::Event;
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::Incoming;
use crate::domain::id::{DeliveryId, EventId, TokenId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// How long the request of a test waits: the longest timeout of a webhook, and the database before and after.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a duplicate of a test waits for the first one: the longest timeout of a webhook, and some more.
const TEST_DUPLICATE_TIMEOUT: Duration = Duration::from_secs(25);
/// How often a duplicate looks whether the first one has ended.
const TEST_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A test was not stored, because its webhook does not exist.
struct NoWebhook;

/// An `Idempotency-Key` and the SHA-256 of the body it came with.
#[derive(Clone, Debug)]
pub struct Key {
    /// 1–255 printable ASCII characters.
    pub text: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
}

/// The outcome of a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk, with the given number of deliveries (those of derived events included).
    New(EventId, usize),
    /// A request with the same key and body was accepted before; these are the values of its answer.
    Replayed(EventId, usize),
    /// A request with the same key and another body was accepted before. Nothing was stored.
    KeyMismatch,
    /// The token was revoked. Nothing was stored.
    TokenRevoked,
}

/// A posted event.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The event, checked.
    pub event: Incoming,
    /// The idempotency key of the request, if any.
    pub key: Option<Key>,
    /// The token of the request; it is checked again in the transaction.
    pub token: TokenId,
}

/// The result of the transaction.
struct Stored {
    accepted: Accepted,
    /// Deliveries that were inserted with a lease, because a permit was free: their attempts start after the commit.
    leased: Vec<(Claimed, Permit)>,
    /// Webhooks whose delivery got no permit.
    waiting: Vec<WebhookId>,
}

impl Stored {
    const fn nothing(accepted: Accepted) -> Self {
        Self { accepted, leased: Vec::new(), waiting: Vec::new() }
    }
}

impl Engine {
    /// Accepts an event. When this returns `New`, everything is on disk and the first attempts have started.
    /// [`Error::Busy`] while the engine is overloaded, or if the database does not answer in time. After that, and if the
    /// future is dropped, a transaction that had started still commits, and its attempts start.
    pub async fn accept(&self, posted: Posted) -> Result<Accepted, Error> {
        if self.0.overloaded.load(Ordering::Relaxed) {
            return Err(Error::Busy);
        }
        let posted = Arc::new(posted);
        let event = posted.event.name.as_str();
        let stored = match self.store(Arc::clone(&posted)).await {
            // A concurrent duplicate stored the same key, or another event drew the same id. Now the key is found, or a
            // new id is drawn.
            Err(error) if error.is_unique_violation() => self.store(posted).await,
            stored => stored,
        };
        match &stored {
            Ok(Accepted::New(id, deliveries)) => tracing::debug!(event, event_id = %id, deliveries, "event stored"),
            Ok(Accepted::Replayed(id, _)) => {
                tracing::debug!(event, event_id = %id, "event known by its idempotency key")
            }
            Ok(Accepted::KeyMismatch) => tracing::debug!(event, "idempotency key used with another body"),
            Ok(Accepted::TokenRevoked) => tracing::debug!(event, reason = "revoked", "token refused"),
            Err(error) => tracing::debug!(event, %error, "event not stored"),
        }
        stored
    }

    async fn store(&self, posted: Arc<Posted>) -> Result<Accepted, Error> {
        let now = self.0.now();
        let (engine, inner) = (self.clone(), Arc::clone(&self.0));
        let send = move |stored: Stored| {
            fault_injection::point("ingest-after-commit");
            for (claimed, permit) in stored.leased {
                attempt::spawn(&inner, claimed, permit);
            }
            if !stored.waiting.is_empty() {
                inner.mark_backlog(stored.waiting);
            }
            stored.accepted
        };
        self.0.db.with_timeout().write_then(move |conn| engine.store_in(conn, &posted, now), send).await
    }

    fn store_in(
        &self,
        conn: &mut DbConnection,
        Posted { event, key, token }: &Posted,
        now: Timestamp,
    ) -> Result<Stored, Error> {
        if !tokens::is_active(conn, *token)? {
            return Ok(Stored::nothing(Accepted::TokenRevoked));
        }
        if let Some(key) = key
            && let Some(known) = idempotency::find(conn, &key.text)?
        {
            let same = known.body_hash == key.body_hash;
            let count = usize::try_from(known.deliveries).unwrap_or_default();
            let accepted = if same { Accepted::Replayed(known.event_id, count) } else { Accepted::KeyMismatch };
            return Ok(Stored::nothing(accepted));
        }
        let inbox_id = match &event.inbox {
            Some(inbox) => Some(inboxes::find_or_register(conn, &inbox.external_id, inbox.name.as_deref(), now)?),
            None => None,
        };
        let id = EventId(self.next_id(now));
        let own = (event.name, event.body.clone(), id, None);
        let derived = event.derived.iter();
        let derived = derived.map(|(name, body)| (*name, body.clone(), EventId(self.next_id(now)), Some(id)));
        let mut stored = Stored::nothing(Accepted::New(id, 0));
        let mut count = 0;
        for (name, body, id, derived_from) in std::iter::once(own).chain(derived) {
            let event = Event { id, name, inbox_id, derived_from, body, created_at: now };
            count += self.fan_out(conn, &event, &mut stored)?;
        }
        if let Some(key) = key {
            let deliveries = i32::try_from(count).unwrap_or(i32::MAX);
            let known = idempotency::Known { body_hash: key.body_hash.clone(), event_id: id, deliveries };
            idempotency::insert(conn, &key.text, &known, now)?;
        }
        fault_injection::point("ingest-before-commit");
        Ok(Stored { accepted: Accepted::New(id, count), ..stored })
    }

    /// Stores an event with its deliveries, or with the reason why it has none. Returns the number of deliveries.
    fn fan_out(&self, conn: &mut DbConnection, event: &Event, stored: &mut Stored) -> Result<usize, Error> {
        let matching = events::matching::matching(conn, event.name, event.inbox_id, event.created_at)?;
        let unmatched = match matching.as_slice() {
            [] => Some(events::matching::why_unmatched(conn, event.name, event.created_at)?),
            _ => None,
        };
        events::insert(conn, event, unmatched)?;
        let mut deliveries = Vec::with_capacity(matching.len());
        for found in matching {
            if let Some(since) = found.returned_at {
                self.0.concurrency.observe_ramp(found.webhook_id, since, event.created_at);
            }
            let permit = if found.sends { self.0.concurrency.take(found.webhook_id, event.created_at) } else { None };
            let lease = permit.as_ref().map(|_| self.0.lease(event.created_at));
            let new = self.new_delivery(event, found.webhook_id, Trigger::Event, lease);
            if let (Some(permit), Some(lease)) = (permit, lease) {
                stored.leased.push((claimed(&new, event, lease, found.version), permit));
            } else if found.sends {
                stored.waiting.push(found.webhook_id);
            }
            deliveries.push(new);
        }
        queue::insert(conn, &deliveries)?;
        Ok(deliveries.len())
    }

    fn new_delivery(
        &self,
        event: &Event,
        webhook_id: WebhookId,
        trigger: Trigger,
        lease: Option<Lease>,
    ) -> NewDelivery {
        NewDelivery {
            id: DeliveryId(self.next_id(event.created_at)),
            event_id: event.id,
            event: event.name,
            webhook_id,
            inbox_id: event.inbox_id,
            trigger,
            lease,
            now: event.created_at,
        }
    }

    /// Sends a test event to a webhook, also to one that is off, and returns when the attempt has ended and its result is
    /// stored. `None` if the webhook does not exist. [`Error::Busy`] after 30 s, while the test continues.
    ///
    /// A duplicate of the same form sends nothing: it waits for the first test and returns its delivery.
    pub async fn test(
        &self,
        id: WebhookId,
        event: EventName,
        body: bytes::Bytes,
        form: Option<FormKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let engine = self.clone();
        self.0.finish(TEST_TIMEOUT, async move { engine.test_once(id, event, body, form).await }).await
    }

    async fn test_once(
        &self,
        webhook: WebhookId,
        event: EventName,
        body: bytes::Bytes,
        form: Option<FormKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let (now, engine, secret_box) = (self.0.now(), self.clone(), self.0.db.secret_box());
        let stored = self.0.db.write_or_refuse(move |conn| {
            let mut made = None;
            let done = form_answers::once(conn, &secret_box, form.as_ref(), |conn| {
                made = engine.store_test(conn, webhook, event, body, now)?;
                let id = made.as_ref().map(|claimed| claimed.delivery.id.0);
                id.map(Done::plain).ok_or(WriteError::Refused(NoWebhook))
            })?;
            Ok((DeliveryId(done.made), made))
        });
        match stored.await {
            Err(WriteError::Refused(NoWebhook)) => Ok(None),
            Err(WriteError::Database(error)) => Err(error),
            Ok((id, None)) => self.wait_for_end(id).await.map(|()| Some(id)),
            Ok((id, Some(claimed))) => {
                let ended = attempt::make(&self.0, &claimed).await;
                result_writer::record(&self.0, [ended.finished].into()).await?;
                Ok(Some(id))
            }
        }
    }

    /// Waits until a delivery has ended that another request sends, perhaps in another process. Returns after 25 s even if
    /// it has not: that process may have ended.
    async fn wait_for_end(&self, id: DeliveryId) -> Result<(), Error> {
        let begun = Instant::now();
        while begun.elapsed() < TEST_DUPLICATE_TIMEOUT {
            let found = self.0.db.read(move |conn| log::find(conn, id)).await?;
            if found.is_none_or(|delivery| delivery.status != Status::Pending) {
                break;
            }
            tokio::time::sleep(TEST_POLL_INTERVAL).await;
        }
        Ok(())
    }

    fn store_test(
        &self,
        conn: &mut DbConnection,
        webhook: WebhookId,
        name: EventName,
        body: bytes::Bytes,
        now: Timestamp,
    ) -> Result<Option<Claimed>, Error> {
        let Some(found) = webhooks::find(conn, webhook)? else { return Ok(None) };
        let id = EventId(self.next_id(now));
        let event = Event { id, name, inbox_id: None, derived_from: None, body, created_at: now };
        events::insert(conn, &event, None)?;
        let lease = self.0.lease(now);
        let new = self.new_delivery(&event, webhook, Trigger::Test, Some(lease));
        queue::insert(conn, &[new])?;
        Ok(Some(claimed(&new, &event, lease, found.version)))
    }
}

/// The claim on a delivery that was inserted with a lease.
fn claimed(new: &NewDelivery, event: &Event, lease: Lease, version: i32) -> Claimed {
    let delivery = Delivery {
        id: new.id,
        event_id: new.event_id,
        event: new.event,
        webhook_id: new.webhook_id,
        inbox_id: new.inbox_id,
        status: Status::Pending,
        reason: None,
        trigger: new.trigger,
        attempts: 1,
        steps: 0,
        next_attempt_at: Some(new.now),
        leased_until: Some(lease.until),
        created_at: new.now,
        finished_at: None,
    };
    Claimed { delivery, lease, version: Some(version), body: event.body.clone() }
}

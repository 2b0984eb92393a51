//! Taking events in: one commit holds the event, what follows from it, and all its deliveries.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::attempt::{self, Claimed};
use super::engine::Engine;
use super::policy::concurrency::Slot;
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

/// How long a person waits for a test: the longest time-out of a webhook, and the database before and after it.
const TEST: Duration = Duration::from_secs(30);
/// How long a duplicate of a test waits for the first one: the longest time-out of a webhook, and some more.
const TEST_ANSWER_MAX: Duration = Duration::from_secs(25);
/// How often it looks.
const TEST_POLL: Duration = Duration::from_millis(100);

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

/// What became of a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk with its deliveries, derived events' included.
    New(EventId, usize),
    /// Its key had been seen with the same body; this was answered then.
    Replayed(EventId, usize),
    /// Its key had been seen with another body.
    KeyMismatch,
    /// Its token is not good any more: nothing was stored.
    TokenRevoked,
}

/// An event as it is posted, and by whom.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The event.
    pub event: Incoming,
    /// Its key, if it has one.
    pub key: Option<Key>,
    /// The token it came with.
    pub token: TokenId,
}

/// An event and the deliveries that were born with a lease and a slot.
struct Stored {
    accepted: Accepted,
    born: Vec<(Claimed, Slot)>,
    /// Webhooks that had no slot for one of its deliveries.
    waiting: Vec<WebhookId>,
}

impl Stored {
    const fn nothing(accepted: Accepted) -> Self {
        Self { accepted, born: Vec::new(), waiting: Vec::new() }
    }
}

impl Engine {
    /// Accepts an event. When this returns `New`, everything is on disk and the first attempts have begun. A caller
    /// that goes away before, or is told `Busy` because the database has not answered in time, changes nothing: what
    /// was begun is finished.
    pub async fn accept(&self, posted: Posted) -> Result<Accepted, Error> {
        if self.0.overloaded.load(Ordering::Relaxed) {
            return Err(Error::Busy);
        }
        let posted = Arc::new(posted);
        let event = posted.event.name.as_str();
        let stored = match self.store(Arc::clone(&posted)).await {
            // A twin with the same key or the same id was faster: now the key is there, or the id is another.
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
            for (claimed, slot) in stored.born {
                attempt::spawn(&inner, claimed, slot);
            }
            if !stored.waiting.is_empty() {
                inner.left_waiting(stored.waiting);
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

    /// Stores an event and its deliveries; with none, why.
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
                self.0.slots.note_return(found.webhook_id, since, event.created_at);
            }
            let slot = if found.sends { self.0.slots.take(found.webhook_id, event.created_at) } else { None };
            let lease = slot.as_ref().map(|_| self.0.lease(event.created_at));
            let new = self.new_delivery(event, (found.webhook_id, Trigger::Event), lease);
            if let (Some(slot), Some(lease)) = (slot, lease) {
                stored.born.push((claimed(&new, event, (lease, found.version)), slot));
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
        (webhook_id, trigger): (WebhookId, Trigger),
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

    /// Sends a test event to one webhook, on or off, and returns when the receiver has answered or failed to. `None`
    /// if there is no such webhook.
    ///
    /// A form that has sent its test sends no other: the delivery is the first one's, once that has ended.
    pub async fn test(
        &self,
        id: WebhookId,
        event: EventName,
        body: bytes::Bytes,
        form: Option<FormKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let engine = self.clone();
        self.0.finish(TEST, async move { engine.test_all((id, event), body, form).await }).await
    }

    async fn test_all(
        &self,
        of: (WebhookId, EventName),
        body: bytes::Bytes,
        form: Option<FormKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let (now, engine, secret_box) = (self.0.now(), self.clone(), self.0.db.secret_box());
        let stored = self.0.db.write_or_refuse(move |conn| {
            let mut made = None;
            let done = form_answers::once(conn, &secret_box, form.as_ref(), |conn| {
                made = engine.store_test(conn, of, body, now)?;
                let id = made.as_ref().map(|claimed| claimed.delivery.id.0);
                id.map(Done::plain).ok_or(WriteError::Refused(NoWebhook))
            })?;
            Ok((DeliveryId(done.made), made))
        });
        match stored.await {
            Err(WriteError::Refused(NoWebhook)) => Ok(None),
            Err(WriteError::Database(error)) => Err(error),
            Ok((id, None)) => self.ended(id).await.map(|()| Some(id)),
            Ok((id, Some(claimed))) => {
                let finished = attempt::make(&self.0, &claimed).await;
                result_writer::record(&self.0, [finished].into()).await?;
                Ok(Some(id))
            }
        }
    }

    /// Waits until a test that another request sends, perhaps in another process, has ended. If that process died, it
    /// does not: then the test is shown as it stands.
    async fn ended(&self, id: DeliveryId) -> Result<(), Error> {
        let begun = Instant::now();
        while begun.elapsed() < TEST_ANSWER_MAX {
            let found = self.0.db.read(move |conn| log::find(conn, id)).await?;
            if found.is_none_or(|delivery| delivery.status != Status::Pending) {
                break;
            }
            tokio::time::sleep(TEST_POLL).await;
        }
        Ok(())
    }

    fn store_test(
        &self,
        conn: &mut DbConnection,
        (webhook, name): (WebhookId, EventName),
        body: bytes::Bytes,
        now: Timestamp,
    ) -> Result<Option<Claimed>, Error> {
        let Some(found) = webhooks::find(conn, webhook)? else { return Ok(None) };
        let id = EventId(self.next_id(now));
        let event = Event { id, name, inbox_id: None, derived_from: None, body, created_at: now };
        events::insert(conn, &event, None)?;
        let lease = self.0.lease(now);
        let new = self.new_delivery(&event, (webhook, Trigger::Test), Some(lease));
        queue::insert(conn, &[new])?;
        Ok(Some(claimed(&new, &event, (lease, found.version))))
    }
}

fn claimed(new: &NewDelivery, event: &Event, (lease, version): (Lease, i32)) -> Claimed {
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
    Claimed { delivery, lease, version, body: event.body.clone() }
}

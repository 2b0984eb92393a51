//! Accepts events from the API, and sends test events. `ingest_writer` stores the accepted ones.

use std::time::{Duration, Instant};

use super::attempt::{self, Claimed};
use super::engine::Engine;
use super::posted::{Accepted, Posted};
use super::{ingest_writer, result_writer};
use crate::db::deliveries::{log, queue};
use crate::db::events;
use crate::db::once::{self, Done, OnceKey};
use crate::db::{DbConnection, Error, WriteError, webhooks};
use crate::domain::deliveries::{Status, Trigger};
use crate::domain::events::Event;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// How long the request of a test waits: the longest timeout of a webhook, and the database before and after.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a duplicate of a test waits for the first one: the longest timeout of a webhook, and some more.
const TEST_DUPLICATE_TIMEOUT: Duration = Duration::from_secs(25);
/// How often a duplicate looks whether the first one has ended.
const TEST_POLL_INTERVAL: Duration = Duration::from_millis(100);

fn log_outcome(event: EventName, stored: &Result<Accepted, Error>) {
    let event = event.as_str();
    match stored {
        Ok(Accepted::New(id, deliveries)) => tracing::debug!(event, event_id = %id, deliveries, "event stored"),
        Ok(Accepted::Replayed(id, _)) => tracing::debug!(event, event_id = %id, "event known by its idempotency key"),
        Ok(Accepted::KeyMismatch) => tracing::debug!(event, "idempotency key used with another body"),
        Ok(Accepted::SourceRevoked) => tracing::debug!(event, reason = "revoked", "sender refused"),
        Err(error) => tracing::debug!(event, %error, "event not stored"),
    }
}

/// A test was not stored, because its webhook does not exist.
struct NoWebhook;

impl Engine {
    /// Accepts an event. When this returns `New`, everything is on disk and the first attempts have started.
    /// [`Error::Busy`] while the engine is overloaded, or if the event is not on its way to the database within 5 s;
    /// [`Error::Unconfirmed`] if it is then not stored within 8 s. After that, and if the future is dropped, an event that
    /// was on its way is still stored, and its attempts start.
    pub async fn accept(&self, posted: Posted) -> Result<Accepted, Error> {
        self.accept_all(vec![posted]).await?.pop().unwrap_or(Err(Error::TaskFailed))
    }

    /// Accepts the events of a batch in one commit, and returns what became of each, in the same order. If the commit fails
    /// because of one event, each is stored by itself. Errors of all of them are as of [`Self::accept`].
    pub async fn accept_all(&self, posted: Vec<Posted>) -> Result<Vec<Result<Accepted, Error>>, Error> {
        let names: Vec<EventName> = posted.iter().map(|posted| posted.event.name).collect();
        let stored = if self.0.intake.is_overloaded() {
            Err(Error::Busy)
        } else {
            ingest_writer::store_all(&self.0, posted).await
        };
        match &stored {
            Ok(stored) => names.iter().zip(stored).for_each(|(name, stored)| log_outcome(*name, stored)),
            Err(error) => tracing::debug!(events = names.len(), %error, "events not stored"),
        }
        stored
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
        form: Option<OnceKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let engine = self.clone();
        self.0.finish(TEST_TIMEOUT, async move { engine.test_once(id, event, body, form).await }).await
    }

    async fn test_once(
        &self,
        webhook: WebhookId,
        event: EventName,
        body: bytes::Bytes,
        form: Option<OnceKey>,
    ) -> Result<Option<DeliveryId>, Error> {
        let _running = self.0.in_flight.begin_without_permit().ok_or(Error::Busy)?;
        let (engine, secret_box) = (self.clone(), self.0.db.secret_box());
        let store = move |conn: &mut DbConnection, now: Timestamp| {
            let mut made = None;
            let done = once::run(conn, &secret_box, form.as_ref(), |conn| {
                made = engine.store_test(conn, webhook, event, body, now)?;
                let id = made.as_ref().map(|claimed| claimed.delivery.id.0);
                id.map(Done::plain).ok_or(WriteError::Refused(NoWebhook))
            })?;
            Ok::<_, WriteError<NoWebhook>>((DeliveryId(done.made), made))
        };
        match self.write_timed(&self.0.db, store).await {
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
        let new = self.0.new_delivery(&event, webhook, Trigger::Test, Some(lease));
        queue::insert(conn, &[new])?;
        Ok(Some(Claimed::inserted(&new, &event, lease, found.version)))
    }
}

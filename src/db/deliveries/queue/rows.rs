//! Rows of `deliveries`, new and stored, and the results of attempts.

use diesel::prelude::*;

use crate::db::Error;
use crate::domain::deliveries::{Attempt, Delivery, Next, Reason, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, InboxId, RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::Signal;

/// The right to send a delivery. A result of a failed attempt counts only while the row has this token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Upper half: the process; lower half: random.
    pub token: i64,
    /// From this time on the lease may be reclaimed.
    pub until: Timestamp,
}

/// A row of `deliveries`, in the order of its columns.
#[derive(Clone, Queryable)]
pub(in crate::db) struct Row {
    pub(in crate::db) id: DeliveryId,
    pub(in crate::db) event_id: EventId,
    pub(in crate::db) event: String,
    pub(in crate::db) webhook_id: WebhookId,
    pub(in crate::db) inbox_id: Option<InboxId>,
    pub(in crate::db) status: String,
    pub(in crate::db) reason: Option<String>,
    pub(in crate::db) origin: String,
    pub(in crate::db) attempts: i32,
    pub(in crate::db) steps: i32,
    pub(in crate::db) next_attempt_at: Option<i64>,
    pub(in crate::db) lease: Option<i64>,
    pub(in crate::db) leased_until: Option<i64>,
    pub(in crate::db) created_at: i64,
    pub(in crate::db) finished_at: Option<i64>,
    pub(in crate::db) interruptions: i32,
    pub(in crate::db) recovery_id: Option<RecoveryId>,
    pub(in crate::db) resend_of: Option<DeliveryId>,
}

impl Row {
    pub(in crate::db) fn into_delivery(self) -> Result<Delivery, Error> {
        Ok(Delivery {
            id: self.id,
            event_id: self.event_id,
            event: EventName::parse_any(&self.event).ok_or(Error::CorruptValue("event"))?,
            webhook_id: self.webhook_id,
            inbox_id: self.inbox_id,
            status: Status::parse(&self.status).ok_or(Error::CorruptValue("status"))?,
            reason: self.reason.as_deref().and_then(Reason::parse),
            trigger: Trigger::parse(&self.origin).ok_or(Error::CorruptValue("trigger"))?,
            attempts: self.attempts,
            steps: self.steps,
            next_attempt_at: self.next_attempt_at.map(Timestamp::from_micros),
            leased_until: self.leased_until.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            finished_at: self.finished_at.map(Timestamp::from_micros),
            resend_of: self.resend_of,
            recovery_id: self.recovery_id,
        })
    }
}

/// A delivery to be inserted. It is due at once.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery {
    /// The id of the new row.
    pub id: DeliveryId,
    /// The event that is sent.
    pub event_id: EventId,
    /// The name of that event.
    pub event: EventName,
    /// The webhook that gets it.
    pub webhook_id: WebhookId,
    /// The inbox of the event.
    pub inbox_id: Option<InboxId>,
    /// What made the delivery.
    pub trigger: Trigger,
    /// If set, the row is inserted as claimed, and its first attempt has to start after the commit.
    pub lease: Option<Lease>,
    /// The time of its creation.
    pub now: Timestamp,
}

/// The result of an attempt.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The delivery.
    pub id: DeliveryId,
    /// The webhook of the delivery.
    pub webhook_id: WebhookId,
    /// The lease under which it was sent.
    pub lease: Lease,
    /// The row for the log.
    pub attempt: Attempt,
    /// More about a failure, shown to administrators only.
    pub detail: Option<String>,
    /// What happens to the delivery.
    pub next: Next,
    /// What the attempt says about the health of the webhook, if anything.
    pub signal: Option<Signal>,
    /// The offset of the clock that gave the times in here; see [`crate::clock::offset`].
    pub clock_offset: i64,
}

impl Finished {
    /// The same result with its times by the clock with this offset: it was set after the attempt had ended.
    #[must_use]
    pub fn at_offset(mut self, offset: i64) -> Self {
        let micros = offset.saturating_sub(self.clock_offset);
        let moved = |time: Timestamp| time.plus_micros(micros);
        self.clock_offset = offset;
        self.lease.until = moved(self.lease.until);
        self.attempt.started_at = moved(self.attempt.started_at);
        if let Next::RetryAt(at) = self.next {
            self.next = Next::RetryAt(moved(at));
        }
        if let Some(signal) = &mut self.signal {
            signal.began_at = moved(signal.began_at);
            signal.retry_after = signal.retry_after.map(moved);
        }
        self
    }
}

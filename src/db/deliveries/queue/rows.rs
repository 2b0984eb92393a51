//! Rows of `deliveries`, new ones, and how an attempt ended.

use diesel::prelude::*;

use crate::db::schema::deliveries as d;
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Attempt, Delivery, Next, Reason, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::Signal;

/// A claim on a delivery: a result counts only while the token still stands in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// A random number.
    pub token: i64,
    /// From then on another may claim it.
    pub until: Timestamp,
}

/// A row of `deliveries`.
#[derive(Clone, Queryable)]
pub(in crate::db) struct Row {
    pub(in crate::db) id: i64,
    pub(in crate::db) event_id: i64,
    pub(in crate::db) event: String,
    pub(in crate::db) webhook_id: i64,
    pub(in crate::db) inbox_id: Option<i64>,
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
    _recovery_id: Option<i64>,
}

impl Row {
    pub(in crate::db) fn into_delivery(self) -> Result<Delivery, Error> {
        Ok(Delivery {
            id: DeliveryId(self.id),
            event_id: EventId(self.event_id),
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
        })
    }
}

/// A delivery that does not exist yet.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event it carries.
    pub event_id: EventId,
    /// The event's name.
    pub event: EventName,
    /// Where it goes.
    pub webhook_id: WebhookId,
    /// Where the event came from.
    pub inbox_id: Option<InboxId>,
    /// What made it.
    pub trigger: Trigger,
    /// Born leased: its first attempt begins right after the commit.
    pub lease: Option<Lease>,
    /// When it is made; due at once.
    pub now: Timestamp,
}

/// How an attempt ended, to be written down.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The delivery.
    pub id: DeliveryId,
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// The lease it was sent under.
    pub lease: Lease,
    /// The attempt as the log will show it.
    pub attempt: Attempt,
    /// A word for administrators that the pages show only to them.
    pub detail: Option<String>,
    /// What is to become of the delivery.
    pub next: Next,
    /// What it says about the webhook's health, if anything.
    pub signal: Option<Signal>,
}

/// Ends a waiting delivery. False if it had ended already.
pub(in crate::db) fn give_up(
    conn: &mut DbConnection,
    id: DeliveryId,
    reason: Reason,
    now: Timestamp,
) -> Result<bool, Error> {
    let waiting = d::table.find(id.0).filter(PENDING);
    let cancelled = diesel::update(waiting)
        .set((
            d::status.eq(Status::Failed.as_str()),
            d::reason.eq(Some(reason.as_str())),
            d::next_attempt_at.eq(None::<i64>),
            d::finished_at.eq(Some(now.micros())),
        ))
        .execute(conn)?;
    Ok(cancelled > 0)
}

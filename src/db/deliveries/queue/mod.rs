//! The queue: which deliveries are due, who is sending them, how they ended.

pub(in crate::db) mod batch;
pub(in crate::db) mod claimable;
pub mod clock_shift;
pub mod record;

use diesel::prelude::*;

use crate::db::schema::{deliveries as d, webhooks};
use crate::db::sql::literal::{Fixed, PENDING};
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Delivery, Reason, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use batch::NewDeliveries;
use claimable::{Kind, LongestDue};

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

/// Stores new deliveries.
pub fn insert(conn: &mut DbConnection, new: &[NewDelivery]) -> Result<(), Error> {
    for new in new.chunks(batch::MOST) {
        prepared::execute(conn, NewDeliveries::of(new))?;
    }
    Ok(())
}

/// A webhook that is on and has something due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub webhook_id: WebhookId,
    /// It fails: one delivery at a time.
    pub probe: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

/// Webhooks that are on, not paused, not waiting for their next probe, and have something due.
pub fn due_webhooks(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Due>, Error> {
    let due = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(PENDING)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .filter(d::interruptions.lt(ALONE));
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = webhooks::table
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros())))
        .filter(diesel::dsl::exists(due))
        .order(webhooks::id)
        .select((webhooks::id, webhooks::probe_at, webhooks::returned_at))
        .load(conn)?;
    let due = |(webhook_id, probe, returned): (WebhookId, Option<i64>, Option<i64>)| Due {
        webhook_id,
        probe: probe.is_some(),
        returned_at: returned.map(Timestamp::from_micros),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// How many deliveries a claim may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// First attempts …
    pub firsts: i64,
    /// … and retries; what one kind leaves the other may take.
    pub retries: i64,
}

/// Takes due deliveries of a webhook for this process, the longest due first: first attempts as many as their share,
/// retries as many as theirs, then whatever is left of either. Each has begun an attempt when this commits: the lease
/// is the proof that one is on its way.
pub fn claim(
    conn: &mut DbConnection,
    webhook: WebhookId,
    at: (Timestamp, Lease),
    share: Share,
) -> Result<Vec<Delivery>, Error> {
    let most = share.firsts + share.retries;
    let mut claimed = claim_some(conn, webhook, at, (Kind::First, share.firsts))?;
    for (kind, most) in [(Kind::Retry, most), (Kind::First, most)] {
        let left = most - i64::try_from(claimed.len()).unwrap_or(i64::MAX);
        if left > 0 {
            claimed.extend(claim_some(conn, webhook, at, (kind, left))?);
        }
    }
    Ok(claimed)
}

fn claim_some(
    conn: &mut DbConnection,
    webhook: WebhookId,
    (now, lease): (Timestamp, Lease),
    (kind, most): (Kind, i64),
) -> Result<Vec<Delivery>, Error> {
    let claim = diesel::update(d::table)
        .filter(LongestDue::of(webhook, kind, now, most))
        .set((
            d::lease.eq(Some(lease.token)),
            d::leased_until.eq(Some(lease.until.micros())),
            d::attempts.eq(d::attempts + 1),
        ))
        .returning(d::all_columns);
    let claimed: Vec<Row> = prepared::load(conn, claim)?;
    claimed.into_iter().map(Row::into_delivery).collect()
}

/// After that many interrupted attempts in a row a delivery is sent alone.
pub(in crate::db) const ALONE: i32 = 3;
/// The same, as the index of those deliveries has it.
const SUSPECT: Fixed = Fixed("deliveries.interruptions >= 3");

/// A due delivery that is to be sent alone, if there is one.
pub fn claim_alone(conn: &mut DbConnection, (now, lease): (Timestamp, Lease)) -> Result<Option<Delivery>, Error> {
    let suspect: Option<i64> = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros())))
        .filter(PENDING)
        .filter(SUSPECT)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .select(d::id)
        .first(conn)
        .optional()?;
    let Some(id) = suspect else { return Ok(None) };
    let free = d::table.find(id).filter(d::leased_until.is_null()).filter(PENDING);
    let claimed: Option<Row> = diesel::update(free)
        .set((
            d::lease.eq(Some(lease.token)),
            d::leased_until.eq(Some(lease.until.micros())),
            d::attempts.eq(d::attempts + 1),
        ))
        .returning(d::all_columns)
        .get_result(conn)
        .optional()?;
    claimed.map(Row::into_delivery).transpose()
}

/// Ends a waiting delivery by a person's wish. False if it had ended already.
pub fn cancel(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
    give_up(conn, id, Reason::Cancelled, now)
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

/// Sends the event of a delivery again as a delivery of its own.
pub fn send_again(
    conn: &mut DbConnection,
    old: &Delivery,
    (id, trigger): (DeliveryId, Trigger),
    now: Timestamp,
) -> Result<(), Error> {
    let new = NewDelivery {
        id,
        event_id: old.event_id,
        event: old.event,
        webhook_id: old.webhook_id,
        inbox_id: old.inbox_id,
        trigger,
        lease: None,
        now,
    };
    insert(conn, &[new])
}

/// Makes what was held for a webhook due now. Returns how many.
pub fn release_held(conn: &mut DbConnection, webhook: WebhookId, now: Timestamp) -> Result<usize, Error> {
    let held = d::table.filter(d::webhook_id.eq(webhook)).filter(PENDING).filter(d::leased_until.is_null());
    Ok(diesel::update(held).set(d::next_attempt_at.eq(Some(now.micros()))).execute(conn)?)
}

/// Cancels what was held for a webhook. Returns how many.
pub fn discard_held(conn: &mut DbConnection, webhook: WebhookId, now: Timestamp) -> Result<usize, Error> {
    let held = d::table.filter(d::webhook_id.eq(webhook)).filter(PENDING).filter(d::leased_until.is_null());
    Ok(diesel::update(held)
        .set((
            d::status.eq(Status::Failed.as_str()),
            d::reason.eq(Some(Reason::Cancelled.as_str())),
            d::next_attempt_at.eq(None::<i64>),
            d::finished_at.eq(Some(now.micros())),
        ))
        .execute(conn)?)
}

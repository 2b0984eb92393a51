//! Recoveries: count the failed deliveries of a time range, then make them again at a limited rate, until all are made or
//! the recovery is cancelled.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use diesel::prelude::*;

use super::queue;
use super::queue::rows::Row;
use crate::db::schema::{deliveries as d, recoveries as r, recovery_webhooks as p, webhooks};
use crate::db::sql::literal::{LiteralSql, PENDING};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::recovery::{RecoveryState, Unsent};
use crate::domain::deliveries::{Delivery, Status};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, IdSource, InboxId, RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A recovery takes at most this many deliveries, the oldest ones.
pub const RECOVERY_DELIVERIES_MAX: i64 = 10_000;
/// A recovery makes no more deliveries of a webhook while so many of those it has made are pending.
const WEBHOOK_PENDING_MAX: i64 = 100;

/// Selects failed deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only deliveries of this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries of this event.
    pub event: Option<EventName>,
    /// Only deliveries of events of this inbox.
    pub inbox: Option<InboxId>,
    /// Only deliveries created at this time or later.
    pub since: Timestamp,
    /// Only deliveries created before this time.
    pub until: Timestamp,
}

/// The deliveries that a recovery would make again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Their number, at most [`RECOVERY_DELIVERIES_MAX`].
    pub count: usize,
    /// The creation of the oldest.
    pub oldest: Option<Timestamp>,
    /// The creation of the newest.
    pub newest: Option<Timestamp>,
}

/// The part of a recovery that belongs to one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The webhook.
    pub webhook: WebhookId,
    /// Deliveries that were counted at the start and are not made.
    pub left: i32,
    /// Why; `None` while the next ones are about to be made, and after a cancellation.
    pub unsent: Option<Unsent>,
}

/// A recovery and its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Unique; shown in URLs.
    pub id: RecoveryId,
    /// The webhook, if it is limited to one.
    pub webhook: Option<WebhookId>,
    /// Deliveries counted at its start.
    pub total: i32,
    /// Deliveries made so far.
    pub sent: i32,
    /// Of those made: delivered.
    pub delivered: i64,
    /// Of those made: failed permanently.
    pub failed: i64,
    /// The time of its start.
    pub started_at: Timestamp,
    /// The time of its end; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The webhooks of which it has not made all deliveries.
    pub parts: Vec<Part>,
}

impl Recovery {
    /// Whether it is running, or how it ended.
    pub const fn state(&self) -> RecoveryState {
        RecoveryState::of(self.ended_at.is_some(), self.cancelled)
    }
}

/// A recovery in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Unique; shown in URLs.
    pub id: RecoveryId,
    /// The webhook, if it is limited to one.
    pub webhook: Option<WebhookId>,
    /// Deliveries counted at its start.
    pub total: i32,
    /// Deliveries made so far.
    pub sent: i32,
    /// The time of its start.
    pub started_at: Timestamp,
    /// Whether it is running, or how it ended.
    pub state: RecoveryState,
}

/// Of which webhooks [`failed`] finds deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Webhooks {
    /// Of those that are on.
    On,
    /// Of all.
    All,
}

/// Deliveries with ids in a range that failed permanently and were not made again since; oldest first.
fn failed(
    conn: &mut DbConnection,
    wanted: &Wanted,
    of: Webhooks,
    ids: Range<i64>,
    rows_max: i64,
) -> Result<Vec<Delivery>, Error> {
    let again = diesel::alias!(d as again);
    let made_again = again
        .filter(again.field(d::event_id).eq(d::event_id))
        // `+ 0` keeps both databases from using the index of the webhook, which would read all its later deliveries.
        .filter(LiteralSql("again.webhook_id + 0 = deliveries.webhook_id AND again.id + 0 > deliveries.id"))
        .filter(LiteralSql("again.status <> 'failed'"));
    let mut query = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(LiteralSql("deliveries.status = 'failed'"))
        .filter(LiteralSql("deliveries.reason IN ('exhausted', 'expired', 'crashed') AND deliveries.origin <> 'test'"))
        .filter(d::id.ge(ids.start))
        .filter(d::id.lt(ids.end))
        .filter(diesel::dsl::not(diesel::dsl::exists(made_again)))
        .select(d::all_columns)
        .order(d::id)
        .limit(rows_max)
        .into_boxed();
    if of == Webhooks::On {
        query = query.filter(webhooks::enabled.eq(true));
    }
    if let Some(webhook) = wanted.webhook {
        query = query.filter(d::webhook_id.eq(webhook));
    }
    if let Some(event) = wanted.event {
        query = query.filter(d::event.eq(event.as_str()));
    }
    if let Some(inbox) = wanted.inbox {
        query = query.filter(d::inbox_id.eq(inbox));
    }
    query.load::<Row>(conn)?.into_iter().map(Row::into_delivery).collect()
}

fn range(wanted: &Wanted) -> Range<i64> {
    IdSource::first_at(wanted.since)..IdSource::first_at(wanted.until)
}

/// Counts the deliveries that a recovery would make again.
pub fn count(conn: &mut DbConnection, wanted: &Wanted) -> Result<Found, Error> {
    let found = failed(conn, wanted, Webhooks::On, range(wanted), RECOVERY_DELIVERIES_MAX)?;
    let made = |delivery: Option<&Delivery>| delivery.map(|delivery| delivery.created_at);
    Ok(Found { count: found.len(), oldest: made(found.first()), newest: made(found.last()) })
}

/// Starts a recovery. Returns its id and the number of its deliveries; `None` if there are no such deliveries.
pub fn start(conn: &mut DbConnection, wanted: &Wanted, now: Timestamp) -> Result<Option<(RecoveryId, usize)>, Error> {
    let found = failed(conn, wanted, Webhooks::On, range(wanted), RECOVERY_DELIVERIES_MAX)?;
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(None) };
    let id: RecoveryId = diesel::insert_into(r::table)
        .values((
            r::webhook_id.eq(wanted.webhook),
            r::event.eq(wanted.event.map(EventName::as_str)),
            r::inbox_id.eq(wanted.inbox),
            r::first_id.eq(first.id),
            r::last_id.eq(last.id.0 + 1),
            r::total.eq(i32::try_from(found.len()).unwrap_or(i32::MAX)),
            r::started_at.eq(now.micros()),
        ))
        .returning(r::id)
        .get_result(conn)?;
    let mut totals: BTreeMap<WebhookId, i32> = BTreeMap::new();
    for delivery in &found {
        *totals.entry(delivery.webhook_id).or_default() += 1;
    }
    for (webhook, total) in totals {
        diesel::insert_into(p::table)
            .values((
                p::recovery_id.eq(id),
                p::webhook_id.eq(webhook),
                p::next_id.eq(first.id.0),
                p::total.eq(total),
                p::sent.eq(0),
            ))
            .execute(conn)?;
    }
    Ok(Some((id, found.len())))
}

/// The ids of the recoveries that have not ended.
pub fn open(conn: &mut DbConnection) -> Result<Vec<RecoveryId>, Error> {
    Ok(r::table.filter(r::ended_at.is_null()).order(r::id).select(r::id).load(conn)?)
}

/// A row of `recovery_webhooks` with the state of its webhook.
#[derive(Queryable)]
struct PartRow {
    webhook: WebhookId,
    next: i64,
    total: i32,
    sent: i32,
    is_on: bool,
    is_deleted: bool,
}

impl PartRow {
    /// Whether deliveries may be left; `end` is the end of the recovery's range.
    const fn is_open(&self, end: i64) -> bool {
        self.next < end
    }

    /// Why not all were made, while the recovery runs or after it was done.
    fn unsent(&self, end: i64, pending: i64) -> Option<Unsent> {
        match (self.is_open(end), self.is_deleted) {
            (_, true) => Some(Unsent::WebhookDeleted),
            (false, false) => Some(Unsent::LeftOut),
            (true, false) if !self.is_on => Some(Unsent::WebhookOff),
            (true, false) => (pending >= WEBHOOK_PENDING_MAX).then_some(Unsent::Pending),
        }
    }
}

/// The parts of a recovery; first those of which the fewest were made.
fn parts(conn: &mut DbConnection, recovery: RecoveryId) -> Result<Vec<PartRow>, Error> {
    let columns = (p::webhook_id, p::next_id, p::total, p::sent, webhooks::enabled, webhooks::deleted_at.is_not_null());
    Ok(p::table
        .inner_join(webhooks::table.on(webhooks::id.eq(p::webhook_id)))
        .filter(p::recovery_id.eq(recovery))
        .order((p::sent, p::webhook_id))
        .select(columns)
        .load(conn)?)
}

/// The pending deliveries that a recovery has made, by webhook.
fn pending(conn: &mut DbConnection, recovery: RecoveryId) -> Result<HashMap<WebhookId, i64>, Error> {
    let made = d::table.filter(d::recovery_id.eq(recovery)).filter(PENDING);
    let counts: Vec<(WebhookId, i64)> =
        made.group_by(d::webhook_id).select((d::webhook_id, diesel::dsl::count_star())).load(conn)?;
    Ok(counts.into_iter().collect())
}

/// Makes the next deliveries of a recovery, at most `deliveries_max` or one for each webhook. A webhook that is off, or of
/// which 100 are pending, does not hold up the others. Ends the recovery when nothing is left of any webhook that is not
/// deleted. `next_id` returns new ids. Returns how many were made.
pub fn step(
    conn: &mut DbConnection,
    recovery: RecoveryId,
    deliveries_max: i64,
    now: Timestamp,
    next_id: &dyn Fn() -> i64,
) -> Result<usize, Error> {
    let open = r::table.find(recovery).filter(r::ended_at.is_null());
    let wanted: Option<(Option<String>, Option<InboxId>, i64)> =
        open.select((r::event, r::inbox_id, r::last_id)).get_result(conn).optional()?;
    let Some((event, inbox, end)) = wanted else { return Ok(0) };
    let event = event.as_deref().and_then(EventName::parse);
    let (parts, pending) = (parts(conn, recovery)?, pending(conn, recovery)?);
    let pending = |part: &PartRow| pending.get(&part.webhook).copied().unwrap_or(0);
    let unfinished = parts.iter().filter(|part| part.is_open(end) && !part.is_deleted);
    if unfinished.count() == 0 {
        diesel::update(open).set(r::ended_at.eq(Some(now.micros()))).execute(conn)?;
        return Ok(0);
    }
    let ready = parts.iter().filter(|part| part.is_open(end) && part.unsent(end, pending(part)).is_none());
    let ready: Vec<&PartRow> = ready.take(usize::try_from(deliveries_max).unwrap_or(1)).collect();
    let share = deliveries_max / i64::try_from(ready.len().max(1)).unwrap_or(i64::MAX);
    let mut made = 0;
    for part in ready {
        let wanted = Wanted { webhook: Some(part.webhook), event, inbox, since: now, until: now };
        let rows_max = share.min(WEBHOOK_PENDING_MAX - pending(part));
        let next = failed(conn, &wanted, Webhooks::All, part.next..end, rows_max)?;
        made += make_again(conn, recovery, part, &next, end, now, next_id)?;
    }
    diesel::update(open).set(r::sent.eq(r::sent + i32::try_from(made).unwrap_or(i32::MAX))).execute(conn)?;
    Ok(made)
}

/// Makes these deliveries of a webhook again; without any, its part has ended. Returns how many.
fn make_again(
    conn: &mut DbConnection,
    recovery: RecoveryId,
    part: &PartRow,
    next: &[Delivery],
    end: i64,
    now: Timestamp,
    next_id: &dyn Fn() -> i64,
) -> Result<usize, Error> {
    let after = next.last().map_or(end, |delivery| delivery.id.0 + 1);
    let made = i32::try_from(next.len()).unwrap_or(i32::MAX);
    // If two processes run this step, only the one that moves the position makes the deliveries.
    let moved = diesel::update(p::table.find((recovery, part.webhook)).filter(p::next_id.eq(part.next)))
        .set((p::next_id.eq(after), p::sent.eq(p::sent + made)))
        .execute(conn)?;
    if moved == 0 {
        return Ok(0);
    }
    for old in next {
        let new = DeliveryId(next_id());
        queue::send_again(conn, old, new, Some(recovery), now)?;
    }
    Ok(next.len())
}

/// Id, webhook, end of the range, total, sent, started, ended, cancelled.
type Progress = (RecoveryId, Option<WebhookId>, i64, i32, i32, i64, Option<i64>, bool);

/// One recovery.
pub fn find(conn: &mut DbConnection, id: RecoveryId) -> Result<Option<Recovery>, Error> {
    let row: Option<Progress> = r::table
        .find(id)
        .select((r::id, r::webhook_id, r::last_id, r::total, r::sent, r::started_at, r::ended_at, r::cancelled))
        .first(conn)
        .optional()?;
    let Some((id, webhook, end, total, sent, started, ended, cancelled)) = row else { return Ok(None) };
    let pending = pending(conn, id)?;
    let parts = parts(conn, id)?.into_iter().filter(|part| part.total > part.sent).map(|part| {
        let unsent = part.unsent(end, pending.get(&part.webhook).copied().unwrap_or(0));
        Part { webhook: part.webhook, left: part.total - part.sent, unsent: unsent.filter(|_| !cancelled) }
    });
    let parts = parts.collect();
    let mut count = |status: Status| {
        let made = d::table.filter(d::recovery_id.eq(id)).filter(d::status.eq(status.as_str()));
        made.count().get_result::<i64>(conn)
    };
    Ok(Some(Recovery {
        id,
        webhook,
        total,
        sent,
        delivered: count(Status::Success)?,
        failed: count(Status::Failed)?,
        started_at: Timestamp::from_micros(started),
        ended_at: ended.map(Timestamp::from_micros),
        cancelled,
        parts,
    }))
}

/// The newest recoveries, newest first.
pub fn newest(conn: &mut DbConnection, recoveries_max: i64) -> Result<Vec<RecoverySummary>, Error> {
    let columns = (r::id, r::webhook_id, r::total, r::sent, r::started_at, r::ended_at.is_not_null(), r::cancelled);
    type Columns = (RecoveryId, Option<WebhookId>, i32, i32, i64, bool, bool);
    let rows: Vec<Columns> = r::table.order(r::id.desc()).limit(recoveries_max).select(columns).load(conn)?;
    let summary = |(id, webhook, total, sent, started, has_ended, cancelled): Columns| RecoverySummary {
        id,
        webhook,
        total,
        sent,
        started_at: Timestamp::from_micros(started),
        state: RecoveryState::of(has_ended, cancelled),
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// Cancels a recovery. The deliveries that it has made are still sent. False if it has ended already.
pub fn cancel(conn: &mut DbConnection, id: RecoveryId, now: Timestamp) -> Result<bool, Error> {
    let open = r::table.find(id).filter(r::ended_at.is_null());
    Ok(diesel::update(open).set((r::ended_at.eq(Some(now.micros())), r::cancelled.eq(true))).execute(conn)? > 0)
}

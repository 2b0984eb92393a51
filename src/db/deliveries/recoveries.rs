//! Recoveries: count the failed deliveries of a time range, then make them again at a limited rate, until all are made or
//! the recovery is cancelled.

use std::ops::Range;

use diesel::prelude::*;

use super::queue;
use super::queue::rows::Row;
use crate::db::schema::{deliveries as d, recoveries as r, webhooks};
use crate::db::sql::literal::LiteralSql;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Delivery, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, IdSource, InboxId, RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A recovery takes at most this many deliveries, the oldest ones.
pub const RECOVERY_DELIVERIES_MAX: i64 = 10_000;

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

/// A recovery and its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// The number of deliveries that [`step`] makes.
#[derive(Clone, Copy, Debug)]
pub struct StepPace {
    /// Deliveries that one step makes at most.
    pub deliveries_max: i64,
    /// A step makes none while so many of the recovery's own are pending.
    pub pending_max: i64,
}

/// Deliveries with ids in a range that failed permanently, were not made again since, and have a webhook that is on;
/// oldest first.
fn failed(conn: &mut DbConnection, wanted: &Wanted, ids: Range<i64>, rows_max: i64) -> Result<Vec<Delivery>, Error> {
    let again = diesel::alias!(d as again);
    let made_again = again
        .filter(again.field(d::event_id).eq(d::event_id))
        // `+ 0` keeps both databases from using the index of the webhook, which would read all its later deliveries.
        .filter(LiteralSql("again.webhook_id + 0 = deliveries.webhook_id AND again.id + 0 > deliveries.id"))
        .filter(LiteralSql("again.status <> 'failed'"));
    let mut query = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(LiteralSql("deliveries.status = 'failed'"))
        .filter(LiteralSql("deliveries.reason IN ('exhausted', 'expired', 'poison') AND deliveries.origin <> 'test'"))
        .filter(d::id.ge(ids.start))
        .filter(d::id.lt(ids.end))
        .filter(diesel::dsl::not(diesel::dsl::exists(made_again)))
        .select(d::all_columns)
        .order(d::id)
        .limit(rows_max)
        .into_boxed();
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
    let found = failed(conn, wanted, range(wanted), RECOVERY_DELIVERIES_MAX)?;
    let made = |delivery: Option<&Delivery>| delivery.map(|delivery| delivery.created_at);
    Ok(Found { count: found.len(), oldest: made(found.first()), newest: made(found.last()) })
}

/// Starts a recovery. Returns its id and the number of its deliveries; `None` if there are no such deliveries.
pub fn start(conn: &mut DbConnection, wanted: &Wanted, now: Timestamp) -> Result<Option<(RecoveryId, usize)>, Error> {
    let found = failed(conn, wanted, range(wanted), RECOVERY_DELIVERIES_MAX)?;
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(None) };
    let id = diesel::insert_into(r::table)
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
    Ok(Some((id, found.len())))
}

/// The ids of the recoveries that have not ended.
pub fn open(conn: &mut DbConnection) -> Result<Vec<RecoveryId>, Error> {
    Ok(r::table.filter(r::ended_at.is_null()).order(r::id).select(r::id).load(conn)?)
}

type Position = (Option<WebhookId>, Option<String>, Option<InboxId>, i64, i64);

/// Makes the next deliveries of a recovery; ends it if none are left. `next_id` returns new ids. Returns how many were
/// made; 0 also while too many are pending.
pub fn step(
    conn: &mut DbConnection,
    recovery: RecoveryId,
    pace: StepPace,
    now: Timestamp,
    next_id: &dyn Fn() -> i64,
) -> Result<usize, Error> {
    let row = r::table.find(recovery).filter(r::ended_at.is_null());
    let position: Option<Position> =
        row.select((r::webhook_id, r::event, r::inbox_id, r::first_id, r::last_id)).first(conn).optional()?;
    let Some((webhook, event, inbox, first, last)) = position else { return Ok(0) };
    let pending: i64 = d::table
        .filter(d::recovery_id.eq(recovery))
        .filter(crate::db::sql::literal::PENDING)
        .count()
        .get_result(conn)?;
    if pending >= pace.pending_max {
        return Ok(0);
    }
    let event = event.as_deref().and_then(EventName::parse);
    let wanted = Wanted { webhook, event, inbox, since: now, until: now };
    let next = failed(conn, &wanted, first..last, pace.deliveries_max.min(pace.pending_max - pending))?;
    let ended = next.is_empty().then(|| now.micros());
    let made = i32::try_from(next.len()).unwrap_or(i32::MAX);
    let after = next.last().map_or(last, |delivery| delivery.id.0 + 1);
    // If two processes run this step, only the one that moves the position makes the deliveries.
    let moved = diesel::update(row.filter(r::first_id.eq(first)))
        .set((r::first_id.eq(after), r::sent.eq(r::sent + made), r::ended_at.eq(ended)))
        .execute(conn)?;
    if moved == 0 {
        return Ok(0);
    }
    for old in &next {
        let new = DeliveryId(next_id());
        queue::send_again(conn, old, new, Trigger::Recovery, now)?;
        diesel::update(d::table.find(new)).set(d::recovery_id.eq(Some(recovery))).execute(conn)?;
    }
    Ok(next.len())
}

/// Id, webhook, total, sent, started, ended, cancelled.
type Progress = (RecoveryId, Option<WebhookId>, i32, i32, i64, Option<i64>, bool);

/// One recovery.
pub fn find(conn: &mut DbConnection, id: RecoveryId) -> Result<Option<Recovery>, Error> {
    let row: Option<Progress> = r::table
        .find(id)
        .select((r::id, r::webhook_id, r::total, r::sent, r::started_at, r::ended_at, r::cancelled))
        .first(conn)
        .optional()?;
    let Some((id, webhook, total, sent, started, ended, cancelled)) = row else { return Ok(None) };
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
    }))
}

/// Cancels a recovery. The deliveries that it has made are still sent. False if it has ended already.
pub fn cancel(conn: &mut DbConnection, id: RecoveryId, now: Timestamp) -> Result<bool, Error> {
    let open = r::table.find(id).filter(r::ended_at.is_null());
    Ok(diesel::update(open).set((r::ended_at.eq(Some(now.micros())), r::cancelled.eq(true))).execute(conn)? > 0)
}

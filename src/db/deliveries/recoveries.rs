//! "Send again everything that failed since …": counted first, then paced, with progress, until done or cancelled.

use diesel::prelude::*;

use super::queue;
use super::queue::rows::Row;
use crate::db::schema::{deliveries as d, recoveries as r, webhooks};
use crate::db::sql::literal::Fixed;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Delivery, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, IdSource, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A recovery takes up to that many deliveries, the oldest.
pub const MOST: i64 = 10_000;

/// Which failed deliveries to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of that webhook.
    pub webhook: Option<WebhookId>,
    /// Of that event.
    pub event: Option<EventName>,
    /// From that inbox.
    pub inbox: Option<InboxId>,
    /// Made then or later.
    pub since: Timestamp,
    /// Made before then.
    pub until: Timestamp,
}

/// What a recovery would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many, up to `MOST`.
    pub count: usize,
    /// When the oldest was made.
    pub oldest: Option<Timestamp>,
    /// When the newest was made.
    pub newest: Option<Timestamp>,
}

/// A recovery and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Its number.
    pub id: i64,
    /// Its webhook, if it is about one.
    pub webhook: Option<WebhookId>,
    /// How many were counted when it began.
    pub total: i32,
    /// How many have been made again.
    pub sent: i32,
    /// Of these: delivered.
    pub delivered: i64,
    /// Of these: failed again.
    pub failed: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// A person ended it.
    pub cancelled: bool,
}

/// What has failed for good, has not been made again since, and has a webhook that is on: oldest first.
fn failed(
    conn: &mut DbConnection,
    wanted: &Wanted,
    (first, last): (i64, i64),
    most: i64,
) -> Result<Vec<Delivery>, Error> {
    let again = diesel::alias!(d as again);
    let made_again = again
        .filter(again.field(d::event_id).eq(d::event_id))
        // The sums keep both databases from the webhook's index, which would lead through all that came after.
        .filter(Fixed("again.webhook_id + 0 = deliveries.webhook_id AND again.id + 0 > deliveries.id"))
        .filter(Fixed("again.status <> 'failed'"));
    let mut query = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(Fixed("deliveries.status = 'failed'"))
        .filter(Fixed("deliveries.reason IN ('exhausted', 'expired', 'poison') AND deliveries.origin <> 'test'"))
        .filter(d::id.ge(first))
        .filter(d::id.lt(last))
        .filter(diesel::dsl::not(diesel::dsl::exists(made_again)))
        .select(d::all_columns)
        .order(d::id)
        .limit(most)
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

fn range(wanted: &Wanted) -> (i64, i64) {
    (IdSource::first_at(wanted.since), IdSource::first_at(wanted.until))
}

/// Counts what a recovery would take.
pub fn count(conn: &mut DbConnection, wanted: &Wanted) -> Result<Found, Error> {
    let found = failed(conn, wanted, range(wanted), MOST)?;
    let made = |delivery: Option<&Delivery>| delivery.map(|delivery| delivery.created_at);
    Ok(Found { count: found.len(), oldest: made(found.first()), newest: made(found.last()) })
}

/// Begins a recovery of what is counted now; its number, or nothing if there is nothing to send.
pub fn start(conn: &mut DbConnection, wanted: &Wanted, now: Timestamp) -> Result<Option<(i64, usize)>, Error> {
    let found = failed(conn, wanted, range(wanted), MOST)?;
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(None) };
    let id = diesel::insert_into(r::table)
        .values((
            r::webhook_id.eq(wanted.webhook),
            r::event.eq(wanted.event.map(EventName::as_str)),
            r::inbox_id.eq(wanted.inbox),
            r::first_id.eq(first.id.0),
            r::last_id.eq(last.id.0 + 1),
            r::total.eq(i32::try_from(found.len()).unwrap_or(i32::MAX)),
            r::started_at.eq(now.micros()),
        ))
        .returning(r::id)
        .get_result(conn)?;
    Ok(Some((id, found.len())))
}

/// Recoveries that go on.
pub fn open(conn: &mut DbConnection) -> Result<Vec<i64>, Error> {
    Ok(r::table.filter(r::ended_at.is_null()).order(r::id).select(r::id).load(conn)?)
}

type Position = (Option<i64>, Option<String>, Option<i64>, i64, i64);

/// Makes the next up to `most` deliveries of a recovery again, unless `busy` of them still wait; ends it when nothing
/// is left. `id` gives new ids. Returns how many were made.
pub fn step(
    conn: &mut DbConnection,
    recovery: i64,
    (most, busy): (i64, i64),
    (now, id): (Timestamp, &dyn Fn() -> i64),
) -> Result<usize, Error> {
    let row = r::table.find(recovery).filter(r::ended_at.is_null());
    let position: Option<Position> =
        row.select((r::webhook_id, r::event, r::inbox_id, r::first_id, r::last_id)).first(conn).optional()?;
    let Some((webhook, event, inbox, first, last)) = position else { return Ok(0) };
    let waiting: i64 = d::table
        .filter(d::recovery_id.eq(recovery))
        .filter(crate::db::sql::literal::PENDING)
        .count()
        .get_result(conn)?;
    if waiting >= busy {
        return Ok(0);
    }
    let event = event.as_deref().and_then(EventName::parse);
    let wanted = Wanted { webhook, event, inbox, since: now, until: now };
    let next = failed(conn, &wanted, (first, last), most.min(busy - waiting))?;
    let ended = next.is_empty().then(|| now.micros());
    let made = i32::try_from(next.len()).unwrap_or(i32::MAX);
    let after = next.last().map_or(last, |delivery| delivery.id.0 + 1);
    // Two processes may be at it: the one that moves the position on is the one that sends.
    let moved = diesel::update(row.filter(r::first_id.eq(first)))
        .set((r::first_id.eq(after), r::sent.eq(r::sent + made), r::ended_at.eq(ended)))
        .execute(conn)?;
    if moved == 0 {
        return Ok(0);
    }
    for old in &next {
        let new = DeliveryId(id());
        queue::send_again(conn, old, (new, Trigger::Recovery), now)?;
        diesel::update(d::table.find(new.0)).set(d::recovery_id.eq(Some(recovery))).execute(conn)?;
    }
    Ok(next.len())
}

/// Number, webhook, counted, made, begun, ended, cancelled.
type Standing = (i64, Option<i64>, i32, i32, i64, Option<i64>, bool);

/// A recovery and how far it is.
pub fn find(conn: &mut DbConnection, id: i64) -> Result<Option<Recovery>, Error> {
    let row: Option<Standing> = r::table
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

/// Ends a recovery; what it has made already goes on. False if it had ended.
pub fn cancel(conn: &mut DbConnection, id: i64, now: Timestamp) -> Result<bool, Error> {
    let open = r::table.find(id).filter(r::ended_at.is_null());
    Ok(diesel::update(open).set((r::ended_at.eq(Some(now.micros())), r::cancelled.eq(true))).execute(conn)? > 0)
}

//! Retention: ends expired deliveries and deletes old rows. Pending deliveries are never deleted.

use diesel::prelude::*;

use super::hourly_counts::{self, Tally};
use super::queue::rows::Row;
use super::queue::state::State;
use crate::db::schema::{attempts, deliveries as d, events, idempotency_keys};
use crate::db::sql::literal::PENDING;
use crate::db::system::partitions::{Partition, Table};
use crate::db::webhooks::mass_changes::skip_locked;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Reason, Status, Trigger};
use crate::domain::id::{DeliveryId, EventId, IdSource};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// Rows in one transaction, so that other writers do not wait long.
const BATCH_ROWS_MAX: i64 = 500;
/// Rows that one step of a purge looks at, most of which may be pending deliveries: 0.5 ms.
const WINDOW_ROWS: i64 = 2_000;

/// Ends up to 500 pending deliveries that were created before `limit` as failed (`expired`). Returns how many.
pub fn expire(conn: &mut DbConnection, limit: Timestamp, now: Timestamp) -> Result<usize, Error> {
    let old: Vec<DeliveryId> = d::table
        .filter(PENDING)
        .filter(d::leased_until.is_null())
        .filter(d::id.lt(IdSource::first_at(limit)))
        .order(d::id)
        .select(d::id)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    let pending = d::table
        .filter(d::id.eq_any(skip_locked(conn, &old)?))
        // On Postgres another process may have claimed one meanwhile.
        .filter(PENDING)
        .filter(d::leased_until.is_null());
    let expired: Vec<Row> =
        diesel::update(pending).set(State::failed(Reason::Expired, now)).returning(d::all_columns).get_results(conn)?;
    let mut tally = Tally::default();
    let counted = expired.iter().filter(|row| row.origin != Trigger::Test.as_str());
    counted.for_each(|row| tally.ended(row.webhook_id, Status::Failed));
    hourly_counts::count(conn, &tally, now)?;
    Ok(expired.len())
}

/// How far a purge has come. A round begins at [`Self::START`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// It has looked at deliveries up to this id.
    deliveries: i64,
    /// It has looked at events up to this id.
    events: i64,
    /// Deleted deliveries and events.
    pub rows: usize,
    /// Nothing is left to look at.
    pub is_done: bool,
}

impl Purged {
    /// Nothing was looked at.
    pub const START: Self = Self { deliveries: -1, events: -1, rows: 0, is_done: false };
}

/// Makes a step of a purge: deletes up to 500 ended deliveries that were created before `limit`, with their attempts, and
/// up to 500 events from before `limit` without a delivery. Returns `done` with what this step added.
///
/// A step continues where the last one ended, and looks at 2,000 rows of each table: else each would pass over all pending
/// deliveries again, perhaps 400,000 of a webhook that is off. Attempts and events in `dropped` stay, because their
/// partitions are dropped afterwards.
pub fn purge(conn: &mut DbConnection, limit: Timestamp, done: Purged, dropped: &[Partition]) -> Result<Purged, Error> {
    let bound = IdSource::first_at(limit);
    let ids = |table: Table| dropped.iter().filter(move |day| day.table() == table).map(Partition::bounds);
    let (old, deliveries) = ended_deliveries(conn, done.deliveries, bound)?;
    let is_kept = |id: &&DeliveryId| !ids(Table::Attempts).any(|(low, high)| (low..high).contains(&id.0));
    let with_attempts: Vec<DeliveryId> = old.iter().filter(is_kept).copied().collect();
    diesel::delete(attempts::table.filter(attempts::delivery_id.eq_any(with_attempts))).execute(conn)?;
    let mut rows = diesel::delete(d::table.filter(d::id.eq_any(&old))).execute(conn)?;
    fault_injection::point("retention-in-batch");
    // Partitions are in the order of their ids and do not overlap.
    let first = ids(Table::Events)
        .fold(done.events + 1, |first, (low, high)| if first >= low { first.max(high) } else { first });
    let next_dropped = ids(Table::Events).map(|(low, _)| low).find(|low| *low > first).unwrap_or(bound);
    let (unneeded, events) = unneeded_events(conn, first - 1, bound.min(next_dropped))?;
    rows += diesel::delete(events::table.filter(events::id.eq_any(unneeded))).execute(conn)?;
    let events = events.or_else(|| (next_dropped < bound).then_some(next_dropped - 1));
    Ok(Purged {
        deliveries: deliveries.unwrap_or(bound),
        events: events.unwrap_or(bound),
        rows: done.rows + rows,
        is_done: deliveries.is_none() && events.is_none(),
    })
}

/// The first ended deliveries beyond `from`, and the id up to which this looked; `None` if up to `bound`.
fn ended_deliveries(conn: &mut DbConnection, from: i64, bound: i64) -> Result<(Vec<DeliveryId>, Option<i64>), Error> {
    let after = d::table.filter(d::id.gt(from)).order(d::id).select(d::id);
    let edge: Option<DeliveryId> =
        after.filter(d::id.lt(bound)).offset(WINDOW_ROWS).limit(1).get_result(conn).optional()?;
    let ended = after.filter(d::id.lt(edge.map_or(bound, |edge| edge.0)));
    let ended = ended.filter(d::status.ne(Status::Pending.as_str()));
    let old: Vec<DeliveryId> = ended.limit(BATCH_ROWS_MAX).load(conn)?;
    let reached = if is_full(&old) { old.last().map(|id| id.0) } else { edge.map(|edge| edge.0 - 1) };
    Ok((old, reached))
}

/// The first events beyond `from` without a delivery, and the id up to which this looked; `None` if up to `bound`.
fn unneeded_events(conn: &mut DbConnection, from: i64, bound: i64) -> Result<(Vec<EventId>, Option<i64>), Error> {
    let after = events::table.filter(events::id.gt(from)).order(events::id).select(events::id);
    let edge: Option<EventId> =
        after.filter(events::id.lt(bound)).offset(WINDOW_ROWS).limit(1).get_result(conn).optional()?;
    // Not `exists`: Postgres would read the event ids of all deliveries for it.
    let needed_by = d::table.filter(d::event_id.eq(events::id)).select(d::id).limit(1).single_value();
    let unneeded = after.filter(events::id.lt(edge.map_or(bound, |edge| edge.0))).filter(needed_by.is_null());
    let old: Vec<EventId> = unneeded.limit(BATCH_ROWS_MAX).load(conn)?;
    let reached = if is_full(&old) { old.last().map(|id| id.0) } else { edge.map(|edge| edge.0 - 1) };
    Ok((old, reached))
}

fn is_full<T>(batch: &[T]) -> bool {
    i64::try_from(batch.len()).is_ok_and(|rows| rows >= BATCH_ROWS_MAX)
}

/// Deletes attempts from before `limit` without a delivery, of up to 500 deliveries. Returns how many. A role that may drop
/// partitions deletes deliveries without their attempts; this removes them if it lost that right before it dropped the day.
pub fn purge_attempts(conn: &mut DbConnection, limit: Timestamp) -> Result<usize, Error> {
    let delivery = d::table.filter(d::id.eq(attempts::delivery_id)).select(d::id).limit(1).single_value();
    let old: Vec<DeliveryId> = attempts::table
        .filter(attempts::delivery_id.lt(IdSource::first_at(limit)))
        .filter(delivery.is_null())
        .order(attempts::delivery_id)
        .select(attempts::delivery_id)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    Ok(diesel::delete(attempts::table.filter(attempts::delivery_id.eq_any(old))).execute(conn)?)
}

/// Deletes up to 500 idempotency keys from before `limit`. Returns how many.
pub fn forget_keys(conn: &mut DbConnection, limit: Timestamp) -> Result<usize, Error> {
    let old: Vec<String> = idempotency_keys::table
        .filter(idempotency_keys::created_at.lt(limit.micros()))
        .select(idempotency_keys::key)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::key.eq_any(old))).execute(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::connection::{self, Access, migrations};
    use crate::domain::system::database_url::DatabaseUrl;

    #[test]
    fn a_purge_looks_at_each_pending_delivery_once() {
        let mut conn =
            connection::open(&DatabaseUrl::Sqlite(":memory:".into()), Access::ReadWrite).expect("a connection");
        migrations::run(&mut conn).expect("tables");
        // 4,100 pending deliveries, then 600 that have ended; 10 of their events are needed by a newer delivery.
        for statement in [
            "INSERT INTO webhooks (id, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, \
             secret_created_at, version, created_at, updated_at) VALUES (1, '', TRUE, 'none', '', TRUE, 15, '', 0, 1, 0, 0)",
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4700) \
             INSERT INTO events (id, name, body, created_at) SELECT n, 'message_created', x'7b7d', 0 FROM n",
            "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at) \
             SELECT id, id, name, 1, CASE WHEN id > 4100 THEN 'success' ELSE 'pending' END, 'event', 1, 1, 0 FROM events",
            "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at) \
             SELECT 4000000000000000000 + id, id, name, 1, 'pending', 'manual', 1, 1, 0 FROM events WHERE id > 4690",
            "INSERT INTO attempts (delivery_id, number, started_at, outcome, request_headers, truncated) \
             SELECT id, 1, 0, 'succeeded', '[]', FALSE FROM deliveries",
        ] {
            diesel::sql_query(statement).execute(&mut conn).expect(statement);
        }
        let limit = Timestamp::from_seconds(1_600_000_000);
        let (mut done, mut steps) = (Purged::START, Vec::new());
        while !done.is_done {
            let next = purge(&mut conn, limit, done, &[]).expect("a step");
            assert!(next.is_done || (next.deliveries, next.events) > (done.deliveries, done.events), "{next:?}");
            steps.push(next.rows - done.rows);
            done = next;
        }
        assert_eq!(steps, [0, 0, 1000, 190], "2,000 rows a step, of which 500 are deleted");
        let count = |conn: &mut DbConnection, status: Status| {
            d::table.filter(d::status.eq(status.as_str())).count().get_result::<i64>(conn).expect("a count")
        };
        assert_eq!((count(&mut conn, Status::Pending), count(&mut conn, Status::Success)), (4_110, 0));
        assert_eq!(events::table.count().get_result::<i64>(&mut conn), Ok(4_110));
        assert_eq!(attempts::table.count().get_result::<i64>(&mut conn), Ok(4_110));
    }
}

//! Retention: ends expired deliveries and deletes old rows. Pending deliveries are never deleted.

use diesel::prelude::*;

use super::hourly_counts::{self, Tally};
use super::queue::rows::Row;
use super::queue::state::State;
use crate::db::schema::{attempts, deliveries as d, events, idempotency_keys};
use crate::db::sql::literal::PENDING;
use crate::db::webhooks::mass_changes::skip_locked;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Reason, Status, Trigger};
use crate::domain::id::{DeliveryId, EventId, IdSource};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// Rows in one transaction, so that other writers do not wait long.
const BATCH_ROWS_MAX: i64 = 500;

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

/// Deletes up to 500 ended deliveries that were created before `limit`, with their attempts, and up to 500 events from
/// before `limit` without a delivery. Returns how many deliveries and events.
pub fn purge(conn: &mut DbConnection, limit: Timestamp) -> Result<usize, Error> {
    let bound = IdSource::first_at(limit);
    let old: Vec<DeliveryId> = d::table
        .filter(d::id.lt(bound))
        .filter(d::status.ne(Status::Pending.as_str()))
        .order(d::id)
        .select(d::id)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    diesel::delete(attempts::table.filter(attempts::delivery_id.eq_any(&old))).execute(conn)?;
    let deleted = diesel::delete(d::table.filter(d::id.eq_any(&old))).execute(conn)?;
    fault_injection::point("retention-in-batch");
    // Not `exists`: Postgres would read the event ids of all deliveries for it.
    let needed_by = d::table.filter(d::event_id.eq(events::id)).select(d::id).limit(1).single_value();
    let unneeded: Vec<EventId> = events::table
        .filter(events::id.lt(bound))
        .filter(needed_by.is_null())
        .order(events::id)
        .select(events::id)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    Ok(deleted + diesel::delete(events::table.filter(events::id.eq_any(unneeded))).execute(conn)?)
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

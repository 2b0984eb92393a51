//! The end of attempts: stores results and reclaims leases.

use std::collections::HashSet;

use diesel::prelude::*;

use super::batch::{self, AttemptRow};
use super::rows::{Finished, Row};
use super::state::{Leased, State, fail_permanently};
use crate::db::deliveries::hourly_counts::{self, Tally};
use crate::db::schema::{attempts, deliveries as d};
use crate::db::sql::literal::PENDING;
use crate::db::sql::prepared;
use crate::db::webhooks::health;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Attempt, AttemptOutcome, Next, Reason, Status, Trigger};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// After this many interrupted attempts in a row a delivery fails permanently (`crashed`): it may be what ends the process.
const CRASHED_AFTER_INTERRUPTIONS: i32 = 6;

/// What was stored of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing: it came after the lease was lost.
    Discarded,
    /// Only the attempt: the delivery had ended already.
    AttemptOnly,
    /// The attempt and the new state of the delivery.
    Applied,
}

/// Stores results; returns for each, in the same order, what was stored.
pub fn record(conn: &mut DbConnection, batch: &[Finished], now: Timestamp) -> Result<Vec<Written>, Error> {
    // A batch may have two results of one delivery, under two leases: the second must see what the first one changed.
    let mut seen = HashSet::new();
    let first = |finished: &&Finished| finished.next == Next::Done && seen.insert(finished.id);
    let mut done: Vec<&Finished> = batch.iter().filter(first).collect();
    // One statement locks its rows in this order; with other statements beside it all rows are locked first.
    done.sort_unstable_by_key(|finished| finished.id);
    if done.len() < batch.len() {
        lock(conn, batch)?;
    }
    let mut ended: HashSet<DeliveryId> = batch::mark_succeeded(conn, &done, now)?.into_iter().collect();
    let mut written = Vec::with_capacity(batch.len());
    for finished in batch {
        let applied = finished.next == Next::Done && ended.remove(&finished.id);
        written.push(if applied { Written::Applied } else { record_one(conn, finished, now)? });
    }
    let kept = batch.iter().zip(&written).filter(|(_, written)| **written != Written::Discarded);
    let rows = kept.map(|(result, _)| AttemptRow::of(result.id, &result.attempt, result.detail.as_deref()));
    let rows: Vec<AttemptRow<'_>> = rows.collect();
    batch::insert_attempts(conn, &rows)?;
    Ok(written)
}

/// Whether another transaction has locked one of these deliveries, on Postgres.
pub fn are_locked(conn: &mut DbConnection, ids: &[DeliveryId]) -> Result<bool, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(false) };
    let rows = d::table.filter(d::id.eq_any(ids));
    let all = rows.clone().count().get_result::<i64>(conn)?;
    let free = rows.select(d::id).for_no_key_update().skip_locked().load::<DeliveryId>(conn)?.len();
    Ok(usize::try_from(all).unwrap_or(0) > free)
}

/// Locks the rows in the order of their ids: on Postgres two transactions that lock the same rows in different orders
/// deadlock. SQLite has one writer. [`Error::RowLocked`] if another transaction has one of them: other results must not
/// wait for it.
fn lock(conn: &mut DbConnection, batch: &[Finished]) -> Result<(), Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(()) };
    let ids: Vec<DeliveryId> = batch.iter().map(|finished| finished.id).collect();
    let rows = d::table.filter(d::id.eq_any(&ids)).order(d::id).select(d::id);
    let locked: HashSet<DeliveryId> = rows.for_no_key_update().skip_locked().load(conn)?.into_iter().collect();
    // Those that are missing are locked, or were removed with their webhook.
    let missing: Vec<DeliveryId> = ids.into_iter().filter(|id| !locked.contains(id)).collect();
    if missing.is_empty() || d::table.filter(d::id.eq_any(&missing)).count().get_result::<i64>(conn)? == 0 {
        return Ok(());
    }
    Err(Error::RowLocked)
}

/// Applies a result to its delivery. After the lease was lost only a success counts: the receiver has the event,
/// regardless of other attempts.
fn record_one(conn: &mut DbConnection, done: &Finished, now: Timestamp) -> Result<Written, Error> {
    if done.next == Next::Repeat {
        return repeat(conn, done);
    }
    let change = (State::after(done.next, now), d::steps.eq(d::steps + 1), d::interruptions.eq(0));
    let pending = d::table.find(done.id).filter(PENDING);
    let held = diesel::update(pending.filter(d::lease.eq(done.lease.token)));
    if prepared::execute(conn, held.set((change, Leased::RELEASED)))? > 0 {
        return Ok(Written::Applied);
    }
    if release(conn, done)? {
        return Ok(Written::AttemptOnly);
    }
    // The row may have another lease, of an attempt in flight: it stays, so that the attempt of that one is stored too.
    if done.next != Next::Done || diesel::update(pending).set(change).execute(conn)? == 0 {
        return Ok(Written::Discarded);
    }
    // The row that says that this attempt was interrupted; its result replaces it.
    diesel::delete(attempts::table.find((done.id, done.attempt.number))).execute(conn)?;
    Ok(Written::Applied)
}

/// Releases an interrupted delivery to be claimed again. It stays due since when it was, so that of its webhook it is next.
/// If it was a probe, another one may be sent.
fn repeat(conn: &mut DbConnection, done: &Finished) -> Result<Written, Error> {
    let held = d::table.find(done.id).filter(PENDING).filter(d::lease.eq(done.lease.token));
    let interrupted = (Leased::RELEASED, d::interruptions.eq(d::interruptions + 1));
    let written = match prepared::execute(conn, diesel::update(held).set(interrupted))? {
        0 if release(conn, done)? => Written::AttemptOnly,
        0 => return Ok(Written::Discarded),
        _ => Written::Applied,
    };
    health::release_probe(conn, done.webhook_id, done.lease.token)?;
    Ok(written)
}

/// Releases the lease of a delivery that was cancelled while its attempt was in flight: it stays ended, and the attempt is
/// stored. False if the row has no such lease.
fn release(conn: &mut DbConnection, done: &Finished) -> Result<bool, Error> {
    let ended = d::table.find(done.id).filter(d::lease.eq(done.lease.token));
    Ok(diesel::update(ended).set(Leased::RELEASED).execute(conn)? > 0)
}

/// Which leases to reclaim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseScope {
    /// All: at the start of the only process that serves the database.
    All,
    /// Those that had expired at this time.
    Expired(Timestamp),
    /// Those of a process that ends: tokens from the first to the last.
    Own(i64, i64),
}

/// Reclaims up to 500 leases: stores their attempts as interrupted and makes the deliveries due again at `due`, unless
/// they have ended. An interrupted attempt uses no step of the schedule. Tests, and deliveries that may end the
/// process, fail permanently. Returns how many; call it again until it returns 0.
pub fn interrupt(conn: &mut DbConnection, scope: LeaseScope, due: Timestamp) -> Result<usize, Error> {
    let mut rows = d::table.filter(d::leased_until.is_not_null()).limit(500).into_boxed();
    rows = match scope {
        LeaseScope::All => rows,
        LeaseScope::Expired(now) => rows.filter(d::leased_until.le(now.micros())),
        LeaseScope::Own(first, last) => rows.filter(d::lease.between(first, last)),
    };
    let (mut reclaimed, mut failed) = (0, Tally::default());
    let mut rows: Vec<Row> = rows.load(conn)?;
    // In the order in which `record` locks rows, so that two processes do not deadlock.
    rows.sort_unstable_by_key(|row| row.id);
    for row in rows {
        let same_lease = d::table.find(row.id).filter(d::lease.eq(row.lease));
        let released = diesel::update(same_lease)
            .set((Leased::RELEASED, d::interruptions.eq(row.interruptions + 1)))
            .execute(conn)?;
        if released > 0 {
            let attempt = interrupted(&row);
            batch::insert_attempts(conn, &[AttemptRow::of(row.id, &attempt, None)])?;
            diesel::update(d::table.find(row.id).filter(PENDING))
                .set(d::next_attempt_at.eq(Some(due.micros())))
                .execute(conn)?;
            if row.origin == Trigger::Test.as_str() {
                // A test has one attempt.
                fail_permanently(conn, row.id, Reason::TestFailed, due)?;
            } else if row.interruptions + 1 >= CRASHED_AFTER_INTERRUPTIONS
                && fail_permanently(conn, row.id, Reason::Crashed, due)?
            {
                failed.ended(row.webhook_id, Status::Failed);
            }
            if let Some(lease) = row.lease {
                health::release_probe(conn, row.webhook_id, lease)?;
            }
            reclaimed += 1;
        }
    }
    hourly_counts::count(conn, &failed, due)?;
    Ok(reclaimed)
}

fn interrupted(row: &Row) -> Attempt {
    let until = Timestamp::from_micros(row.leased_until.unwrap_or(row.created_at));
    Attempt {
        number: row.attempts,
        started_at: until.before(crate::domain::webhooks::LEASE),
        duration_ms: None,
        outcome: AttemptOutcome::Interrupted,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    }
}

//! How attempts end: results written down, leases taken back.

use std::collections::HashSet;

use diesel::prelude::*;

use super::batch::{self, NewAttempts, Succeeded};
use super::rows::Finished;
use super::rows::{Row, give_up};
use crate::db::deliveries::hourly_counts;
use crate::db::schema::{attempts, deliveries as d};
use crate::db::sql::literal::PENDING;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Attempt, AttemptOutcome, Next, Reason, Status, Trigger};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// After that many interrupted attempts in a row a delivery is given up: it may be what ends the process.
const POISON: i32 = 6;

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It came too late, and nothing was written.
    Dropped,
    /// The delivery had ended already; only the attempt was written.
    Told,
    /// The delivery is now as the result says.
    Applied,
}

/// Writes results down, and says of each what became of it.
pub fn record(conn: &mut DbConnection, batch: &[Finished], now: Timestamp) -> Result<Vec<Written>, Error> {
    lock(conn, batch)?;
    // Two results of one delivery may stand in a batch, under two leases: the second has to wait for the first.
    let mut seen = HashSet::new();
    let first = |finished: &&Finished| finished.next == Next::Done && seen.insert(finished.id.0);
    let done: Vec<&Finished> = batch.iter().filter(first).collect();
    let mut ended = HashSet::new();
    for done in done.chunks(batch::MOST) {
        ended.extend(prepared::load::<_, i64>(conn, Succeeded::of(done.iter().copied(), now))?);
    }
    let mut written = Vec::with_capacity(batch.len());
    for finished in batch {
        let applied = finished.next == Next::Done && ended.remove(&finished.id.0);
        written.push(if applied { Written::Applied } else { record_one(conn, finished, now)? });
    }
    let told = batch.iter().zip(&written).filter(|(_, written)| **written != Written::Dropped);
    let told: Vec<_> = told.map(|(finished, _)| (finished.id, &finished.attempt, finished.detail.as_deref())).collect();
    for attempts in told.chunks(batch::MOST) {
        prepared::execute(conn, NewAttempts::of(attempts.iter().copied()))?;
    }
    Ok(written)
}

/// Two transactions that lock the same rows lock them in one order: otherwise each may wait for the other on Postgres.
/// SQLite has one writer.
fn lock(conn: &mut DbConnection, batch: &[Finished]) -> Result<(), Error> {
    if let DbConnection::Postgres(conn) = conn {
        let ids: Vec<i64> = batch.iter().map(|finished| finished.id.0).collect();
        d::table.filter(d::id.eq_any(ids)).order(d::id).select(d::id).for_no_key_update().load::<i64>(conn)?;
    }
    Ok(())
}

/// Applies a result to its delivery. One that comes after its lease was lost counts only if it is a success: then the
/// receiver has the event, whatever another attempt says.
fn record_one(conn: &mut DbConnection, done: &Finished, now: Timestamp) -> Result<Written, Error> {
    let (status, reason, next, finished) = match done.next {
        Next::Done => (Status::Success, None, None, Some(now)),
        Next::RetryAt(at) => (Status::Pending, None, Some(at), None),
        Next::GiveUp(reason) => (Status::Failed, Some(reason), None, Some(now)),
    };
    let end = (
        d::status.eq(status.as_str()),
        d::reason.eq(reason.map(Reason::as_str)),
        d::steps.eq(d::steps + 1),
        d::next_attempt_at.eq(next.map(Timestamp::micros)),
        d::finished_at.eq(finished.map(Timestamp::micros)),
        d::interruptions.eq(0),
    );
    let freed = (d::lease.eq(None::<i64>), d::leased_until.eq(None::<i64>));
    let pending = d::table.find(done.id.0).filter(PENDING);
    let held =
        prepared::execute(conn, diesel::update(pending.filter(d::lease.eq(done.lease.token))).set((end, freed)))?;
    if held > 0 {
        return Ok(Written::Applied);
    }
    if release(conn, done)? {
        return Ok(Written::Told);
    }
    // Another attempt may be on its way under another lease, which stays: its result will be told too.
    if done.next != Next::Done || diesel::update(pending).set(end).execute(conn)? == 0 {
        return Ok(Written::Dropped);
    }
    diesel::delete(attempts::table.find((done.id.0, done.attempt.number))).execute(conn)?;
    Ok(Written::Applied)
}

/// A delivery that a person ended while it was on its way stays ended; what came of the attempt is told all the same.
fn release(conn: &mut DbConnection, done: &Finished) -> Result<bool, Error> {
    let ended = d::table.find(done.id.0).filter(d::lease.eq(done.lease.token));
    let change = (d::lease.eq(None::<i64>), d::leased_until.eq(None::<i64>));
    Ok(diesel::update(ended).set(change).execute(conn)? > 0)
}

/// Which leases to take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Every one: this process owns the database and has just started.
    All,
    /// Those that have run out.
    Expired(Timestamp),
    /// This process's own ones, at its end: tokens from the first to the last.
    Own(i64, i64),
}

/// Takes leases back: their attempts are written down as interrupted, and the deliveries are due again at
/// `due`, unless they ended meanwhile. They use up no step of the schedule. Returns how many; call again while it is
/// not 0.
pub fn interrupt(conn: &mut DbConnection, lost: Lost, due: Timestamp) -> Result<usize, Error> {
    let mut rows = d::table.filter(d::leased_until.is_not_null()).limit(500).into_boxed();
    rows = match lost {
        Lost::All => rows,
        Lost::Expired(now) => rows.filter(d::leased_until.le(now.micros())),
        Lost::Own(first, last) => rows.filter(d::lease.between(first, last)),
    };
    let (mut taken, mut failed) = (0, Vec::new());
    let mut rows: Vec<Row> = rows.load(conn)?;
    // In the order in which results are written down, so that two processes wait for each other and do not deadlock.
    rows.sort_unstable_by_key(|row| row.id);
    for row in rows {
        let mine = d::table.find(row.id).filter(d::lease.eq(row.lease));
        let freed = diesel::update(mine)
            .set((
                d::lease.eq(None::<i64>),
                d::leased_until.eq(None::<i64>),
                d::interruptions.eq(row.interruptions + 1),
            ))
            .execute(conn)?;
        if freed > 0 {
            prepared::execute(conn, NewAttempts::of([(DeliveryId(row.id), &interrupted(&row), None)]))?;
            diesel::update(d::table.find(row.id).filter(PENDING))
                .set(d::next_attempt_at.eq(Some(due.micros())))
                .execute(conn)?;
            if row.origin == Trigger::Test.as_str() {
                // A person waited for a test's one attempt, and waits no longer.
                give_up(conn, DeliveryId(row.id), Reason::Exhausted, due)?;
            } else if row.interruptions + 1 >= POISON && give_up(conn, DeliveryId(row.id), Reason::Poison, due)? {
                failed.push((row.webhook_id, Status::Failed));
            }
            taken += 1;
        }
    }
    hourly_counts::count(conn, failed, due)?;
    Ok(taken)
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

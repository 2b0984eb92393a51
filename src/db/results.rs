//! How attempts end: results written down, leases taken back.

use diesel::prelude::*;

use super::deliveries::{Lease, Row, give_up};
use super::fixed::PENDING;
use super::schema::{attempts, deliveries as d};
use super::{DbConnection, Error, hours, kept};
use crate::domain::delivery::{Attempt, AttemptOutcome, Next, Reason, Status, Trigger};
use crate::domain::health::Signal;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// After that many interrupted attempts in a row a delivery is given up: it may be what ends the process.
const POISON: i32 = 6;

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

/// Writes a result down. One that comes after its lease was lost counts only if it is a success: then the
/// receiver has the event, whatever another attempt says.
pub fn record(conn: &mut DbConnection, done: &Finished, now: Timestamp) -> Result<Written, Error> {
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
    let held = kept::execute(conn, diesel::update(pending.filter(d::lease.eq(done.lease.token))).set((end, freed)))?;
    let mut written = Written::Applied;
    if held == 0 && release(conn, done)? {
        written = Written::Told;
    } else if held == 0 {
        // Another attempt may be on its way under another lease, which stays: its result will be told too.
        if done.next != Next::Done || diesel::update(pending).set(end).execute(conn)? == 0 {
            return Ok(Written::Dropped);
        }
        diesel::delete(attempts::table.find((done.id.0, done.attempt.number))).execute(conn)?;
    }
    insert_attempt(conn, done.id, &done.attempt, done.detail.as_deref())?;
    Ok(written)
}

/// A delivery that a person ended while it was on its way stays ended; what came of the attempt is told all the same.
fn release(conn: &mut DbConnection, done: &Finished) -> Result<bool, Error> {
    let ended = d::table.find(done.id.0).filter(d::lease.eq(done.lease.token));
    let change = (d::lease.eq(None::<i64>), d::leased_until.eq(None::<i64>));
    Ok(diesel::update(ended).set(change).execute(conn)? > 0)
}

fn insert_attempt(
    conn: &mut DbConnection,
    id: DeliveryId,
    attempt: &Attempt,
    detail: Option<&str>,
) -> Result<(), Error> {
    let response = attempt.response.as_ref();
    let row = diesel::insert_into(attempts::table).values((
        attempts::delivery_id.eq(id.0),
        attempts::number.eq(attempt.number),
        attempts::started_at.eq(attempt.started_at.micros()),
        attempts::duration_ms.eq(attempt.duration_ms),
        attempts::outcome.eq(attempt.outcome.as_str()),
        attempts::cause.eq(attempt.cause.map(|cause| cause.as_str())),
        attempts::detail.eq(detail),
        attempts::remote_ip.eq(attempt.remote_ip.as_deref()),
        attempts::request_headers.eq(json(&attempt.request_headers)),
        attempts::status.eq(response.map(|response| i32::from(response.status))),
        attempts::response_headers.eq(response.map(|response| json(&response.headers))),
        attempts::response_body.eq(response.map(|response| response.body.as_slice())),
        attempts::truncated.eq(response.is_some_and(|response| response.truncated)),
    ));
    kept::execute(conn, row)?;
    Ok(())
}

fn json(headers: &[(String, String)]) -> String {
    serde_json::to_string(headers).unwrap_or_else(|_| "[]".into())
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
            insert_attempt(conn, DeliveryId(row.id), &interrupted(&row), None)?;
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
    hours::count(conn, failed, due)?;
    Ok(taken)
}

fn interrupted(row: &Row) -> Attempt {
    let until = Timestamp::from_micros(row.leased_until.unwrap_or(row.created_at));
    Attempt {
        number: row.attempts,
        started_at: until.before(crate::domain::webhook::LEASE),
        duration_ms: None,
        outcome: AttemptOutcome::Interrupted,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    }
}

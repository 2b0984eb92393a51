//! The queue: which deliveries are due, who is sending them, how they ended.

use diesel::prelude::*;

use super::schema::{attempts, deliveries as d, webhooks};
use super::{DbConnection, Error};
use crate::domain::catalogue::EventName;
use crate::domain::delivery::{Attempt, AttemptOutcome, Delivery, Next, Reason, Status, Trigger};
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

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
pub(super) struct Row {
    id: i64,
    event_id: i64,
    event: String,
    webhook_id: i64,
    inbox_id: Option<i64>,
    status: String,
    reason: Option<String>,
    origin: String,
    attempts: i32,
    steps: i32,
    next_attempt_at: Option<i64>,
    lease: Option<i64>,
    leased_until: Option<i64>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl Row {
    pub(super) fn into_delivery(self) -> Result<Delivery, Error> {
        let event = match self.event.as_str() {
            "webhook_test" => Some(EventName::WebhookTest),
            name => EventName::parse(name),
        };
        Ok(Delivery {
            id: DeliveryId(self.id),
            event_id: EventId(self.event_id),
            event: event.ok_or(Error::Meaning("event"))?,
            webhook_id: self.webhook_id,
            inbox_id: self.inbox_id,
            status: Status::parse(&self.status).ok_or(Error::Meaning("status"))?,
            reason: self.reason.as_deref().and_then(Reason::parse),
            trigger: Trigger::parse(&self.origin).ok_or(Error::Meaning("trigger"))?,
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

/// Stores a new delivery.
pub fn insert(conn: &mut DbConnection, new: &NewDelivery) -> Result<(), Error> {
    diesel::insert_into(d::table)
        .values((
            d::id.eq(new.id.0),
            d::event_id.eq(new.event_id.0),
            d::event.eq(new.event.as_str()),
            d::webhook_id.eq(new.webhook_id),
            d::inbox_id.eq(new.inbox_id),
            d::status.eq(Status::Pending.as_str()),
            d::origin.eq(new.trigger.as_str()),
            d::attempts.eq(i32::from(new.lease.is_some())),
            d::steps.eq(0),
            d::next_attempt_at.eq(Some(new.now.micros())),
            d::lease.eq(new.lease.map(|lease| lease.token)),
            d::leased_until.eq(new.lease.map(|lease| lease.until.micros())),
            d::created_at.eq(new.now.micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Webhooks that are on and have something due, with their versions.
pub fn due_webhooks(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<(WebhookId, i32)>, Error> {
    let due = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(d::status.eq(Status::Pending.as_str()))
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null());
    Ok(webhooks::table
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(diesel::dsl::exists(due))
        .order(webhooks::id)
        .select((webhooks::id, webhooks::version))
        .load(conn)?)
}

/// Takes up to `most` due deliveries of a webhook for this process, the longest due first. Each has begun an
/// attempt when this commits: the lease is the proof that one is on its way.
pub fn claim(
    conn: &mut DbConnection,
    webhook: WebhookId,
    (now, lease): (Timestamp, Lease),
    most: i64,
) -> Result<Vec<Delivery>, Error> {
    let inner = diesel::alias!(d as inner_deliveries);
    let due = inner
        .filter(inner.field(d::webhook_id).eq(webhook))
        .filter(inner.field(d::status).eq(Status::Pending.as_str()))
        .filter(inner.field(d::next_attempt_at).le(now.micros()))
        .filter(inner.field(d::leased_until).is_null())
        .order((inner.field(d::next_attempt_at), inner.field(d::id)))
        .limit(most)
        .select(inner.field(d::id));
    let claimed: Vec<Row> = diesel::update(d::table)
        .filter(d::id.eq_any(due))
        // Postgres re-evaluates only the outer WHERE when a row was changed meanwhile; without these lines
        // two processes take the same row.
        .filter(d::status.eq(Status::Pending.as_str()))
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .set((
            d::lease.eq(Some(lease.token)),
            d::leased_until.eq(Some(lease.until.micros())),
            d::attempts.eq(d::attempts + 1),
        ))
        .returning(d::all_columns)
        .get_results(conn)?;
    claimed.into_iter().map(Row::into_delivery).collect()
}

/// How an attempt ended, to be written down.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The delivery.
    pub id: DeliveryId,
    /// The lease it was sent under.
    pub lease: Lease,
    /// The attempt as the log will show it.
    pub attempt: Attempt,
    /// A word for administrators that the pages show only to them.
    pub detail: Option<String>,
    /// What is to become of the delivery.
    pub next: Next,
}

/// Writes a result down. One that comes after its lease was lost counts only if it is a success: then the
/// receiver has the event, whatever another attempt says. False if it was dropped.
pub fn record(conn: &mut DbConnection, done: &Finished, now: Timestamp) -> Result<bool, Error> {
    let (status, reason, next, finished) = match done.next {
        Next::Done => (Status::Success, None, None, Some(now)),
        Next::RetryAt(at) => (Status::Pending, None, Some(at), None),
        Next::GiveUp(reason) => (Status::Failed, Some(reason), None, Some(now)),
    };
    let change = (
        d::status.eq(status.as_str()),
        d::reason.eq(reason.map(Reason::as_str)),
        d::steps.eq(d::steps + 1),
        d::next_attempt_at.eq(next.map(Timestamp::micros)),
        d::finished_at.eq(finished.map(Timestamp::micros)),
        d::lease.eq(None::<i64>),
        d::leased_until.eq(None::<i64>),
    );
    let pending = d::table.find(done.id.0).filter(d::status.eq(Status::Pending.as_str()));
    let held = diesel::update(pending.filter(d::lease.eq(done.lease.token))).set(change).execute(conn)?;
    if held == 0 && !release(conn, done)? {
        if done.next != Next::Done || diesel::update(pending).set(change).execute(conn)? == 0 {
            return Ok(false);
        }
        diesel::delete(attempts::table.find((done.id.0, done.attempt.number))).execute(conn)?;
    }
    insert_attempt(conn, done.id, &done.attempt, done.detail.as_deref())?;
    Ok(true)
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
    diesel::insert_into(attempts::table)
        .values((
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
        ))
        .execute(conn)?;
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
/// `due`. They use up no step of the schedule. Returns how many; call again while it is not 0.
pub fn interrupt(conn: &mut DbConnection, lost: Lost, due: Timestamp) -> Result<usize, Error> {
    let mut rows = d::table.filter(d::status.eq(Status::Pending.as_str())).limit(500).into_boxed();
    rows = match lost {
        Lost::All => rows.filter(d::leased_until.is_not_null()),
        Lost::Expired(now) => rows.filter(d::leased_until.le(now.micros())),
        Lost::Own(first, last) => rows.filter(d::lease.between(first, last)),
    };
    let mut taken = 0;
    for row in rows.load::<Row>(conn)? {
        let mine = d::table.find(row.id).filter(d::lease.eq(row.lease));
        let freed = diesel::update(mine)
            .set((d::lease.eq(None::<i64>), d::leased_until.eq(None::<i64>), d::next_attempt_at.eq(Some(due.micros()))))
            .execute(conn)?;
        if freed > 0 {
            insert_attempt(conn, DeliveryId(row.id), &interrupted(&row), None)?;
            taken += 1;
        }
    }
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

/// Ends a waiting delivery by a person's wish. False if it had ended already.
pub fn cancel(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
    let waiting = d::table.find(id.0).filter(d::status.eq(Status::Pending.as_str()));
    let cancelled = diesel::update(waiting)
        .set((
            d::status.eq(Status::Failed.as_str()),
            d::reason.eq(Some(Reason::Cancelled.as_str())),
            d::next_attempt_at.eq(None::<i64>),
            d::finished_at.eq(Some(now.micros())),
        ))
        .execute(conn)?;
    Ok(cancelled > 0)
}

/// Sends the event of a delivery again as a delivery of its own.
pub fn send_again(conn: &mut DbConnection, old: &Delivery, id: DeliveryId, now: Timestamp) -> Result<(), Error> {
    insert(
        conn,
        &NewDelivery {
            id,
            event_id: old.event_id,
            event: old.event,
            webhook_id: old.webhook_id,
            inbox_id: old.inbox_id,
            trigger: Trigger::Manual,
            lease: None,
            now,
        },
    )
}

//! Statements for many rows: insert deliveries, mark deliveries as succeeded, insert attempts.
//!
//! diesel prepares its own batch statements anew every time. Here each number of rows is a statement whose prepared form
//! the connection keeps.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};

use super::rows::{Finished, NewDelivery};
use super::state::{Leased, State};
use crate::domain::deliveries::{Attempt, Status};
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Rows in one statement.
pub const BATCH_INSERT_ROWS_MAX: usize = 16;

/// Inserts at most [`BATCH_INSERT_ROWS_MAX`] deliveries.
pub struct InsertDeliveries(Vec<DeliveryRow>);

struct DeliveryRow {
    id: DeliveryId,
    event_id: EventId,
    event: &'static str,
    webhook_id: WebhookId,
    inbox_id: Option<InboxId>,
    origin: &'static str,
    attempts: i32,
    now: i64,
    lease: Option<i64>,
    leased_until: Option<i64>,
}

impl InsertDeliveries {
    pub fn of(new: &[NewDelivery]) -> Self {
        Self(new.iter().map(DeliveryRow::of).collect())
    }
}

impl DeliveryRow {
    fn of(new: &NewDelivery) -> Self {
        Self {
            id: new.id,
            event_id: new.event_id,
            event: new.event.as_str(),
            webhook_id: new.webhook_id,
            inbox_id: new.inbox_id,
            origin: new.trigger.as_str(),
            attempts: i32::from(new.lease.is_some()),
            now: new.now.micros(),
            lease: new.lease.map(|lease| lease.token),
            leased_until: new.lease.map(|lease| lease.until.micros()),
        }
    }
}

impl<DB> QueryFragment<DB> for InsertDeliveries
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, origin, attempts, next_attempt_at, \
             created_at, lease, leased_until, status, steps) VALUES ",
        );
        for (place, row) in self.0.iter().enumerate() {
            let mut tuple = Tuple::begin(&mut out, place);
            tuple.bind::<BigInt, _>(&row.id)?;
            tuple.bind::<BigInt, _>(&row.event_id)?;
            tuple.bind::<Text, _>(row.event)?;
            tuple.bind::<BigInt, _>(&row.webhook_id)?;
            tuple.bind::<Nullable<BigInt>, _>(&row.inbox_id)?;
            tuple.bind::<Text, _>(row.origin)?;
            tuple.bind::<Integer, _>(&row.attempts)?;
            tuple.bind::<BigInt, _>(&row.now)?;
            tuple.bind::<BigInt, _>(&row.now)?;
            tuple.bind::<Nullable<BigInt>, _>(&row.lease)?;
            tuple.bind::<Nullable<BigInt>, _>(&row.leased_until)?;
            tuple.bind::<Text, _>(Status::Pending.as_str())?;
            tuple.bind::<Integer, _>(&0)?;
            tuple.end();
        }
        Ok(())
    }
}

/// Marks at most [`BATCH_INSERT_ROWS_MAX`] deliveries as succeeded, if they are pending and still have their lease.
/// Returns the ids of those that it changed.
pub struct MarkSucceeded {
    change: Succeeded,
    /// Delivery and token.
    leases: Vec<(DeliveryId, i64)>,
}

impl MarkSucceeded {
    pub fn of<'a>(done: impl IntoIterator<Item = &'a Finished>, now: Timestamp) -> Self {
        Self {
            change: (State::succeeded(now), Leased::RELEASED).as_changeset(),
            leases: done.into_iter().map(|done| (done.id, done.lease.token)).collect(),
        }
    }
}

type Succeeded = <(State, Leased) as AsChangeset>::Changeset;

impl Query for MarkSucceeded {
    type SqlType = BigInt;
}

impl<DB> QueryFragment<DB> for MarkSucceeded
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
    Succeeded: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE deliveries SET steps = steps + 1, interruptions = 0, ");
        self.change.walk_ast(out.reborrow())?;
        out.push_sql(" FROM (VALUES ");
        for (place, (id, lease)) in self.leases.iter().enumerate() {
            let mut tuple = Tuple::begin(&mut out, place);
            tuple.bind::<BigInt, _>(id)?;
            tuple.bind::<BigInt, _>(lease)?;
            tuple.end();
        }
        // `column1` and `column2` are the default names of VALUES columns on both databases. Do not write
        // `status = 'pending'`: Postgres may then prefer the index of all pending deliveries to the primary key.
        out.push_sql(
            ") AS done WHERE deliveries.id = done.column1 AND deliveries.lease = done.column2 \
             AND deliveries.status NOT IN ('success', 'failed') RETURNING deliveries.id",
        );
        Ok(())
    }
}

/// Inserts at most [`BATCH_INSERT_ROWS_MAX`] attempts.
pub struct InsertAttempts<'a>(Vec<AttemptRow<'a>>);

/// A row of `attempts`.
pub struct AttemptRow<'a> {
    id: DeliveryId,
    attempt: &'a Attempt,
    started_at: i64,
    cause: Option<&'static str>,
    detail: Option<&'a str>,
    remote_ip: Option<&'a str>,
    request_headers: String,
    status: Option<i32>,
    response_headers: Option<String>,
    response_body: Option<&'a [u8]>,
    truncated: bool,
}

impl<'a> InsertAttempts<'a> {
    pub fn of(rows: impl IntoIterator<Item = AttemptRow<'a>>) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl<'a> AttemptRow<'a> {
    /// `detail` is shown to administrators only.
    pub fn of(id: DeliveryId, attempt: &'a Attempt, detail: Option<&'a str>) -> Self {
        let response = attempt.response.as_ref();
        Self {
            id,
            attempt,
            started_at: attempt.started_at.micros(),
            cause: attempt.cause.map(|cause| cause.as_str()),
            detail,
            remote_ip: attempt.remote_ip.as_deref(),
            request_headers: json(&attempt.request_headers),
            status: response.map(|response| i32::from(response.status)),
            response_headers: response.map(|response| json(&response.headers)),
            response_body: response.map(|response| response.body.as_slice()),
            truncated: response.is_some_and(|response| response.truncated),
        }
    }
}

fn json(headers: &[(String, String)]) -> String {
    serde_json::to_string(headers).unwrap_or_else(|_| "[]".into())
}

impl<DB> QueryFragment<DB> for InsertAttempts<'_>
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer> + HasSqlType<Text> + HasSqlType<Binary> + HasSqlType<Bool>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    str: ToSql<Text, DB>,
    String: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, cause, detail, remote_ip, \
             request_headers, status, response_headers, response_body, truncated) VALUES ",
        );
        for (place, row) in self.0.iter().enumerate() {
            let mut tuple = Tuple::begin(&mut out, place);
            tuple.bind::<BigInt, _>(&row.id)?;
            tuple.bind::<Integer, _>(&row.attempt.number)?;
            tuple.bind::<BigInt, _>(&row.started_at)?;
            tuple.bind::<Nullable<BigInt>, _>(&row.attempt.duration_ms)?;
            tuple.bind::<Text, _>(row.attempt.outcome.as_str())?;
            tuple.bind::<Nullable<Text>, _>(&row.cause)?;
            tuple.bind::<Nullable<Text>, _>(&row.detail)?;
            tuple.bind::<Nullable<Text>, _>(&row.remote_ip)?;
            tuple.bind::<Text, _>(&row.request_headers)?;
            tuple.bind::<Nullable<Integer>, _>(&row.status)?;
            tuple.bind::<Nullable<Text>, _>(&row.response_headers)?;
            tuple.bind::<Nullable<Binary>, _>(&row.response_body)?;
            tuple.bind::<Bool, _>(&row.truncated)?;
            tuple.end();
        }
        Ok(())
    }
}

/// Writes a list in parentheses, such as a row of VALUES.
struct Tuple<'a, 'b, DB: Backend> {
    out: AstPass<'a, 'b, DB>,
    comma: &'static str,
}

impl<'a, 'b, DB: Backend> Tuple<'a, 'b, DB> {
    fn begin(out: &'a mut AstPass<'_, 'b, DB>, place: usize) -> Self {
        let mut out = out.reborrow();
        out.push_sql(if place == 0 { "(" } else { ", (" });
        Self { out, comma: "" }
    }

    fn bind<ST, T: ToSql<ST, DB> + ?Sized>(&mut self, value: &'b T) -> QueryResult<()>
    where
        DB: HasSqlType<ST>,
    {
        self.out.push_sql(self.comma);
        self.comma = ", ";
        self.out.push_bind_param::<ST, _>(value)
    }

    fn end(mut self) {
        self.out.push_sql(")");
    }
}

/// Has diesel find the prepared statement by its text, which depends on the number of rows.
macro_rules! found_by_text {
    ($($statement:ty),*) => {$(
        impl QueryId for $statement {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    )*};
}

found_by_text!(InsertDeliveries, MarkSucceeded, InsertAttempts<'_>);

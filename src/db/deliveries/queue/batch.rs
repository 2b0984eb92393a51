//! Statements for many rows: insert deliveries, mark deliveries as succeeded, insert attempts.
//!
//! On SQLite a statement has up to 16 rows of VALUES; each number of rows is a statement whose prepared form the connection
//! keeps (diesel prepares its own batch statements anew every time). On Postgres a statement has an array for each column,
//! so it has any number of rows and one prepared form.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::rows::{Finished, NewDelivery};
use super::state::{Leased, State};
use crate::db::sql::literal::LiteralSql;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Attempt, Status};
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Rows in one statement on SQLite.
const SQLITE_ROWS_MAX: usize = 16;

/// Inserts deliveries.
pub fn insert_deliveries(conn: &mut DbConnection, new: &[NewDelivery]) -> Result<(), Error> {
    let rows: Vec<DeliveryRow> = new.iter().map(DeliveryRow::of).collect();
    match conn {
        DbConnection::Sqlite(conn) => {
            for rows in rows.chunks(SQLITE_ROWS_MAX) {
                prepared::execute_on(conn, InsertDeliveries(rows))?;
            }
        }
        DbConnection::Postgres(_) if rows.is_empty() => {}
        DbConnection::Postgres(conn) => {
            let statement = LiteralSql(INSERT_DELIVERIES)
                .bind::<Array<BigInt>, _>(column(&rows, |row| row.id), "::bigint[], ")
                .bind::<Array<BigInt>, _>(column(&rows, |row| row.event_id), "::bigint[], ")
                .bind::<Array<Text>, _>(column(&rows, |row| row.event), "::text[], ")
                .bind::<Array<BigInt>, _>(column(&rows, |row| row.webhook_id), "::bigint[], ")
                .bind::<Array<Nullable<BigInt>>, _>(column(&rows, |row| row.inbox_id), "::bigint[], ")
                .bind::<Array<Text>, _>(column(&rows, |row| row.origin), "::text[], ")
                .bind::<Array<Integer>, _>(column(&rows, |row| row.attempts), "::int[], ")
                .bind::<Array<BigInt>, _>(column(&rows, |row| row.now), "::bigint[], ")
                .bind::<Array<Nullable<BigInt>>, _>(column(&rows, |row| row.lease), "::bigint[], ")
                .bind::<Array<Nullable<BigInt>>, _>(column(&rows, |row| row.leased_until), INSERT_DELIVERIES_END);
            prepared::execute_on(conn, statement)?;
        }
    }
    Ok(())
}

const INSERT_DELIVERIES: &str = "INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, origin, attempts, \
     next_attempt_at, created_at, lease, leased_until, status, steps) SELECT id, event_id, event, webhook_id, inbox_id, \
     origin, attempts, now, now, lease, leased_until, 'pending', 0 FROM unnest(";
const INSERT_DELIVERIES_END: &str = "::bigint[]) AS new (id, event_id, event, webhook_id, inbox_id, origin, attempts, now, \
     lease, leased_until)";

/// Marks deliveries as succeeded, if they are pending and still have their lease; returns the ids of those that it
/// changed. In the order of `done`, which is also the order of the locks.
pub fn mark_succeeded(conn: &mut DbConnection, done: &[&Finished], now: Timestamp) -> Result<Vec<DeliveryId>, Error> {
    let mut changed = Vec::with_capacity(done.len());
    match conn {
        DbConnection::Sqlite(conn) => {
            for done in done.chunks(SQLITE_ROWS_MAX) {
                changed.extend(prepared::load_on::<_, _, DeliveryId>(conn, MarkSucceeded::of(done, now))?);
            }
        }
        DbConnection::Postgres(_) if done.is_empty() => {}
        DbConnection::Postgres(conn) => changed = prepared::load_on(conn, MarkSucceeded::of(done, now))?,
    }
    Ok(changed)
}

/// Inserts attempts.
pub fn insert_attempts(conn: &mut DbConnection, rows: &[AttemptRow<'_>]) -> Result<(), Error> {
    match conn {
        DbConnection::Sqlite(conn) => {
            for rows in rows.chunks(SQLITE_ROWS_MAX) {
                prepared::execute_on(conn, InsertAttempts(rows))?;
            }
        }
        DbConnection::Postgres(_) if rows.is_empty() => {}
        DbConnection::Postgres(conn) => {
            let statement = LiteralSql(INSERT_ATTEMPTS)
                .bind::<Array<BigInt>, _>(column(rows, |row| row.id), "::bigint[], ")
                .bind::<Array<Integer>, _>(column(rows, |row| row.attempt.number), "::int[], ")
                .bind::<Array<BigInt>, _>(column(rows, |row| row.started_at), "::bigint[], ")
                .bind::<Array<Nullable<BigInt>>, _>(column(rows, |row| row.attempt.duration_ms), "::bigint[], ")
                .bind::<Array<Text>, _>(column(rows, |row| row.attempt.outcome.as_str()), "::text[], ")
                .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.cause), "::text[], ")
                .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.detail), "::text[], ")
                .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.remote_ip), "::text[], ")
                .bind::<Array<Text>, _>(column(rows, |row| row.request_headers.as_str()), "::text[], ")
                .bind::<Array<Nullable<Integer>>, _>(column(rows, |row| row.status), "::int[], ")
                .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.response_headers.as_deref()), "::text[], ")
                .bind::<Array<Nullable<Binary>>, _>(column(rows, |row| row.response_body), "::bytea[], ")
                .bind::<Array<Bool>, _>(column(rows, |row| row.truncated), "::bool[])");
            prepared::execute_on(conn, statement)?;
        }
    }
    Ok(())
}

const INSERT_ATTEMPTS: &str = "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, cause, detail, \
     remote_ip, request_headers, status, response_headers, response_body, truncated) SELECT * FROM unnest(";

fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

struct InsertDeliveries<'a>(&'a [DeliveryRow]);

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

impl QueryFragment<Sqlite> for InsertDeliveries<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
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

struct MarkSucceeded {
    change: Succeeded,
    ids: Vec<DeliveryId>,
    /// The tokens of their leases.
    tokens: Vec<i64>,
}

impl MarkSucceeded {
    fn of(done: &[&Finished], now: Timestamp) -> Self {
        Self {
            change: (State::succeeded(now), Leased::RELEASED).as_changeset(),
            ids: done.iter().map(|done| done.id).collect(),
            tokens: done.iter().map(|done| done.lease.token).collect(),
        }
    }
}

type Succeeded = <(State, Leased) as AsChangeset>::Changeset;

impl Query for MarkSucceeded {
    type SqlType = BigInt;
}

const MARK_SUCCEEDED: &str = "UPDATE deliveries SET steps = steps + 1, interruptions = 0, ";
// Do not write `status = 'pending'`: Postgres may then prefer the index of all pending deliveries to the primary key.
const WITH_THEIR_LEASE: &str = " WHERE deliveries.id = done.id AND deliveries.lease = done.token \
     AND deliveries.status NOT IN ('success', 'failed') RETURNING deliveries.id";

impl QueryFragment<Sqlite> for MarkSucceeded {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(MARK_SUCCEEDED);
        self.change.walk_ast(out.reborrow())?;
        // SQLite names the columns of VALUES so.
        out.push_sql(" FROM (SELECT column1 AS id, column2 AS token FROM (VALUES ");
        for (place, (id, token)) in self.ids.iter().zip(&self.tokens).enumerate() {
            let mut tuple = Tuple::begin(&mut out, place);
            tuple.bind::<BigInt, _>(id)?;
            tuple.bind::<BigInt, _>(token)?;
            tuple.end();
        }
        out.push_sql(")) AS done");
        out.push_sql(WITH_THEIR_LEASE);
        Ok(())
    }
}

impl QueryFragment<Pg> for MarkSucceeded {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(MARK_SUCCEEDED);
        self.change.walk_ast(out.reborrow())?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql("::bigint[], ");
        out.push_bind_param::<Array<BigInt>, _>(&self.tokens)?;
        out.push_sql("::bigint[]) AS done (id, token)");
        out.push_sql(WITH_THEIR_LEASE);
        Ok(())
    }
}

struct InsertAttempts<'a>(&'a [AttemptRow<'a>]);

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

impl QueryFragment<Sqlite> for InsertAttempts<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
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
struct Tuple<'a, 'b> {
    out: AstPass<'a, 'b, Sqlite>,
    comma: &'static str,
}

impl<'a, 'b> Tuple<'a, 'b> {
    fn begin(out: &'a mut AstPass<'_, 'b, Sqlite>, place: usize) -> Self {
        let mut out = out.reborrow();
        out.push_sql(if place == 0 { "(" } else { ", (" });
        Self { out, comma: "" }
    }

    fn bind<ST, T: ToSql<ST, Sqlite> + ?Sized>(&mut self, value: &'b T) -> QueryResult<()>
    where
        Sqlite: HasSqlType<ST>,
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

found_by_text!(InsertDeliveries<'_>, MarkSucceeded, InsertAttempts<'_>);

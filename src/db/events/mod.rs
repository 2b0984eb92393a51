//! Accepted events.

pub mod idempotency;
pub mod received;
pub mod routes;

use bytes::Bytes;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text};

use super::schema::events;
use super::sql::literal::LiteralSql;
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::{Event, Unmatched};
use crate::domain::id::EventId;

/// Whether an event is stored that is no test.
pub fn any(conn: &mut DbConnection) -> Result<bool, Error> {
    let real = events::table.filter(events::name.ne(EventName::WebhookTest.as_str()));
    Ok(real.select(events::id).first::<EventId>(conn).optional()?.is_some())
}

/// Stores an event; `unmatched` says why it has no delivery, if so.
pub fn insert(conn: &mut DbConnection, event: &Event, unmatched: Option<Unmatched>) -> Result<(), Error> {
    let row = diesel::insert_into(events::table).values((
        events::id.eq(event.id),
        events::name.eq(event.name.as_str()),
        events::inbox_id.eq(event.inbox_id),
        events::derived_from.eq(event.derived_from),
        events::body.eq(event.body.as_ref()),
        events::created_at.eq(event.created_at.micros()),
        events::unmatched.eq(unmatched.map(Unmatched::as_str)),
    ));
    prepared::execute(conn, row)?;
    Ok(())
}

/// Stores events, each with the reason why it has no delivery, if so.
pub fn insert_all(conn: &mut DbConnection, new: &[(Event, Option<Unmatched>)]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let DbConnection::Postgres(conn) = conn else {
        return new.iter().try_for_each(|(event, unmatched)| insert(conn, event, *unmatched));
    };
    let statement = LiteralSql(INSERT_EVENTS)
        .bind::<Array<BigInt>, _>(column(new, |event, _| event.id), "::bigint[], ")
        .bind::<Array<Text>, _>(column(new, |event, _| event.name.as_str()), "::text[], ")
        .bind::<Array<Nullable<BigInt>>, _>(column(new, |event, _| event.inbox_id), "::bigint[], ")
        .bind::<Array<Nullable<BigInt>>, _>(column(new, |event, _| event.derived_from), "::bigint[], ")
        .bind::<Array<Binary>, _>(column(new, |event, _| event.body.as_ref()), "::bytea[], ")
        .bind::<Array<BigInt>, _>(column(new, |event, _| event.created_at.micros()), "::bigint[], ")
        .bind::<Array<Nullable<Text>>, _>(column(new, |_, unmatched| unmatched.map(Unmatched::as_str)), "::text[])");
    prepared::execute_on(conn, statement)?;
    Ok(())
}

const INSERT_EVENTS: &str = "INSERT INTO events (id, name, inbox_id, derived_from, body, created_at, unmatched) \
     SELECT * FROM unnest(";

fn column<'a, T>(rows: &'a [(Event, Option<Unmatched>)], value: impl Fn(&'a Event, Option<Unmatched>) -> T) -> Vec<T> {
    rows.iter().map(|(event, unmatched)| value(event, *unmatched)).collect()
}

/// The body of an event; `None` once retention removed the event.
pub fn body(conn: &mut DbConnection, id: EventId) -> Result<Option<Bytes>, Error> {
    let body: Option<Vec<u8>> = events::table.find(id).select(events::body).get_result(conn).optional()?;
    Ok(body.map(Bytes::from))
}

/// The bodies of those events that retention has not removed, in any order.
pub fn bodies(conn: &mut DbConnection, ids: &[EventId]) -> Result<Vec<(EventId, Bytes)>, Error> {
    let rows: Vec<(EventId, Vec<u8>)> =
        events::table.filter(events::id.eq_any(ids)).select((events::id, events::body)).load(conn)?;
    Ok(rows.into_iter().map(|(id, body)| (id, Bytes::from(body))).collect())
}

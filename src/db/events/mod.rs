//! Accepted events.

pub mod idempotency;
pub mod matching;
pub mod received;

use bytes::Bytes;
use diesel::prelude::*;

use super::schema::events;
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::domain::events::{Event, Unmatched};
use crate::domain::id::EventId;

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

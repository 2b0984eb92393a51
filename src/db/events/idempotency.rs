//! Idempotency keys of ingest. A key is stored in the transaction of its event; retention deletes it after 7 days.

use diesel::prelude::*;

use crate::db::schema::idempotency_keys as k;
use crate::db::{DbConnection, Error};
use crate::domain::id::EventId;
use crate::domain::timestamp::Timestamp;

/// The answer to the first request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// SHA-256 of the body of that request.
    pub body_hash: Vec<u8>,
    /// The event that was stored.
    pub event_id: EventId,
    /// How many deliveries were made, with those of derived events.
    pub deliveries: i32,
}

/// The first answer to a request with this key.
pub fn find(conn: &mut DbConnection, key: &str) -> Result<Option<Known>, Error> {
    let row: Option<(Vec<u8>, EventId, i32)> =
        k::table.find(key).select((k::body_hash, k::event_id, k::deliveries)).get_result(conn).optional()?;
    Ok(row.map(|(body_hash, event_id, deliveries)| Known { body_hash, event_id, deliveries }))
}

/// Stores a key. A unique violation means that a concurrent duplicate was first.
pub fn insert(conn: &mut DbConnection, key: &str, known: &Known, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(k::table)
        .values((
            k::key.eq(key),
            k::body_hash.eq(&known.body_hash),
            k::event_id.eq(known.event_id),
            k::deliveries.eq(known.deliveries),
            k::created_at.eq(now.micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a key.
pub fn delete(conn: &mut DbConnection, key: &str) -> Result<(), Error> {
    diesel::delete(k::table.find(key)).execute(conn)?;
    Ok(())
}

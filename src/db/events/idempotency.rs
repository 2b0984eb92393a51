//! Idempotency keys of ingest. A key is stored in the transaction of its event; retention deletes it after 7 days.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Text};

use crate::db::schema::idempotency_keys as k;
use crate::db::sql::literal::LiteralSql;
use crate::db::sql::prepared;
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

/// A key that is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The text of the key.
    pub key: &'a str,
    /// A key that was stored before this time does not count; `None` if every one does.
    pub since: Option<Timestamp>,
}

/// The first answers to requests with these keys, by key; keys that are not known are left out. Keys that no longer count are
/// deleted, so that they can be stored again.
pub fn find_all(conn: &mut DbConnection, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Known>, Error> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Vec<u8>, EventId, i32, i64)> = k::table
        .filter(k::key.eq_any(wanted.iter().map(|wanted| wanted.key)))
        .select((k::key, k::body_hash, k::event_id, k::deliveries, k::created_at))
        .load(conn)?;
    let mut known = HashMap::with_capacity(rows.len());
    for (key, body_hash, event_id, deliveries, created_at) in rows {
        let since = wanted.iter().find(|wanted| wanted.key == key).and_then(|wanted| wanted.since);
        if since.is_some_and(|since| created_at < since.micros()) {
            delete(conn, &key)?;
        } else {
            known.insert(key, Known { body_hash, event_id, deliveries });
        }
    }
    Ok(known)
}

/// Stores keys. A unique violation means that a concurrent duplicate was first.
pub fn insert_all(conn: &mut DbConnection, new: &BTreeMap<&str, Known>, now: Timestamp) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let DbConnection::Postgres(conn) = conn else {
        return new.iter().try_for_each(|(key, known)| insert(conn, key, known, now));
    };
    let known: Vec<&Known> = new.values().collect();
    let statement = LiteralSql(INSERT_KEYS)
        .bind::<BigInt, _>(now.micros(), ", * FROM unnest(")
        .bind::<Array<Text>, _>(new.keys().copied().collect::<Vec<_>>(), "::text[], ")
        .bind::<Array<Binary>, _>(
            known.iter().map(|known| known.body_hash.as_slice()).collect::<Vec<_>>(),
            "::bytea[], ",
        )
        .bind::<Array<BigInt>, _>(known.iter().map(|known| known.event_id).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<Integer>, _>(known.iter().map(|known| known.deliveries).collect::<Vec<_>>(), "::int[])");
    prepared::execute_on(conn, statement)?;
    Ok(())
}

const INSERT_KEYS: &str = "INSERT INTO idempotency_keys (created_at, key, body_hash, event_id, deliveries) SELECT ";

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

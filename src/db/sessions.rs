//! Signed-in browsers. Only the hash of a session's key is stored.

use diesel::prelude::*;

use super::schema::sessions;
use super::{DbConnection, Error};
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;

/// A session as stored.
pub struct StoredSession {
    /// Its values, as JSON.
    pub state: String,
    /// When it began; it ends a fixed time later, however busy.
    pub created_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// The session of that key, if it has not ended.
pub fn load(conn: &mut DbConnection, key_hash: &[u8], now: Timestamp) -> Result<Option<StoredSession>, Error> {
    let row: Option<(String, i64, i64)> = sessions::table
        .find(key_hash)
        .filter(sessions::expires_at.gt(now.micros()))
        .select((sessions::state, sessions::created_at, sessions::expires_at))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(state, created, expires)| StoredSession {
        state,
        created_at: Timestamp::from_micros(created),
        expires_at: Timestamp::from_micros(expires),
    }))
}

/// Begins a session.
pub fn insert(
    conn: &mut DbConnection,
    key_hash: &[u8],
    user: Option<UserId>,
    stored: &StoredSession,
) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_hash.eq(key_hash),
            sessions::user_id.eq(user),
            sessions::state.eq(&stored.state),
            sessions::created_at.eq(stored.created_at.micros()),
            sessions::expires_at.eq(stored.expires_at.micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Stores a session's new values; one that has ended meanwhile stays ended.
pub fn update(conn: &mut DbConnection, key_hash: &[u8], state: &str, expires_at: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash))
        .set((sessions::state.eq(state), sessions::expires_at.eq(expires_at.micros())))
        .execute(conn)?;
    Ok(())
}

/// Lets a session live on.
pub fn touch(conn: &mut DbConnection, key_hash: &[u8], expires_at: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash)).set(sessions::expires_at.eq(expires_at.micros())).execute(conn)?;
    Ok(())
}

/// Ends a session.
pub fn delete(conn: &mut DbConnection, key_hash: &[u8]) -> Result<(), Error> {
    diesel::delete(sessions::table.find(key_hash)).execute(conn)?;
    Ok(())
}

/// A person's sessions that have not ended, each with the hash of its key; the newest first.
pub fn of(conn: &mut DbConnection, user: UserId, now: Timestamp) -> Result<Vec<(Vec<u8>, StoredSession)>, Error> {
    let rows: Vec<(Vec<u8>, String, i64, i64)> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.gt(now.micros()))
        .order(sessions::created_at.desc())
        .select((sessions::key_hash, sessions::state, sessions::created_at, sessions::expires_at))
        .load(conn)?;
    let stored = |state, created, expires| StoredSession {
        state,
        created_at: Timestamp::from_micros(created),
        expires_at: Timestamp::from_micros(expires),
    };
    Ok(rows.into_iter().map(|(key, state, created, expires)| (key, stored(state, created, expires))).collect())
}

/// Ends every session of a person but one.
pub fn end_others_of(conn: &mut DbConnection, user: UserId, kept: &[u8]) -> Result<(), Error> {
    let others = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(kept));
    diesel::delete(others).execute(conn)?;
    Ok(())
}

/// Ends every session of a person.
pub fn end_all_of(conn: &mut DbConnection, user: UserId) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn)?;
    Ok(())
}

/// Removes sessions that have ended.
pub fn sweep(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now.micros()))).execute(conn)?;
    Ok(())
}

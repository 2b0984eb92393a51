//! Signed-in browsers. Only the hash of a session's key is stored.
//!
//! A session that has ended stays for a day. One that ended by itself stays as it was: a form that was open at its end is
//! known as its person's. One that somebody ended loses its values at once.

use std::time::Duration;

use diesel::prelude::*;

use super::kept_forms;
use crate::db::schema::sessions;
use crate::db::{DbConnection, Error};
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;

/// How long a session is kept after its end.
pub const ENDED_KEPT: Duration = Duration::from_secs(24 * 3600);

/// A session as stored.
pub struct StoredSession {
    /// Who is signed in.
    pub user: Option<UserId>,
    /// Its values, as JSON.
    pub state: String,
    /// When it began; it ends a fixed time later, however busy.
    pub created_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// The session of that key; also one that has ended by itself, for a day. One that somebody ended (signed out, password
/// changed, person disabled) is not found.
pub fn load(conn: &mut DbConnection, key_hash: &[u8]) -> Result<Option<StoredSession>, Error> {
    let row: Option<(Option<UserId>, String, i64, i64)> = sessions::table
        .find(key_hash)
        .filter(sessions::ended_at.is_null())
        .select((sessions::user_id, sessions::state, sessions::created_at, sessions::expires_at))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(user, state, created, expires)| StoredSession {
        user,
        state,
        created_at: Timestamp::from_micros(created),
        expires_at: Timestamp::from_micros(expires),
    }))
}

/// Begins a session.
pub fn insert(conn: &mut DbConnection, key_hash: &[u8], stored: &StoredSession) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_hash.eq(key_hash),
            sessions::user_id.eq(stored.user),
            sessions::state.eq(&stored.state),
            sessions::created_at.eq(stored.created_at.micros()),
            sessions::expires_at.eq(stored.expires_at.micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Stores a session's new values; one that has ended meanwhile stays ended.
pub fn update(
    conn: &mut DbConnection,
    key_hash: &[u8],
    state: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let going = sessions::ended_at.is_null().and(sessions::expires_at.gt(now.micros()));
    diesel::update(sessions::table.find(key_hash).filter(going))
        .set((sessions::state.eq(state), sessions::expires_at.eq(expires_at.micros())))
        .execute(conn)?;
    Ok(())
}

/// Lets a session live on.
pub fn touch(conn: &mut DbConnection, key_hash: &[u8], expires_at: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash).filter(sessions::ended_at.is_null()))
        .set(sessions::expires_at.eq(expires_at.micros()))
        .execute(conn)?;
    Ok(())
}

/// The values of a session that has ended: none.
const NO_VALUES: &str = "{}";

/// Ends a session.
pub fn end(conn: &mut DbConnection, key_hash: &[u8], now: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash).filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now.micros()), sessions::state.eq(NO_VALUES)))
        .execute(conn)?;
    Ok(())
}

/// A person's sessions that have not ended, each with the hash of its key; the newest first.
pub fn of(conn: &mut DbConnection, user: UserId, now: Timestamp) -> Result<Vec<(Vec<u8>, StoredSession)>, Error> {
    let rows: Vec<(Vec<u8>, String, i64, i64)> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.micros()))
        .order(sessions::created_at.desc())
        .select((sessions::key_hash, sessions::state, sessions::created_at, sessions::expires_at))
        .load(conn)?;
    let stored = |state, created, expires| StoredSession {
        user: Some(user),
        state,
        created_at: Timestamp::from_micros(created),
        expires_at: Timestamp::from_micros(expires),
    };
    Ok(rows.into_iter().map(|(key, state, created, expires)| (key, stored(state, created, expires))).collect())
}

/// Ends every session of a person but one.
pub fn end_others_of(conn: &mut DbConnection, user: UserId, kept: &[u8], now: Timestamp) -> Result<(), Error> {
    let others = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(kept));
    diesel::update(others.filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now.micros()), sessions::state.eq(NO_VALUES)))
        .execute(conn)?;
    kept_forms::remove_all_of(conn, user)
}

/// Ends every session of a person.
pub fn end_all_of(conn: &mut DbConnection, user: UserId, now: Timestamp) -> Result<(), Error> {
    end_others_of(conn, user, &[], now)
}

/// Removes sessions that ended more than a day ago.
pub fn sweep(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    let until = now.before(ENDED_KEPT).micros();
    let ended = sessions::expires_at.le(until).or(sessions::ended_at.is_not_null().and(sessions::ended_at.le(until)));
    diesel::delete(sessions::table.filter(ended)).execute(conn)?;
    Ok(())
}

//! Sessions of browsers. Only the hash of a session's key is stored.
//!
//! The row of a session stays for a day after its end. An expired session keeps its values, so that a form that was open
//! can be attributed to its user. A session that was ended (by sign-out, a new password, or disabling the user) loses its values at
//! once.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use super::{kept_forms, user_lock};
use crate::db::schema::sessions;
use crate::db::{DbConnection, Error};
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;

/// How long the row of a session stays after its end.
pub const ENDED_KEPT: Duration = Duration::from_secs(24 * 3600);

/// A session as stored.
pub struct StoredSession {
    /// The user who is signed in, if any.
    pub user: Option<UserId>,
    /// The values of the session, as JSON.
    pub state: String,
    /// A session ends a fixed time after its start, also while it is used.
    pub created_at: Timestamp,
    /// When the session expires unless it is used.
    pub expires_at: Timestamp,
}

/// The session with this key, also an expired one as long as its row exists. `None` if it was ended.
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

/// Stores a new session. One with a user is stored only if the user is enabled and the stored hash of their password is
/// `password_hash`, with which the password was compared: it may have been replaced since.
pub fn insert(
    conn: &mut DbConnection,
    key_hash: &[u8],
    stored: &StoredSession,
    password_hash: &str,
) -> Result<(), Error> {
    if let Some(user) = stored.user
        && !user_lock::lock_with_password(conn, user, password_hash)?
    {
        return Ok(());
    }
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

/// Stores new values of a session and moves its expiry. Does nothing if it has ended or expired meanwhile.
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

/// Moves the expiry of a session.
pub fn touch(conn: &mut DbConnection, key_hash: &[u8], expires_at: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash).filter(sessions::ended_at.is_null()))
        .set(sessions::expires_at.eq(expires_at.micros()))
        .execute(conn)?;
    Ok(())
}

/// Replaces the values of an ended session.
const NO_VALUES: &str = "{}";

/// Ends a session and deletes its values.
pub fn end(conn: &mut DbConnection, key_hash: &[u8], now: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(key_hash).filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now.micros()), sessions::state.eq(NO_VALUES)))
        .execute(conn)?;
    Ok(())
}

/// The sessions of a user that have neither ended nor expired, newest first, each with the hash of its key.
pub fn active_of(
    conn: &mut DbConnection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Vec<u8>, StoredSession)>, Error> {
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

/// Ends all sessions of a user but the one with the key hash `kept`, and deletes the user's kept forms.
pub fn end_others_of(conn: &mut DbConnection, user: UserId, kept: &[u8], now: Timestamp) -> Result<(), Error> {
    let others = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(kept));
    diesel::update(others.filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now.micros()), sessions::state.eq(NO_VALUES)))
        .execute(conn)?;
    kept_forms::remove_all_of(conn, user)
}

/// Ends all sessions of a user and deletes the user's kept forms.
pub fn end_all_of(conn: &mut DbConnection, user: UserId, now: Timestamp) -> Result<(), Error> {
    end_others_of(conn, user, &[], now)
}

/// Deletes all rows of a user's sessions, and the user's kept forms.
pub fn delete_all_of(conn: &mut DbConnection, user: UserId) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn)?;
    kept_forms::remove_all_of(conn, user)
}

/// Deletes the rows of sessions that ended or expired more than a day ago.
///
/// On Postgres it skips rows that another transaction has locked: the deletion of a user locks them in another order.
pub fn delete_old(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    let lock = if matches!(conn, DbConnection::Postgres(_)) { " FOR UPDATE SKIP LOCKED" } else { "" };
    let delete = format!(
        "DELETE FROM sessions WHERE key_hash IN \
         (SELECT key_hash FROM sessions WHERE expires_at <= $1 OR ended_at <= $1{lock})"
    );
    sql_query(delete).bind::<BigInt, _>(now.before(ENDED_KEPT).micros()).execute(conn)?;
    Ok(())
}

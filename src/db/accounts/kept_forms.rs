//! The fields of forms that were posted after their session had ended, sealed, until the same person signs in again.

use std::time::Duration;

use diesel::prelude::*;

use super::user_lock;
use crate::db::schema::kept_forms as k;
use crate::db::{DbConnection, Error};
use crate::domain::id::UserId;
use crate::domain::secret_box::Sealed;
use crate::domain::timestamp::Timestamp;

/// How long a form is stored.
pub const FORM_KEPT: Duration = Duration::from_secs(30 * 60);
/// Forms stored for one person; the oldest are deleted first.
const FORMS_PER_USER_MAX: i64 = 5;
/// Forms stored for all people together; the oldest are deleted first.
const FORMS_MAX: i64 = 100;
/// Rows that one transaction deletes at most.
const BATCH_ROWS_MAX: i64 = 500;

/// Stores the fields of a form, unless its user has been deleted; they replace an earlier form of the same session.
pub fn keep(
    conn: &mut DbConnection,
    session_hash: &[u8],
    user: UserId,
    fields: &Sealed,
    now: Timestamp,
) -> Result<(), Error> {
    if !user_lock::lock(conn, user)? {
        return Ok(());
    }
    remove(conn, session_hash)?;
    let row = (
        k::session_hash.eq(session_hash),
        k::user_id.eq(user),
        k::fields.eq(&fields.0),
        k::created_at.eq(now.micros()),
    );
    diesel::insert_into(k::table).values(row).execute(conn)?;
    let newest = || k::table.order(k::created_at.desc()).select(k::session_hash).limit(BATCH_ROWS_MAX);
    let mut beyond: Vec<Vec<u8>> = newest().filter(k::user_id.eq(user)).offset(FORMS_PER_USER_MAX).load(conn)?;
    beyond.extend(newest().offset(FORMS_MAX).load::<Vec<u8>>(conn)?);
    diesel::delete(k::table.filter(k::session_hash.eq_any(beyond))).execute(conn)?;
    Ok(())
}

/// The form of a session and its user, unless it is older than [`FORM_KEPT`].
pub fn find(conn: &mut DbConnection, session_hash: &[u8], now: Timestamp) -> Result<Option<(UserId, Sealed)>, Error> {
    let row: Option<(UserId, String)> = k::table
        .find(session_hash)
        .filter(k::created_at.gt(now.before(FORM_KEPT).micros()))
        .select((k::user_id, k::fields))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(user, fields)| (user, Sealed(fields))))
}

/// Deletes the form of a session.
pub fn remove(conn: &mut DbConnection, session_hash: &[u8]) -> Result<(), Error> {
    diesel::delete(k::table.find(session_hash)).execute(conn)?;
    Ok(())
}

/// Deletes all forms of a user.
pub fn remove_all_of(conn: &mut DbConnection, user: UserId) -> Result<(), Error> {
    diesel::delete(k::table.filter(k::user_id.eq(user))).execute(conn)?;
    Ok(())
}

/// Deletes up to 500 forms older than [`FORM_KEPT`]. Returns how many.
pub fn forget(conn: &mut DbConnection, now: Timestamp) -> Result<usize, Error> {
    let limit = now.before(FORM_KEPT).micros();
    let old: Vec<Vec<u8>> =
        k::table.filter(k::created_at.le(limit)).select(k::session_hash).limit(BATCH_ROWS_MAX).load(conn)?;
    Ok(diesel::delete(k::table.filter(k::session_hash.eq_any(old))).execute(conn)?)
}

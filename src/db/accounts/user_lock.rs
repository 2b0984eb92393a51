//! The lock of a user's row, for rows that reference it.

use diesel::prelude::*;

use crate::db::schema::users;
use crate::db::{DbConnection, Error};
use crate::domain::id::UserId;

/// Keeps a user from being changed or deleted until the commit. False if the user does not exist.
///
/// The lock of a foreign key is not enough on Postgres: a deletion that has removed all rows that reference the user would
/// meet a new one, and fail.
pub(super) fn lock(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    Ok(diesel::update(users::table.find(id)).set(users::role.eq(users::role)).execute(conn)? > 0)
}

/// Like [`lock`]; also false if the user is disabled.
pub(super) fn lock_active(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    let active = users::table.find(id).filter(users::disabled_at.is_null());
    Ok(diesel::update(active).set(users::role.eq(users::role)).execute(conn)? > 0)
}

/// Like [`lock_active`]; also false if the stored hash of the password is another one.
pub(super) fn lock_with_password(conn: &mut DbConnection, id: UserId, password_hash: &str) -> Result<bool, Error> {
    let same =
        users::table.find(id).filter(users::disabled_at.is_null()).filter(users::password_hash.eq(password_hash));
    Ok(diesel::update(same).set(users::role.eq(users::role)).execute(conn)? > 0)
}

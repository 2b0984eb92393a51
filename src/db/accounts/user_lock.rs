//! The lock of a user's row, for rows that reference it.

use diesel::prelude::*;

use crate::db::schema::users;
use crate::db::{DbConnection, Error};
use crate::domain::id::UserId;

/// Keeps a user from being deleted until the commit. False if the user does not exist.
///
/// The lock of a foreign key is not enough on Postgres: a deletion that has removed all rows that reference the user would
/// meet a new one, and fail.
pub(super) fn lock(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    Ok(diesel::update(users::table.find(id)).set(users::role.eq(users::role)).execute(conn)? > 0)
}

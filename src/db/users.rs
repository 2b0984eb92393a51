//! People who sign in.

use diesel::prelude::*;

use super::schema::users;
use super::{DbConnection, Error};
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::{Language, NewUser, Role, User};

#[derive(Queryable)]
struct Row {
    id: i64,
    email: String,
    name: String,
    role: String,
    language: Option<String>,
    time_zone: String,
    password_hash: String,
    disabled_at: Option<i64>,
    created_at: i64,
    last_sign_in_at: Option<i64>,
}

impl Row {
    fn into_user(self) -> Result<User, Error> {
        Ok(User {
            id: self.id,
            email: self.email,
            name: self.name,
            role: Role::parse(&self.role).ok_or(Error::Meaning("role"))?,
            language: self.language.as_deref().and_then(Language::parse),
            time_zone: self.time_zone,
            disabled_at: self.disabled_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            last_sign_in_at: self.last_sign_in_at.map(Timestamp::from_micros),
        })
    }
}

/// Adds a person. A taken e-mail address is an error that `is_taken`.
pub fn insert(conn: &mut DbConnection, user: &NewUser, password_hash: &str, now: Timestamp) -> Result<UserId, Error> {
    Ok(diesel::insert_into(users::table)
        .values((
            users::email.eq(&user.email),
            users::name.eq(&user.name),
            users::role.eq(user.role.as_str()),
            users::language.eq(user.language.map(Language::as_str)),
            users::time_zone.eq(&user.time_zone),
            users::password_hash.eq(password_hash),
            users::created_at.eq(now.micros()),
        ))
        .returning(users::id)
        .get_result(conn)?)
}

/// Nobody has been added yet.
pub fn none_yet(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(users::table.select(users::id).first::<i64>(conn).optional()?.is_none())
}

/// Everyone, by e-mail address.
pub fn list(conn: &mut DbConnection) -> Result<Vec<User>, Error> {
    users::table.order(users::email).load::<Row>(conn)?.into_iter().map(Row::into_user).collect()
}

/// The person of that number, unless disabled.
pub fn active(conn: &mut DbConnection, id: UserId) -> Result<Option<User>, Error> {
    let row = users::table.find(id).filter(users::disabled_at.is_null()).first::<Row>(conn).optional()?;
    row.map(Row::into_user).transpose()
}

/// The person of that e-mail address, disabled or not, and the hash of their password.
pub fn by_email(conn: &mut DbConnection, email: &str) -> Result<Option<(User, String)>, Error> {
    let row = users::table.filter(users::email.eq(email)).first::<Row>(conn).optional()?;
    row.map(|row| {
        let hash = row.password_hash.clone();
        row.into_user().map(|user| (user, hash))
    })
    .transpose()
}

/// Notes a sign-in.
pub fn signed_in(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::last_sign_in_at.eq(Some(now.micros()))).execute(conn)?;
    Ok(())
}

/// Stores a new password's hash and ends every session of that person.
pub fn set_password(conn: &mut DbConnection, id: UserId, password_hash: &str) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(conn)?;
    super::sessions::end_all_of(conn, id)
}

/// Shuts a person out and ends every session of theirs.
pub fn disable(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::disabled_at.eq(Some(now.micros()))).execute(conn)?;
    super::sessions::end_all_of(conn, id)
}

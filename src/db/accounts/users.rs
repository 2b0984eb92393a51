//! People who sign in.

use diesel::prelude::*;

use crate::db::schema::users;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::user::{Language, NewUser, Profile, Role, Theme, User};
use crate::domain::id::UserId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

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
    theme: Option<String>,
}

impl Row {
    fn into_user(self) -> Result<User, Error> {
        Ok(User {
            id: self.id,
            name: text::shown(&self.name).unwrap_or_else(|| self.email.clone()),
            email: self.email,
            role: Role::parse(&self.role).ok_or(Error::Meaning("role"))?,
            language: self.language.as_deref().and_then(Language::parse),
            theme: self.theme.as_deref().and_then(Theme::parse),
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
    let row = users::table.find(id).filter(users::disabled_at.is_null()).get_result::<Row>(conn).optional()?;
    row.map(Row::into_user).transpose()
}

/// The person of that e-mail address, disabled or not, and the hash of their password.
pub fn by_email(conn: &mut DbConnection, email: &str) -> Result<Option<(User, String)>, Error> {
    let row = users::table.filter(users::email.eq(email)).get_result::<Row>(conn).optional()?;
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

/// Stores a new password's hash and ends every session and every link of that person.
pub fn set_password(conn: &mut DbConnection, id: UserId, password_hash: &str, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(conn)?;
    end_ways_in(conn, id, now)
}

/// Stores another hash of the same password; a password that was changed meanwhile stays.
pub fn renew_hash(conn: &mut DbConnection, id: UserId, old: &str, new: &str) -> Result<(), Error> {
    diesel::update(users::table.find(id).filter(users::password_hash.eq(old)))
        .set(users::password_hash.eq(new))
        .execute(conn)?;
    Ok(())
}

/// Stores what a person changed of their own account.
pub fn set_profile(conn: &mut DbConnection, id: UserId, profile: &Profile) -> Result<(), Error> {
    diesel::update(users::table.find(id))
        .set((
            users::name.eq(&profile.name),
            users::language.eq(profile.language.map(Language::as_str)),
            users::time_zone.eq(&profile.time_zone),
            users::theme.eq(profile.theme.map(Theme::as_str)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Shuts a person out and ends every session and every link of theirs.
pub fn disable(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::disabled_at.eq(Some(now.micros()))).execute(conn)?;
    end_ways_in(conn, id, now)
}

fn end_ways_in(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    super::invitations::end_all_of(conn, id)?;
    super::sessions::end_all_of(conn, id, now)
}

/// Lets a person in again. False if there is none.
pub fn enable(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    Ok(diesel::update(users::table.find(id)).set(users::disabled_at.eq(None::<i64>)).execute(conn)? > 0)
}

/// The person of that number, disabled or not.
pub fn find(conn: &mut DbConnection, id: UserId) -> Result<Option<User>, Error> {
    users::table.find(id).first::<Row>(conn).optional()?.map(Row::into_user).transpose()
}

/// What came of a change that may take away the last administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is done.
    Done,
    /// There is no such person.
    NotThere,
    /// Nobody would be left who may do everything.
    LastAdmin,
}

/// Gives a person another role, unless they are the last administrator.
pub fn set_role(conn: &mut DbConnection, id: UserId, role: Role) -> Result<Change, Error> {
    if role != Role::Admin && is_last_admin(conn, id)? {
        return Ok(Change::LastAdmin);
    }
    let changed = diesel::update(users::table.find(id)).set(users::role.eq(role.as_str())).execute(conn)?;
    Ok(if changed > 0 { Change::Done } else { Change::NotThere })
}

/// Shuts a person out, unless they are the last administrator.
pub fn shut_out(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<Change, Error> {
    if find(conn, id)?.is_none() {
        return Ok(Change::NotThere);
    }
    if is_last_admin(conn, id)? {
        return Ok(Change::LastAdmin);
    }
    disable(conn, id, now).map(|()| Change::Done)
}

fn is_last_admin(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    let admin = Role::Admin.as_str();
    let admins = || users::table.filter(users::role.eq(admin)).filter(users::disabled_at.is_null());
    // Postgres holds back another such change until ours is committed; without it two administrators
    // who shut each other out at the same moment would both succeed.
    diesel::update(admins()).set(users::role.eq(admin)).execute(conn)?;
    let left: Vec<i64> = admins().select(users::id).load(conn)?;
    Ok(left == [id])
}

//! Users: the people who sign in.

use diesel::prelude::*;

use super::user_lock;
use crate::db::schema::users;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::user::{Language, NewUser, Profile, Role, Theme, User};
use crate::domain::id::UserId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

#[derive(Queryable)]
struct Row {
    id: UserId,
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
            role: Role::parse(&self.role).ok_or(Error::CorruptValue("role"))?,
            language: self.language.as_deref().and_then(Language::parse),
            theme: self.theme.as_deref().and_then(Theme::parse),
            time_zone: self.time_zone,
            disabled_at: self.disabled_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            last_sign_in_at: self.last_sign_in_at.map(Timestamp::from_micros),
        })
    }
}

/// Adds a user. A unique violation means that another user has the e-mail address.
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

/// Whether there is no user, not even a disabled one.
pub fn is_empty(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(users::table.select(users::id).first::<UserId>(conn).optional()?.is_none())
}

/// All users, with disabled ones, by e-mail address.
pub fn list(conn: &mut DbConnection) -> Result<Vec<User>, Error> {
    users::table.order(users::email).load::<Row>(conn)?.into_iter().map(Row::into_user).collect()
}

/// One user, unless disabled.
pub fn active(conn: &mut DbConnection, id: UserId) -> Result<Option<User>, Error> {
    let row = users::table.find(id).filter(users::disabled_at.is_null()).get_result::<Row>(conn).optional()?;
    row.map(Row::into_user).transpose()
}

/// The user with this e-mail address, also a disabled one, and the hash of the password.
pub fn by_email(conn: &mut DbConnection, email: &str) -> Result<Option<(User, String)>, Error> {
    let row = users::table.filter(users::email.eq(email)).get_result::<Row>(conn).optional()?;
    row.map(|row| {
        let hash = row.password_hash.clone();
        row.into_user().map(|user| (user, hash))
    })
    .transpose()
}

/// Stores the time of a sign-in, and `new`, a hash of the same password. False, and nothing is stored, if the user does
/// not exist or is disabled, or if the stored hash is not `compared`.
pub fn sign_in(conn: &mut DbConnection, id: UserId, compared: &str, new: &str, now: Timestamp) -> Result<bool, Error> {
    let same = users::table.find(id).filter(users::disabled_at.is_null()).filter(users::password_hash.eq(compared));
    let values = (users::last_sign_in_at.eq(Some(now.micros())), users::password_hash.eq(new));
    Ok(diesel::update(same).set(values).execute(conn)? > 0)
}

/// Keeps a user from being changed or deleted until the commit. False if the user does not exist or is disabled.
pub fn lock_active(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    user_lock::lock_active(conn, id)
}

/// Stores the hash of a new password; ends all sessions and deletes all links of the user.
pub fn set_password(conn: &mut DbConnection, id: UserId, password_hash: &str, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(conn)?;
    end_ways_in(conn, id, now)
}

/// Like [`set_password`], if the stored hash is still `compared` and the user is enabled. False otherwise.
pub fn replace_password(
    conn: &mut DbConnection,
    id: UserId,
    compared: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    if !user_lock::lock_with_password(conn, id, compared)? {
        return Ok(false);
    }
    set_password(conn, id, password_hash, now).map(|()| true)
}

/// Stores what users may change of themselves.
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

/// Disables a user; ends all sessions and deletes all links of the user.
pub fn disable(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    diesel::update(users::table.find(id)).set(users::disabled_at.eq(Some(now.micros()))).execute(conn)?;
    end_ways_in(conn, id, now)
}

fn end_ways_in(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    super::invitations::end_all_of(conn, id)?;
    super::sessions::end_all_of(conn, id, now)
}

/// Enables a disabled user. False if the user does not exist.
pub fn enable(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    Ok(diesel::update(users::table.find(id)).set(users::disabled_at.eq(None::<i64>)).execute(conn)? > 0)
}

/// One user, also a disabled one.
pub fn find(conn: &mut DbConnection, id: UserId) -> Result<Option<User>, Error> {
    users::table.find(id).first::<Row>(conn).optional()?.map(Row::into_user).transpose()
}

/// The outcome of a change that must not remove the last administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The change is stored.
    Done,
    /// The user does not exist.
    NotThere,
    /// Refused: no enabled administrator would be left.
    LastAdmin,
}

/// Changes the role of a user, unless the last administrator would lose it.
pub fn set_role(conn: &mut DbConnection, id: UserId, role: Role) -> Result<Change, Error> {
    if role != Role::Admin && is_last_admin(conn, id)? {
        return Ok(Change::LastAdmin);
    }
    let changed = diesel::update(users::table.find(id)).set(users::role.eq(role.as_str())).execute(conn)?;
    Ok(if changed > 0 { Change::Done } else { Change::NotThere })
}

/// Disables a user, unless it is the last administrator.
pub fn disable_unless_last_admin(conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<Change, Error> {
    if find(conn, id)?.is_none() {
        return Ok(Change::NotThere);
    }
    if is_last_admin(conn, id)? {
        return Ok(Change::LastAdmin);
    }
    disable(conn, id, now).map(|()| Change::Done)
}

/// Deletes a user with all sessions, links and kept forms, unless it is the last administrator.
pub fn delete_unless_last_admin(conn: &mut DbConnection, id: UserId) -> Result<Change, Error> {
    if is_last_admin(conn, id)? {
        return Ok(Change::LastAdmin);
    }
    if !user_lock::lock(conn, id)? {
        return Ok(Change::NotThere);
    }
    super::invitations::end_all_of(conn, id)?;
    super::sessions::delete_all_of(conn, id)?;
    diesel::delete(users::table.find(id)).execute(conn)?;
    Ok(Change::Done)
}

fn is_last_admin(conn: &mut DbConnection, id: UserId) -> Result<bool, Error> {
    let admin = Role::Admin.as_str();
    let admins = || users::table.filter(users::role.eq(admin)).filter(users::disabled_at.is_null());
    // Locks the rows on Postgres until the commit: otherwise two administrators who disable each other at the same time
    // would both succeed.
    diesel::update(admins()).set(users::role.eq(admin)).execute(conn)?;
    let left: Vec<UserId> = admins().select(users::id).load(conn)?;
    Ok(left == [id])
}

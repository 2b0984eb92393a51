//! One-time links: invitations of new people, and links to set a new password. Only the hash of a token is stored.

use diesel::prelude::*;

use crate::db::schema::invitations as i;
use crate::db::schema::invitations::dsl::invitations;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::invitation::{Invitation, LIFETIME, NewInvitation};
use crate::domain::accounts::user::Role;
use crate::domain::id::UserId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

#[derive(Queryable)]
struct Row {
    id: i64,
    _token_hash: Vec<u8>,
    email: String,
    name: String,
    role: String,
    user_id: Option<UserId>,
    created_at: i64,
    expires_at: i64,
}

impl Row {
    fn into_invitation(self) -> Result<Invitation, Error> {
        Ok(Invitation {
            id: self.id,
            email: self.email,
            name: text::cleaned(&self.name),
            role: Role::parse(&self.role).ok_or(Error::CorruptValue("role"))?,
            user_id: self.user_id,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}

/// Stores a link that is valid for [`LIFETIME`]. Deletes older links of the same e-mail address, and expired ones.
pub fn replace(conn: &mut DbConnection, new: &NewInvitation, token_hash: &[u8], now: Timestamp) -> Result<(), Error> {
    let old = i::email.eq(&new.email).or(i::expires_at.le(now.micros()));
    diesel::delete(invitations.filter(old)).execute(conn)?;
    diesel::insert_into(invitations)
        .values((
            i::token_hash.eq(token_hash),
            i::email.eq(&new.email),
            i::name.eq(&new.name),
            i::role.eq(new.role.as_str()),
            i::user_id.eq(new.user_id),
            i::created_at.eq(now.micros()),
            i::expires_at.eq(now.after(LIFETIME).micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The links that have not expired, by e-mail address.
pub fn open(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Invitation>, Error> {
    let rows: Vec<Row> = invitations.filter(i::expires_at.gt(now.micros())).order(i::email).load(conn)?;
    rows.into_iter().map(Row::into_invitation).collect()
}

/// The link with this hash, unless it has expired.
pub fn find(conn: &mut DbConnection, token_hash: &[u8], now: Timestamp) -> Result<Option<Invitation>, Error> {
    let good = invitations.filter(i::token_hash.eq(token_hash)).filter(i::expires_at.gt(now.micros()));
    good.first::<Row>(conn).optional()?.map(Row::into_invitation).transpose()
}

/// Deletes a link. True for one caller only: of two that use the link at the same time, one finds the row.
pub fn end(conn: &mut DbConnection, id: i64) -> Result<bool, Error> {
    Ok(diesel::delete(invitations.find(id)).execute(conn)? > 0)
}

/// Deletes the links to a new password of this user.
pub fn end_all_of(conn: &mut DbConnection, user: UserId) -> Result<(), Error> {
    diesel::delete(invitations.filter(i::user_id.eq(user))).execute(conn)?;
    Ok(())
}

//! API tokens. Only the hash and the first characters of a token are stored.

use std::collections::HashSet;
use std::time::Duration;

use diesel::prelude::*;

use crate::db::schema::api_tokens as t;
use crate::db::schema::api_tokens::dsl::api_tokens;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::api_token::{Scopes, Token};
use crate::domain::id::TokenId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

#[derive(Queryable)]
struct Row {
    id: TokenId,
    name: String,
    scopes: String,
    prefix: String,
    _token_hash: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl Row {
    fn into_token(self) -> Result<Token, Error> {
        Ok(Token {
            id: self.id,
            name: text::shown(&self.name).unwrap_or_else(|| self.prefix.clone()),
            scopes: Scopes::parse(&self.scopes).ok_or(Error::CorruptValue("scopes"))?,
            prefix: self.prefix,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
            last_used_at: self.last_used_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
        })
    }
}

/// A token to be added.
pub struct NewToken {
    /// For people.
    pub name: String,
    /// The requests that it allows.
    pub scopes: Scopes,
    /// The secret text of the token.
    pub text: String,
    /// From this time on it is refused; `None` if it never expires.
    pub expires_at: Option<Timestamp>,
}

/// Adds a token.
pub fn insert(conn: &mut DbConnection, new: &NewToken, now: Timestamp) -> Result<TokenId, Error> {
    Ok(diesel::insert_into(api_tokens)
        .values((
            t::name.eq(&new.name),
            t::scopes.eq(new.scopes.joined(" ")),
            t::prefix.eq(new.text.chars().take(9).collect::<String>()),
            t::token_hash.eq(crate::domain::accounts::api_token::hash(&new.text)),
            t::created_at.eq(now.micros()),
            t::expires_at.eq(new.expires_at.map(Timestamp::micros)),
        ))
        .returning(t::id)
        .get_result(conn)?)
}

/// The token with this hash, also a revoked or expired one.
pub fn by_hash(conn: &mut DbConnection, token_hash: &[u8]) -> Result<Option<Token>, Error> {
    let row = api_tokens.filter(t::token_hash.eq(token_hash)).get_result::<Row>(conn).optional()?;
    row.map(Row::into_token).transpose()
}

/// Those of the tokens that exist and are not revoked.
pub fn active(conn: &mut DbConnection, ids: &HashSet<TokenId>) -> Result<HashSet<TokenId>, Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let active = api_tokens.filter(t::id.eq_any(ids)).filter(t::revoked_at.is_null()).select(t::id);
    Ok(active.load(conn)?.into_iter().collect())
}

/// Whether a use at `now` has to be stored: at most one write a minute.
pub fn is_use_stored(token: &Token, now: Timestamp) -> bool {
    token.last_used_at.is_none_or(|last| now.since(last) >= Duration::from_secs(60))
}

/// Stores the time of the last use.
pub fn set_last_used(conn: &mut DbConnection, id: TokenId, now: Timestamp) -> Result<(), Error> {
    diesel::update(api_tokens.find(id)).set(t::last_used_at.eq(Some(now.micros()))).execute(conn)?;
    Ok(())
}

/// One token, also a revoked or expired one.
pub fn find(conn: &mut DbConnection, id: TokenId) -> Result<Option<Token>, Error> {
    api_tokens.find(id).first::<Row>(conn).optional()?.map(Row::into_token).transpose()
}

/// Whether a token was ever created.
pub fn any(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(api_tokens.select(t::id).first::<TokenId>(conn).optional()?.is_some())
}

/// All tokens, also revoked and expired ones, oldest first.
pub fn list(conn: &mut DbConnection) -> Result<Vec<Token>, Error> {
    api_tokens.order(t::id).load::<Row>(conn)?.into_iter().map(Row::into_token).collect()
}

/// Revokes a token. False if it does not exist or was revoked before.
pub fn revoke(conn: &mut DbConnection, id: TokenId, now: Timestamp) -> Result<bool, Error> {
    let active = api_tokens.find(id).filter(t::revoked_at.is_null());
    Ok(diesel::update(active).set(t::revoked_at.eq(Some(now.micros()))).execute(conn)? > 0)
}

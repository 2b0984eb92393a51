//! Who calls the API: a token in `Authorization: Bearer`, `api_access_token` or `Api-Access-Token`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::clock;
use crate::db::{self, tokens};
use crate::domain::id::TokenId;
use crate::domain::token::{self, Scope, Token};
use crate::http::State;

/// Why a caller is not let in.
#[derive(Debug)]
pub enum Denied {
    /// No token.
    None,
    /// Unknown, revoked or expired.
    Bad,
    /// The token may not do that.
    Scope,
    /// The database does not answer.
    Database(db::Error),
}

impl From<db::Error> for Denied {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

/// The caller's token, if it is good and one of `scopes`.
pub async fn caller(state: &State, request: &HttpRequest, scopes: &[Scope]) -> Result<Token, Denied> {
    let text = token_of(request).ok_or(Denied::None)?;
    let hash = token::hash(text);
    let now = clock::now();
    let found = state.db.read(move |conn| tokens::by_hash(conn, &hash)).await?;
    let token = found.filter(|token| token.is_good(now)).ok_or(Denied::Bad)?;
    if tokens::is_worth_noting(&token, now) {
        let (id, db) = (token.id, state.db.clone());
        // Not waited for: a caller that only reads needs no writer.
        actix_web::rt::spawn(async move { db.write(move |conn| tokens::used(conn, id, now)).await });
    }
    if scopes.contains(&token.scope) { Ok(token) } else { Err(Denied::Scope) }
}

/// Tokens that have sent events, by their hashes: who sends many is not looked up each time. Whether they still stand
/// is asked in the transaction that stores the event.
#[derive(Default)]
pub struct Senders(Mutex<HashMap<Vec<u8>, Token>>);

/// Tokens that are remembered; beyond it all are forgotten.
const REMEMBERED: usize = 1000;

impl Senders {
    /// Not good any more.
    pub fn forget(&self, hash: &[u8]) {
        self.lock().remove(hash);
    }

    fn get(&self, hash: &[u8]) -> Option<Token> {
        self.lock().get(hash).cloned()
    }

    fn remember(&self, hash: Vec<u8>, token: Token) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number and the hash of a token that may send events.
pub async fn sender(state: &State, request: &HttpRequest) -> Result<(TokenId, Vec<u8>), Denied> {
    let hash = token::hash(token_of(request).ok_or(Denied::None)?);
    let now = clock::now();
    let known = state.senders.get(&hash);
    if let Some(token) = known.filter(|token| token.is_good(now) && !tokens::is_worth_noting(token, now)) {
        return Ok((token.id, hash));
    }
    let mut token = caller(state, request, &[Scope::Ingest, Scope::Admin]).await?;
    token.last_used_at = Some(now);
    let id = token.id;
    state.senders.remember(hash.clone(), token);
    Ok((id, hash))
}

/// Rack, which Chatwoot stands on, does not tell `_` from `-`, and nginx drops names with `_`.
fn token_of(request: &HttpRequest) -> Option<&str> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    bearer
        .or_else(|| header("api_access_token"))
        .or_else(|| header("api-access-token"))
        .filter(|token| !token.is_empty())
}

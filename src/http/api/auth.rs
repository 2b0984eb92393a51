//! Authentication of the API: a token in `Authorization: Bearer`, `api_access_token` or `Api-Access-Token`; for ingest
//! also as the password of `Authorization: Basic`.

use std::time::{Duration, Instant};

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage, HttpRequest};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::permissions::Needed;
use crate::db::accounts::tokens;
use crate::domain::accounts::api_token::{self, Scope, Token};
use crate::domain::accounts::request_limit::Quota;
use crate::domain::id::TokenId;
use crate::http::State;
use crate::http::middleware::request_log;
use crate::http::request::{local_peer, page_context};
use crate::{clock, db};

/// Why a request is refused.
#[derive(Debug)]
pub enum Denied {
    /// No token.
    None,
    /// The token is unknown, revoked or expired.
    Bad,
    /// The token lacks this scope.
    Scope(Scope),
    /// A limit is reached: too many requests of the token, or wrong tokens of the address.
    TooMany(Duration),
    /// The token could not be looked up.
    Database(db::Error),
}

impl From<db::Error> for Denied {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

/// The token of the request, if it is valid, within its rate, and allows what is needed.
pub async fn caller(state: &State, request: &HttpRequest, needed: Needed) -> Result<Token, Denied> {
    let text = token_of(request).ok_or(Denied::None)?;
    let token = find(state, request, &api_token::hash(text)).await?;
    take_one(state, request, token.id)?;
    allowed(token, needed)
}

/// What is left of the rate of a request's token.
#[derive(Clone, Copy)]
pub struct Left(pub Quota);

/// Counts the request against the rate of its token, once.
fn take_one(state: &State, request: &HttpRequest, token: TokenId) -> Result<(), Denied> {
    /// The request was counted.
    struct Counted;
    if local_peer::is_local(request) || request.extensions_mut().insert(Counted).is_some() {
        return Ok(());
    }
    match state.api_limits.take(token, Instant::now()) {
        Ok(None) => Ok(()),
        Ok(Some(quota)) => {
            request.extensions_mut().insert(Left(quota));
            Ok(())
        }
        Err(wait) => {
            request.extensions_mut().insert(Left(Quota { remaining: 0, full_in: wait }));
            Err(Denied::TooMany(wait))
        }
    }
}

fn allowed(token: Token, needed: Needed) -> Result<Token, Denied> {
    let Some(missing) = needed.missing(token.scopes) else { return Ok(token) };
    tracing::debug!(reason = "scope", scopes = token.scopes.joined(" "), "token refused");
    Err(Denied::Scope(missing))
}

/// Why a wrong token is refused. It is counted for the address of the client; a right token never is refused for that.
fn wrong(state: &State, request: &HttpRequest, reason: &str) -> Denied {
    tracing::debug!(reason, "token refused");
    if local_peer::is_local(request) {
        return Denied::Bad;
    }
    let address = page_context::client(state, request);
    state.api_limits.count_wrong(address, Instant::now()).map_or_else(Denied::TooMany, |()| Denied::Bad)
}

/// The token with that hash, if it is valid.
async fn find(state: &State, request: &HttpRequest, hash: &[u8]) -> Result<Token, Denied> {
    let now = clock::now();
    let hash = hash.to_vec();
    let found = state.db.read(move |conn| tokens::by_hash(conn, &hash)).await?;
    let Some(token) = found else { return Err(wrong(state, request, "unknown")) };
    request_log::record_token(token.id);
    if !token.is_active(now) {
        return Err(wrong(state, request, "revoked or expired"));
    }
    if tokens::is_use_stored(&token, now) {
        let (id, db) = (token.id, state.db.clone());
        // Not awaited: a request that only reads does not wait for the writer.
        actix_web::rt::spawn(async move { db.write(move |conn| tokens::set_last_used(conn, id, now)).await });
    }
    // For the middleware that reduces answers.
    request.extensions_mut().insert(token.scopes);
    Ok(token)
}

/// Returns id and hash of the request's token, if it may send events.
pub async fn sender(state: &State, request: &HttpRequest) -> Result<(TokenId, Vec<u8>), Denied> {
    let hash = match (token_of(request), authorization(request, "basic")) {
        (Some(token), _) => api_token::hash(token),
        (None, Some(pair)) => api_token::hash(&password(pair).ok_or(Denied::Bad)?),
        (None, None) => return Err(Denied::None),
    };
    let now = clock::now();
    let known = state.ingest_tokens.get(&hash);
    if let Some(token) = known.filter(|token| token.is_active(now) && !tokens::is_use_stored(token, now)) {
        request_log::record_token(token.id);
        return Ok((token.id, hash));
    }
    let mut token = allowed(find(state, request, &hash).await?, Needed::Scope(Scope::Ingest))?;
    token.last_used_at = Some(now);
    let id = token.id;
    state.ingest_tokens.remember(hash.clone(), token);
    Ok((id, hash))
}

/// Rack, on which Chatwoot runs, treats `_` and `-` in header names alike, so clients send either; nginx drops names
/// with `_`.
fn token_of(request: &HttpRequest) -> Option<&str> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    authorization(request, "bearer")
        .or_else(|| header("api_access_token"))
        .or_else(|| header("api-access-token"))
        .filter(|token| !token.is_empty())
}

/// The credentials after `scheme` in `Authorization`.
fn authorization<'a>(request: &'a HttpRequest, scheme: &str) -> Option<&'a str> {
    let (given, rest) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// Accepts base64 with and without padding: senders differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The password of Basic credentials (RFC 7617 §2), with any user name. Most help desks cannot set a header, but send
/// the credentials of a URL such as `https://x:TOKEN@host/api/v1/events`.
fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64.decode(pair).ok()?).ok()?;
    let (_, password) = pair.split_once(':')?;
    Some(password.to_owned()).filter(|password| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::password;

    #[test]
    fn the_password_of_basic_credentials_is_read_with_any_user_name() {
        for (pair, expected) in [
            ("eDpoa190b2tlbg==", Some("hk_token")),
            ("eDpoa190b2tlbg", Some("hk_token")),
            ("OmhrX3Rva2Vu", Some("hk_token")),
            ("0L7Qu9GPOmE6Yg==", Some("a:b")),
            ("eDo=", None),
            ("eA==", None),
            ("", None),
            ("%%%", None),
            ("eDpoa190b2tlbg= =", None),
            ("eDr/", None),
        ] {
            assert_eq!(password(pair).as_deref(), expected, "{pair}");
        }
    }
}

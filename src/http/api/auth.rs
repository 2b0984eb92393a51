//! Authentication of the API: a token in `Authorization: Bearer`, `api_access_token` or `Api-Access-Token`; for ingest
//! also as the password of `Authorization: Basic`.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::permissions::Needed;
use crate::db::accounts::tokens;
use crate::domain::accounts::api_token::{self, Scope, Token};
use crate::domain::id::TokenId;
use crate::http::State;
use crate::http::middleware::request_log;
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
    /// The token could not be looked up.
    Database(db::Error),
}

impl From<db::Error> for Denied {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

/// The token of the request, if it is valid and allows what is needed.
pub async fn caller(state: &State, request: &HttpRequest, needed: Needed) -> Result<Token, Denied> {
    let text = token_of(request).ok_or(Denied::None)?;
    find(state, &api_token::hash(text), needed).await
}

/// The token of the request, if it is valid, whatever its scopes.
pub async fn any_token(state: &State, request: &HttpRequest) -> Result<Token, Denied> {
    caller(state, request, Needed::Token).await
}

/// The token with that hash, if it is valid and allows what is needed.
async fn find(state: &State, hash: &[u8], needed: Needed) -> Result<Token, Denied> {
    let now = clock::now();
    let hash = hash.to_vec();
    let found = state.db.read(move |conn| tokens::by_hash(conn, &hash)).await?;
    let Some(token) = found else {
        tracing::debug!(reason = "unknown", "token refused");
        return Err(Denied::Bad);
    };
    request_log::record_token(token.id);
    if !token.is_active(now) {
        tracing::debug!(reason = "revoked or expired", "token refused");
        return Err(Denied::Bad);
    }
    if tokens::is_use_stored(&token, now) {
        let (id, db) = (token.id, state.db.clone());
        // Not awaited: a request that only reads does not wait for the writer.
        actix_web::rt::spawn(async move { db.write(move |conn| tokens::set_last_used(conn, id, now)).await });
    }
    match needed.missing(token.scopes) {
        None => Ok(token),
        Some(missing) => {
            tracing::debug!(reason = "scope", scopes = token.scopes.joined(" "), "token refused");
            Err(Denied::Scope(missing))
        }
    }
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
    let mut token = find(state, &hash, Needed::Scope(Scope::Ingest)).await?;
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

//! `GET /api/v1/token`: a token about itself, whatever it may do otherwise.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::domain::accounts::api_token::Token;
use crate::http::api::management::Caller;

/// The token of the request.
pub async fn show(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "payload": { "token": shape(&caller.token) } }))
}

/// A token, without its secret.
pub fn shape(token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    })
}

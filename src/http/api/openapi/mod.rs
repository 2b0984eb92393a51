//! `GET /api/v1/openapi.json`: OpenAPI 3.1 of the whole API, built from the enums and names that the handlers use.
//!
//! A test compares it with the route table, and answers with its schemas (tests/api/every_request/openapi.rs).

mod accounts;
mod answer;
mod deliveries;
mod document;
mod errors;
mod events;
mod examples;
mod ids;
mod inboxes;
mod lists;
mod operation;
mod recoveries;
mod schema;
mod system;
mod users;
mod webhooks;

use std::sync::OnceLock;

use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, Header, IfNoneMatch};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::names::{self, NoParameters};
use crate::domain::hex::hex;
use crate::http::State;

/// The document and its entity tag, made by the first request.
static BUILT: OnceLock<(Bytes, EntityTag)> = OnceLock::new();

/// Answers with the document, without a token: it holds no secret. Caches ask each time whether it is the current one.
pub async fn show(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    names::query::<NoParameters>(request.query_string())?;
    let (text, tag) = BUILT.get_or_init(|| built(state.public.as_str()));
    let is_known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    };
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, "no-cache")).insert_header(ETag(tag.clone()));
    Ok(if is_known { response.finish() } else { response.content_type("application/json").body(text.clone()) })
}

/// The tag is weak, because the document is sent compressed, too (RFC 9110 §8.8.3.3).
fn built(public_url: &str) -> (Bytes, EntityTag) {
    let text = document::document(public_url).to_json().unwrap_or_default();
    let hash = Sha256::digest(text.as_bytes());
    (Bytes::from(text), EntityTag::new_weak(hex(hash.get(..8).unwrap_or_default())))
}

//! `Expect: 100-continue` (RFC 9110 §10.1.1): a body whose declared length is too large is refused before it is sent.

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH};

use super::{error_bodies, error_pages, security_headers};
use crate::domain::accounts::user::Language;
use crate::domain::events::batch;
use crate::http::State;
use crate::http::api::chatwoot;
use crate::http::api::error::ApiError;
use crate::http::api::events::ingest_error::IngestError;
use crate::http::api::management;
use crate::http::request::form_limits::FormLimits;
use crate::http::request::request_id::RequestId;
use crate::i18n::negotiate;

/// Returns the request, or the refusal of one whose declared length is too large.
pub fn check(state: &State, request: Request) -> Result<Request, Box<HttpResponse>> {
    let length =
        request.head().headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let path = request.path();
    let id = RequestId::read(request.head().headers());
    let is_larger = |limit: usize| length.is_some_and(|length| length > limit as u64);
    let refusal = if path == "/api/v1/events" {
        // Only the body itself shows whether it is a batch.
        if !is_larger(batch::BYTES_MAX) {
            return Ok(request);
        }
        IngestError::body_too_large().error_response()
    } else if path.starts_with("/ingest/") {
        if !is_larger(chatwoot::BODY_BYTES_MAX) {
            return Ok(request);
        }
        IngestError::too_large(chatwoot::BODY_BYTES_MAX).error_response()
    } else if path.starts_with("/api/") && is_larger(management::BODY_MAX_BYTES) {
        ApiError::too_large().answer()
    } else if !path.starts_with("/api/") && is_larger(FormLimits::of_path(path, state.web.max_payload).bytes) {
        let accepted = request.head().headers().get(ACCEPT_LANGUAGE).and_then(|value| negotiate(value.to_str().ok()?));
        error_pages::too_large(accepted.unwrap_or(Language::En), path, id.as_str())
    } else {
        return Ok(request);
    };
    let mut refusal = error_bodies::complete(refusal, &id);
    security_headers::put(refusal.headers_mut(), state.is_secure(), &id);
    Err(Box::new(refusal))
}

//! A span for each request, and at `debug` one line (docs/reference/logging.md).

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, info_span};

use crate::domain::id::{TokenId, UserId};
use crate::http::request::request_id::RequestId;

/// Runs the request in its span. The line has the pattern of the route, never the path or the query: these may hold the
/// secret of a link.
pub async fn log<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let id = RequestId::read(request.headers());
    request.extensions_mut().insert(id.clone());
    let span =
        info_span!("request", request_id = id.as_str(), method = %request.method(), user_id = Empty, token_id = Empty);
    if span.is_disabled() {
        return next.call(request).await;
    }
    let begun = Instant::now();
    let answered = next.call(request).instrument(span.clone()).await;
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let _entered = span.enter();
    match &answered {
        Ok(response) => {
            let route = response.request().match_pattern().unwrap_or_default();
            debug!(route, status = response.status().as_u16(), duration_ms, "request answered");
        }
        Err(error) => debug!(%error, duration_ms, "request failed"),
    }
    answered
}

/// Adds the signed-in user to the span.
pub fn record_user(id: UserId) {
    Span::current().record("user_id", id.0);
}

/// Adds the token of an API request to the span.
pub fn record_token(id: TokenId) {
    Span::current().record("token_id", id.0);
}

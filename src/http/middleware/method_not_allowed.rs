//! Gives 405 of the API a body in the form of its other errors, 401 of ingest a second challenge, and answers of the
//! management API the limit of the token.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};

use crate::domain::accounts::request_limit::{Quota, Rate, WINDOW_S};
use crate::http::State;
use crate::http::api::auth::Left;
use crate::http::api::error::{ApiError, whole_seconds};
use crate::http::api::error_code::Code;
use crate::http::api::events::ingest_error::IngestError;

/// For the management API: 405 with a body, and the limit of the token.
pub async fn of_management(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let rate = request.app_data::<Data<State>>().and_then(|state| state.api_limits.rate);
    let response = next.call(request).await?;
    let error = ApiError::plain(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, "Method not allowed");
    let left = response.request().extensions().get::<Left>().copied();
    let mut response = with_body(response, || error.answer());
    if let (Some(rate), Some(left)) = (rate, left) {
        put_rate(response.headers_mut(), rate, left.0);
    }
    Ok(response)
}

/// Adds the limit of the token and what is left of it (draft-ietf-httpapi-ratelimit-headers-10).
fn put_rate(headers: &mut HeaderMap, rate: Rate, left: Quota) {
    let policy = format!("\"token\";q={};w={WINDOW_S}", rate.burst());
    let state = format!("\"token\";r={};t={}", left.remaining, whole_seconds(left.full_in));
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// A second challenge, for senders that hold back the credentials of their URL until they are asked for them (RFC 9110
/// §11.6.1). Browsers do not get it, because they would open a password dialog; they send `Origin` with every POST.
const BASIC_CHALLENGE: &str = "Basic realm=\"Hachok\", charset=\"UTF-8\"";

/// For ingest: 405 with a body, and the Basic challenge beside 401.
pub async fn of_ingest(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let browser = request.headers().contains_key(ORIGIN) || request.headers().contains_key("sec-fetch-site");
    let mut response = with_body(next.call(request).await?, || IngestError::method().error_response());
    if response.status() == StatusCode::UNAUTHORIZED && !browser {
        response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(BASIC_CHALLENGE));
    }
    Ok(response)
}

/// Replaces a response with status 405 by `answer`, and keeps its `Allow`.
fn with_body(
    response: ServiceResponse<impl MessageBody + 'static>,
    answer: impl FnOnce() -> HttpResponse,
) -> ServiceResponse<BoxBody> {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response.map_into_boxed_body();
    }
    let mut answer = answer();
    if let Some(allowed) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allowed.clone());
    }
    response.into_response(answer)
}

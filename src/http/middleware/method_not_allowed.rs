//! Gives 405 of the API a body in the form of its other errors, and 401 of ingest a second challenge.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};

use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::events::ingest_error::IngestError;

/// For the management API.
pub async fn of_management(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let error = ApiError::plain(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, "Method not allowed");
    Ok(with_body(response, || error.answer()))
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

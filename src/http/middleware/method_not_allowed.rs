//! 405 with a body: a program is told what is wrong in the shape of its other errors. And the challenge of ingest.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};

use crate::http::api::events::ingest_error::IngestError;
use crate::http::api::management::ApiError;

/// A method that the management API does not know there.
pub async fn of_management(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    Ok(told(response, || ApiError::plain(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed").answer()))
}

/// A second challenge for senders that hold back the credentials of their URL until they are asked for them (RFC 9110
/// §11.6.1). Not for browsers, which would open a window and ask their user: they send `Origin` with every POST.
const BASIC: &str = "Basic realm=\"Hachok\", charset=\"UTF-8\"";

/// A method that ingest does not know; who is asked for a token is told that Basic will do.
pub async fn of_ingest(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let browser = request.headers().contains_key(ORIGIN) || request.headers().contains_key("sec-fetch-site");
    let mut response = told(next.call(request).await?, || IngestError::method().error_response());
    if response.status() == StatusCode::UNAUTHORIZED && !browser {
        response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(BASIC));
    }
    Ok(response)
}

fn told(
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

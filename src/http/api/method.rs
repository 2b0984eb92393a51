//! 405 with a body: a program is told what is wrong in the shape of its other errors.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};

use super::management::ApiError;
use super::problem::IngestError;

/// A method that the management API does not know there.
pub async fn of_management(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    Ok(told(response, || ApiError::plain(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed").answer()))
}

/// A method that ingest does not know.
pub async fn of_ingest(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    Ok(told(next.call(request).await?, || IngestError::method().error_response()))
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

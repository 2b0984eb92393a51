//! Adds the bodies to errors of the API. They have the id of the request, which an error itself does not know.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::http::api::error::ApiError;
use crate::http::api::events::ingest_error::IngestError;
use crate::http::request::request_id::{self, RequestId};

/// Adds the body to a response that holds an error of the API. Other responses pass.
pub async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id::of(request.request());
    let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
    Ok(ServiceResponse::new(request, complete(response, &id)))
}

/// The response with its body, for one that is made outside of the middleware.
pub fn complete(response: HttpResponse, id: &RequestId) -> HttpResponse {
    let management = response.extensions().get::<ApiError>().map(|error| ("application/json", error.body(id.as_str())));
    let ingest = || {
        let held = response.extensions();
        held.get::<IngestError>().map(|error| ("application/problem+json", error.body(id.as_str())))
    };
    let Some((kind, body)) = management.or_else(ingest) else { return response };
    response.map_body(|head, _| {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        BoxBody::new(body.to_string())
    })
}

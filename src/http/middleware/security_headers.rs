//! Headers of every response: security (docs/reference/security.md, "Response headers"), and the id of the request.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};

use crate::http::State;
use crate::http::request::request_id::{self, RequestId};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers. A response without `Cache-Control` gets `no-store`.
pub async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let secure = request.app_data::<Data<State>>().is_some_and(|state| state.is_secure());
    let id = request_id::of(request.request());
    match next.call(request).await {
        Ok(mut response) => {
            put(response.headers_mut(), secure, &id);
            Ok(response)
        }
        Err(error) => Err(Failed { error, secure, id }.into()),
    }
}

/// Adds the headers to a response that is made outside of the middleware.
pub fn put(headers: &mut HeaderMap, secure: bool, id: &RequestId) {
    id.put(headers);
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// An error whose response actix makes later, outside of the middleware; adds the headers then.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Failed {
    error: Error,
    secure: bool,
    id: RequestId,
}

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.error.error_response();
        put(response.headers_mut(), self.secure, &self.id);
        response
    }
}

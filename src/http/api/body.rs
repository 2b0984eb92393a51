//! JSON bodies.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

pub use crate::http::body::{Unread, read};

/// The body claims to be JSON, with any parameters.
pub fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

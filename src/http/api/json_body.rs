//! Checks the headers of JSON bodies.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};

pub use crate::http::request::body::{Gathering, Incomplete, Unread, read};

/// The content type is `application/json`, with any parameters.
pub fn is_json(request: &HttpRequest) -> bool {
    is_of_type(request, "application/json")
}

/// The content type is `application/x-ndjson`, with any parameters.
pub fn is_ndjson(request: &HttpRequest) -> bool {
    is_of_type(request, "application/x-ndjson")
}

fn is_of_type(request: &HttpRequest, name: &str) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(name))
}

/// The first content coding of the body that is not supported (RFC 9110 §8.4): any except `identity`.
pub fn unread_coding(request: &HttpRequest) -> Option<String> {
    let listed = request.headers().get_all(CONTENT_ENCODING);
    let texts = listed.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let all = texts.collect::<Vec<_>>().join(",");
    let other = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    all.split(',').map(str::trim).find(other).map(ToOwned::to_owned)
}

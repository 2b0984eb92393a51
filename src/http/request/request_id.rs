//! The id of a request: the caller's `X-Request-Id`, or a random one. It is in the answer, in log lines and on error pages,
//! so that all three can be found from each other.

use std::rc::Rc;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

use crate::clock;
use crate::domain::hex::hex;

/// The header, of requests and of answers.
pub const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a caller.
const TAKEN_MAX_BYTES: usize = 64;

/// The id of a request: 1 to 64 visible ASCII characters.
#[derive(Clone, Debug)]
pub struct RequestId(Rc<str>);

impl RequestId {
    /// The id in these headers of a request, if there is one that can be taken; otherwise a new one.
    pub fn read(headers: &HeaderMap) -> Self {
        Self(taken(headers).map_or_else(|| hex(&clock::random::<16>()).into(), Into::into))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds the id to the headers of the answer.
    pub fn put(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            headers.insert(NAME, value);
        }
    }
}

fn taken(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(&NAME);
    let (Some(only), None) = (given.next(), given.next()) else { return None };
    let text = only.to_str().ok()?;
    let fits = (1..=TAKEN_MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(text)
}

/// The id of a request that has passed [`crate::http::middleware::request_log`].
pub fn of(request: &HttpRequest) -> RequestId {
    let known = request.extensions().get::<RequestId>().cloned();
    known.unwrap_or_else(|| RequestId::read(request.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).expect("a value"));
        }
        headers
    }

    #[test]
    fn the_id_of_the_caller_is_taken_if_it_is_short_visible_ascii_and_the_only_one() {
        let longest = "a".repeat(64);
        for id in ["abc-123", "7", "<b>&\"~", longest.as_str()] {
            assert_eq!(RequestId::read(&headers(&[id.as_bytes()])).as_str(), id);
        }
        let too_long = "a".repeat(65);
        let refused: [&[&[u8]]; 7] =
            [&[], &[b""], &[b"a b"], &[b"a\tb"], &[b"\xc3\xa4"], &[b"a", b"b"], &[too_long.as_bytes()]];
        for given in refused {
            let made = RequestId::read(&headers(given));
            assert!(
                made.as_str().len() == 32 && made.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{given:?}"
            );
        }
    }
}

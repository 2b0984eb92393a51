//! Rewrites the request line before routing: API paths get one spelling, HEAD becomes GET without a body. Answers
//! OPTIONS.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse, Url};
use actix_web::http::header::{ACCEPT_LANGUAGE, ALLOW, COOKIE, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

/// All methods of all routes, for `OPTIONS *` (RFC 9110 §9.3.7).
const ALL_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Marks a request that came as HEAD. Handlers see GET.
struct CameAsHead;

/// The request came as HEAD: no client reads the body, so a value that is shown once must stay for the next GET.
pub fn is_head(request: &HttpRequest) -> bool {
    request.extensions().contains::<CameAsHead>()
}

/// Rewrites the request line before guards and routes, and the answers to HEAD and OPTIONS after them.
pub async fn read(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(uri) = canonical(request.uri()) {
        request.match_info_mut().set(Url::new(uri.clone()));
        request.head_mut().uri = uri;
    }
    let method = request.method().clone();
    if method == Method::OPTIONS && request.path() == "*" {
        return Ok(request.into_response(allowing(HeaderValue::from_static(ALL_METHODS))));
    }
    if method == Method::OPTIONS {
        // The answer does not depend on the user: without cookie and language no session and no setting is loaded, so
        // that load balancers get it without the database.
        request.headers_mut().remove(COOKIE);
        request.headers_mut().insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    }
    if method == Method::HEAD {
        // Routes register only GET, so that none can lack HEAD (RFC 9110 §9.1 requires both).
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(CameAsHead);
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    let allowed = response.headers().get(ALLOW).and_then(with_head_and_options);
    if let Some(allowed) = allowed {
        if method == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(response.into_response(allowing(allowed)));
        }
        response.headers_mut().insert(ALLOW, allowed);
    }
    if method == Method::HEAD {
        return Ok(response.map_body(|_, body| BoxBody::new(Unsent(body.size()))));
    }
    Ok(response)
}

/// Has no CORS headers: no other origin may use the API from a browser.
fn allowing(methods: HeaderValue) -> HttpResponse {
    HttpResponse::NoContent().insert_header((ALLOW, methods)).finish()
}

/// Adds HEAD and OPTIONS, which are answered here, to the methods that a route registered.
fn with_head_and_options(routed: &HeaderValue) -> Option<HeaderValue> {
    let mut methods: Vec<&str> = Vec::new();
    for method in routed.to_str().ok()?.split(',').map(str::trim) {
        methods.push(method);
        if method == "GET" {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    HeaderValue::from_str(&methods.join(", ")).ok()
}

/// A body that is not sent; its size is that of `content-length`.
struct Unsent(BodySize);

impl MessageBody for Unsent {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(None)
    }
}

/// The URI with the canonical spelling of an API path; `None` if nothing changes.
fn canonical(uri: &Uri) -> Option<Uri> {
    let path = api_path(uri.path())?;
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// The canonical spelling of a path at or below `/api`: single slashes, none at the end, no escaped letters. `None` for
/// other paths, and if the path has this spelling already.
fn api_path(path: &str) -> Option<String> {
    let plain = without_needless_escapes(path);
    let mut spelled = String::with_capacity(plain.len());
    for segment in plain.split('/').filter(|segment| !segment.is_empty()) {
        spelled.push('/');
        spelled.push_str(segment);
    }
    let is_api = spelled == "/api" || spelled.starts_with("/api/");
    (is_api && spelled != path).then_some(spelled)
}

/// Decodes escapes of unreserved characters: both spellings are the same path (RFC 3986 §6.2.2.2), and routes match the
/// decoded one. Other escapes stay, `%2F` above all. A path with a malformed escape stays as it is.
fn without_needless_escapes(path: &str) -> Cow<'_, str> {
    let mut pieces = path.split('%');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((digits, rest)) = piece.split_at_checked(2) else { return Cow::Borrowed(path) };
        let Ok(byte) = u8::from_str_radix(digits, 16) else { return Cow::Borrowed(path) };
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
            plain.push_str(rest);
        } else {
            plain.push('%');
            plain.push_str(piece);
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_api_have_one_spelling() {
        for (typed, spelled) in [
            ("/api/", "/api"),
            ("//api", "/api"),
            ("/api/v1/events/", "/api/v1/events"),
            ("/api//v1///events//", "/api/v1/events"),
            ("//api//v1/accounts/1/webhooks/7/", "/api/v1/accounts/1/webhooks/7"),
            ("/%61pi/v1/profile", "/api/v1/profile"),
            ("/a%70%69//v1/%70rofile/", "/api/v1/profile"),
            ("/api/v1%2Fprofile/", "/api/v1%2Fprofile"),
            ("/api/v1/%2F/", "/api/v1/%2F"),
            ("/api/v1/%2561/", "/api/v1/%2561"),
        ] {
            assert_eq!(api_path(typed).as_deref(), Some(spelled), "{typed}");
        }
    }

    #[test]
    fn other_paths_stay_as_they_are() {
        for path in ["/", "//", "/apis/", "/apix//v1", "//webhooks/", "/webhooks//1", "/api%2Fv1/", "*", "", "/x/api/"]
        {
            assert_eq!(api_path(path), None, "{path}");
        }
        for path in ["/api", "/api/v1/profile", "/api/v1/a%2Fb", "/api/.", "/api/%%361", "/api/%6", "/api/%zz"] {
            assert_eq!(api_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_query_stays_as_it_is() {
        let uri = |text: &str| Uri::try_from(text).expect("a URI");
        assert_eq!(canonical(&uri("//api//?q=//a/%61")), Some(uri("/api?q=//a/%61")));
        assert_eq!(canonical(&uri("http://h//api/v1//x?")), Some(uri("http://h/api/v1/x?")));
    }

    proptest::proptest! {
        #[test]
        fn the_spelling_of_a_spelling_is_itself(path in "(/|//|%|%2F|%61|%41|api|v1|[ -~]){0,12}") {
            if let Some(once) = api_path(&path) {
                proptest::prop_assert_eq!(api_path(&once), None);
            }
        }
    }
}

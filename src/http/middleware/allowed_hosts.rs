//! Serves pages only under allowed host names (see [`crate::domain::host`]). The API is served under every name:
//! programs send a token, which no browser adds by itself.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Version;
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};

use super::error_pages;
use crate::domain::host::{self, Host};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::request::page_context;

/// The first segments of paths that are served under every name.
const UNCHECKED: [&str; 6] = ["api", "ingest", "metrics", "healthz", "readyz", "static"];

/// Refuses pages under unknown names, before a body is read or the database is asked.
pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<Data<State>>().cloned().ok_or(PageError::Internal("no state".into()))?;
    if is_checked(request.path())
        && let Err(error) = known(&state, request.request())
    {
        let anonymous = page_context::anonymous(&state, request.request());
        return Ok(error_pages::render_error(request.into_response(error.without_body()), &anonymous, None));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn is_checked(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match segments.next() {
        // The reference of the API is a page.
        Some("api") => segments.next() == Some("reference"),
        Some(first) => !UNCHECKED.contains(&first),
        None => true,
    }
}

/// Checks every host name in the request: that of the header, and that of an absolute target, which takes precedence
/// (RFC 9112 §3.2.2). A request without a name passes only with HTTP/1.0, which does not require one.
fn known(state: &State, request: &HttpRequest) -> Result<(), PageError> {
    let mut named: Vec<&[u8]> = request.headers().get_all(HOST).map(|value| value.as_bytes()).collect();
    // RFC 9112 §3.2: exactly one.
    if named.len() > 1 || (named.is_empty() && request.version() >= Version::HTTP_11) {
        return Err(PageError::BadRequest);
    }
    named.extend(request.uri().authority().map(|authority| authority.as_str().as_bytes()));
    for bytes in named {
        let text = str::from_utf8(bytes).map_err(|_| PageError::BadRequest)?;
        let host = host::parse(text).ok_or(PageError::BadRequest)?;
        if let (false, Host::Name(name)) = (state.allowed_hosts.allow(&host), host) {
            return Err(refuse(state, name));
        }
    }
    Ok(())
}

fn refuse(state: &State, host: String) -> PageError {
    if state.unknown_hosts_logged.admits(&host, Instant::now()) {
        tracing::warn!(
            host,
            setting = "--allowed-hosts (HACHOK_ALLOWED_HOSTS)",
            "refused a page: it was asked for under a host name that is not allowed"
        );
    }
    PageError::UnknownHost { host, public: state.web.public_url.as_ref().map(|_| state.public_origin()) }
}

#[cfg(test)]
mod tests {
    use super::is_checked;

    #[test]
    fn pages_are_checked_and_paths_for_programs_are_not() {
        for page in [
            "/",
            "",
            "/sign-in",
            "/webhooks/7",
            "/api/reference",
            "/api//reference/x",
            "//sign-in",
            "/apiary",
            "/statics",
        ] {
            assert!(is_checked(page), "{page}");
        }
        for other in [
            "/api",
            "/api/",
            "/api/v1/events",
            "//api/v1/events",
            "/ingest/chatwoot/x",
            "/metrics",
            "/healthz",
            "/readyz",
            "/static/app.css",
        ] {
            assert!(!is_checked(other), "{other}");
        }
    }
}

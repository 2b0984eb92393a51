//! Form tokens and origins (docs/reference/security.md, "Forms" and "Form tokens and once-tokens").

use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HOST, HeaderName, ORIGIN, REFERER};

use super::cookie_names::{OLD_FORM, cookie_value};
use crate::clock;
use crate::domain::form_token;
use crate::domain::hex::hex;
use crate::domain::secret_box::mac;
use crate::http::State;
use crate::http::error::PageError;

/// How much of an `Origin` header is logged: clients write it.
const LOGGED_ORIGIN_CHARS_MAX: usize = 200;

/// The form token for a browser without a session: derived from a cookie, which is set if it is missing.
pub fn before_sign_in(state: &State, request: &HttpRequest, cookies: &mut Vec<Cookie<'static>>) -> String {
    let known = form_cookie(state, request);
    let value = known.unwrap_or_else(|| {
        let value = hex(&clock::random::<32>());
        let cookie = Cookie::build(state.cookies.form.clone(), value.clone())
            .path("/")
            .same_site(SameSite::Lax)
            .secure(state.is_secure())
            .http_only(true);
        cookies.push(cookie.finish());
        value
    });
    hex(&mac(&state.form_key, value.as_bytes()))
}

/// The request has the cookie that a page with a form sets before sign-in.
pub fn has_cookie(state: &State, request: &HttpRequest) -> bool {
    form_cookie(state, request).is_some()
}

fn form_cookie(state: &State, request: &HttpRequest) -> Option<String> {
    cookie_value(request, &state.cookies.form, OLD_FORM).filter(|value| value.len() == 64)
}

/// `given` is the form token of this browser before sign-in.
pub fn is_before_sign_in(state: &State, request: &HttpRequest, given: &str) -> bool {
    form_cookie(state, request).is_some_and(|value| is_token(&hex(&mac(&state.form_key, value.as_bytes())), given))
}

/// Refuses a request that was not sent from one of Hachok's pages, judged by `Origin` and `Sec-Fetch-Site`.
pub fn check_origin(state: &State, request: &HttpRequest) -> Result<(), PageError> {
    for origin in request.headers().get_all(ORIGIN) {
        check_one_origin(state, request, &String::from_utf8_lossy(origin.as_bytes()))?;
    }
    let mut sites = request.headers().get_all("sec-fetch-site").map(|site| site.as_bytes());
    if sites.all(|site| matches!(site, b"same-origin" | b"none")) { Ok(()) } else { Err(PageError::Elsewhere) }
}

/// Allows the origin of the public URL, and that of the request itself, whose host
/// [`crate::http::middleware::allowed_hosts`] has checked.
fn check_one_origin(state: &State, request: &HttpRequest, given: &str) -> Result<(), PageError> {
    let public = state.public_origin();
    if given == public {
        return Ok(());
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    match given.split_once("://") {
        Some(("https", authority)) if Some(authority) == host => Ok(()),
        Some(("http", authority)) if Some(authority) == host && !state.is_secure() => Ok(()),
        // The cookies are sent only over TLS.
        Some(("http", authority)) if Some(authority) == host => Err(PageError::PlainHttp(public)),
        _ => Err(wrong_origin(state, given, public)),
    }
}

fn wrong_origin(state: &State, given: &str, public: String) -> PageError {
    let given: String = given.chars().take(LOGGED_ORIGIN_CHARS_MAX).collect();
    if state.wrong_origins_logged.admits(&given, Instant::now()) {
        tracing::warn!(
            given,
            expected = public,
            setting = "--public-url (HACHOK_PUBLIC_URL)",
            "refused a form: it was sent from another origin than the public URL's"
        );
    }
    // Browsers write `null` where they do not reveal the origin.
    if given == "null" { PageError::Elsewhere } else { PageError::WrongOrigin { given, public } }
}

/// Why the form token is not valid. A browser without any cookie of Hachok has dropped it: because the page was opened
/// over http and cookies are sent only over TLS, or because it accepts no cookies.
pub fn stale(state: &State, request: &HttpRequest) -> PageError {
    let names = &state.cookies;
    let known = [names.form.as_str(), names.session.as_str(), OLD_FORM, names.old_session];
    if known.iter().any(|name| request.cookie(name).is_some()) {
        return PageError::StaleForm;
    }
    let over_tls =
        |name: &HeaderName| request.headers().get(name).is_some_and(|value| value.as_bytes().starts_with(b"https://"));
    if state.is_secure() && !over_tls(&ORIGIN) && !over_tls(&REFERER) {
        return PageError::PlainHttp(state.public_origin());
    }
    PageError::NoCookie
}

/// The form token, masked anew for each page.
pub fn masked(token: &str) -> String {
    form_token::masked(token, clock::random())
}

/// `given`, masked or not, is the form token `expected`.
pub fn is_token(expected: &str, given: &str) -> bool {
    form_token::is_of(expected, given)
}

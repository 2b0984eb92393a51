//! Form tokens (SECURITY, control 9).

use super::State;
use crate::clock;
use crate::domain::form_token;
use crate::domain::sealed::mac;
use crate::domain::token::hex;
use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HOST, ORIGIN};

/// Carries the token of the forms that come before a session: sign-in and set-up.
const COOKIE: &str = "hachok_form";

/// The token for someone without a session: derived from a cookie, which is set if it is missing.
pub fn before_sign_in(state: &State, request: &HttpRequest, cookies: &mut Vec<Cookie<'static>>) -> String {
    let known = cookie_value(request);
    let value = known.unwrap_or_else(|| {
        let value = hex(&clock::random::<32>());
        let cookie = Cookie::build(COOKIE, value.clone())
            .path("/")
            .same_site(SameSite::Lax)
            .secure(state.is_secure())
            .http_only(true);
        cookies.push(cookie.finish());
        value
    });
    hex(&mac(&state.form_key, value.as_bytes()))
}

/// The request has the cookie of a page with a form that comes before a session.
pub fn has_cookie(request: &HttpRequest) -> bool {
    cookie_value(request).is_some()
}

fn cookie_value(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned()).filter(|value| value.len() == 64)
}

/// The token is good for this browser before anybody has signed in.
pub fn is_before_sign_in(state: &State, request: &HttpRequest, given: &str) -> bool {
    cookie_value(request).is_some_and(|value| is_token(&hex(&mac(&state.form_key, value.as_bytes())), given))
}

/// The request comes from a page of ours, as far as the browser says.
pub fn is_from_here(state: &State, request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("-"));
    let site = header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = header(ORIGIN.as_str()).is_none_or(|origin| {
        origin == state.public.origin().ascii_serialization()
            || header(HOST.as_str()).is_some_and(|host| {
                origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(host)
            })
    });
    site && origin
}

/// The token for the forms of one page.
pub fn masked(token: &str) -> String {
    form_token::masked(token, clock::random())
}

/// The form bears the token of its page.
pub fn is_token(expected: &str, given: &str) -> bool {
    form_token::is_of(expected, given)
}

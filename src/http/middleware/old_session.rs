//! Sessions with a cookie of the old name, from before cookie names held the id of the installation.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite, time};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::http::State;
use crate::http::error::PageError;

/// Renames the old cookie of a request, so that its session continues. When the session ends or gets a new key, the
/// response deletes the old cookie.
///
/// The cookie's value is encrypted with its name as associated data, so it is encrypted again. This middleware must
/// run before anything reads the cookies of the request, because actix parses them once.
pub async fn translate(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<Data<State>>().cloned().ok_or(PageError::Internal("no state".into()))?;
    let translated = renamed(&state, request.headers());
    let is_old = translated.is_some();
    if let Some(cookie) = translated {
        request.headers_mut().append(COOKIE, cookie);
    }
    let mut response = next.call(request).await?;
    let start = format!("{}=", state.cookies.session);
    let changes = |value: &HeaderValue| value.as_bytes().starts_with(start.as_bytes());
    if is_old && response.headers().get_all(SET_COOKIE).any(changes) {
        let mut gone = Cookie::build(state.cookies.old_session, "").path("/").same_site(SameSite::Lax).http_only(true);
        gone = gone.secure(state.is_secure()).max_age(time::Duration::ZERO);
        response.response_mut().add_cookie(&gone.finish())?;
    }
    Ok(response)
}

/// The session cookie under its new name, if the request has it only under the old name.
fn renamed(state: &State, headers: &HeaderMap) -> Option<HeaderValue> {
    if value_of(headers, &state.cookies.session).is_some() {
        return None;
    }
    let key = Key::derive_from(&state.cookie_key);
    let old = state.cookies.old_session;
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::new(old, value_of(headers, old)?));
    let opened = jar.private(&key).get(old)?;
    let mut jar = CookieJar::new();
    jar.private_mut(&key).add(Cookie::new(state.cookies.session.clone(), opened.value().to_owned()));
    let cookie = jar.get(&state.cookies.session)?;
    HeaderValue::from_str(&cookie.encoded().stripped().to_string()).ok()
}

fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut cookies = pairs.filter_map(|pair| Cookie::parse_encoded(pair.trim()).ok());
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

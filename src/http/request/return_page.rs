//! The page to return to after sign-in: always one that GET answers with a whole page.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, REFERER};
use url::{Position, Url};

use crate::http::State;

/// The page to start at.
pub const START: &str = "/webhooks";

/// The page that a request belongs to: for GET the requested one, for a form the page with the form, for other posts
/// and for fragments the page that the browser names.
pub fn of(state: &State, request: &HttpRequest) -> String {
    let own = request.uri().path_and_query().map_or(START, |path| path.as_str());
    let htmx = request.headers().contains_key("hx-request");
    if request.method().is_safe() && !htmx {
        return of_path(own);
    }
    let named = |name: &str| sent_from(state, request, name);
    let current = if htmx { named("hx-current-url") } else { None };
    let current = current.or_else(|| named(REFERER.as_str())).map(|path| of_path(&path));
    match of_form(request.path()).filter(|_| request.method() == Method::POST) {
        // With its query, if the browser names it. After a refused form the browser is at the form's action instead.
        Some(page) => current.filter(|current| without_query(current) == page).unwrap_or(page),
        None => current.unwrap_or_else(|| of_path(own)),
    }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Path and query of the page that a header names, if it is on this server.
fn sent_from(state: &State, request: &HttpRequest, name: &str) -> Option<String> {
    let url = Url::parse(request.headers().get(name)?.to_str().ok()?).ok()?;
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let same_host = Some(&url[Position::BeforeHost..Position::AfterPort]) == host;
    let is_own = matches!(url.scheme(), "http" | "https") && (same_host || url.origin() == state.public.origin());
    is_own.then(|| url[Position::BeforePath..Position::AfterQuery].to_owned())
}

/// The page of a path: the path itself, or for the action of a form, a fragment or a file the page that it belongs to.
pub fn of_path(path: &str) -> String {
    let (path, query) = safe(path).split_once('?').unwrap_or((safe(path), ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["sign-in" | "sign-out" | "setup" | "invite" | "static" | "api" | "ingest", ..] | [""] => START.into(),
        ["healthz" | "readyz" | "metrics"] => START.into(),
        ["webhooks", "header-row"] => "/webhooks/new".into(),
        ["webhooks", id, "activation" | "deactivation" | "copy"] => format!("/webhooks/{id}"),
        ["deliveries", id, "redelivery" | "cancellation"] => format!("/deliveries/{id}"),
        ["recoveries", id, "cancellation"] => format!("/recoveries/{id}"),
        ["received", id, "delivery" | "body"] => format!("/received/{id}"),
        ["events", file] if file.ends_with(".schema.json") => {
            format!("/events/{}", file.trim_end_matches(".schema.json"))
        }
        ["inboxes", _] | ["inboxes", _, "archival" | "restoration"] => "/inboxes".into(),
        ["chatwoot", "accounts" | "manual"] => "/chatwoot".into(),
        ["chatwoot", id, "check" | "key" | "secret"] => format!("/chatwoot/{id}"),
        ["chatwoot", id, "comparison"] | ["chatwoot", id, "missing", _] => format!("/chatwoot/{id}/missing"),
        ["users", "invitations", ..] => "/users".into(),
        ["users", id, "activation" | "deactivation" | "password-link"] => format!("/users/{id}"),
        ["profile", _] => "/profile".into(),
        _ if query.is_empty() => path.into(),
        _ => format!("{path}?{query}"),
    }
}

/// The page with the form that is posted to `action`; `None` if the form cannot be filled in again.
pub fn of_form(action: &str) -> Option<String> {
    let segments: Vec<&str> = action.split('/').skip(1).collect();
    match segments.as_slice() {
        ["webhooks"] => Some("/webhooks/new".into()),
        ["users", "invitations"] => Some("/users".into()),
        ["chatwoot", "manual"] => Some("/chatwoot".into()),
        ["webhooks", id] => Some(format!("/webhooks/{id}/edit")),
        ["inboxes", id] => Some(format!("/inboxes/{id}/edit")),
        ["webhooks", _, "test" | "verify"]
        | ["users", _]
        | ["inboxes" | "chatwoot" | "tokens" | "profile" | "settings"] => Some(action.into()),
        _ => None,
    }
}

/// The longest path and query to return to.
const PAGE_MAX_BYTES: usize = 2048;

/// `next` if it is a path on this server, otherwise the start: never another site. A very long query is left out.
fn safe(next: &str) -> &str {
    let next = if next.len() > PAGE_MAX_BYTES { without_query(next) } else { next };
    let is_own = next.len() <= PAGE_MAX_BYTES
        && next.starts_with('/')
        && !next.get(1..).unwrap_or_default().starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own { next } else { START }
}

#[cfg(test)]
mod tests {
    use super::{PAGE_MAX_BYTES, of_form, of_path};

    #[test]
    fn only_paths_of_this_server_are_followed() {
        assert_eq!(of_path("/deliveries?status=failed"), "/deliveries?status=failed");
        assert_eq!(of_path(&format!("/deliveries?q={}", "a".repeat(PAGE_MAX_BYTES))), "/deliveries");
        assert_eq!(of_path(&format!("/deliveries/{}", "a".repeat(PAGE_MAX_BYTES))), "/webhooks");
        for foreign in ["", "//x", "/\\x", "https:x", "https://x", "x", "/\t/x", "/a\nb", "/a\\b", "javascript:1"] {
            assert_eq!(of_path(foreign), "/webhooks", "{foreign:?}");
        }
    }

    #[test]
    fn a_path_that_is_not_a_page_leads_to_the_page_it_belongs_to() {
        for (path, page) in [
            ("/webhooks/header-row?i=3", "/webhooks/new"),
            ("/webhooks/7/deactivation", "/webhooks/7"),
            ("/webhooks/7/edit?lang=uk", "/webhooks/7/edit?lang=uk"),
            ("/deliveries/dlv_1/redelivery", "/deliveries/dlv_1"),
            ("/deliveries/resend?from=2026-11-28T10:00", "/deliveries/resend?from=2026-11-28T10:00"),
            ("/received/evt_1/body", "/received/evt_1"),
            ("/events/message_created.schema.json", "/events/message_created"),
            ("/inboxes/3/archival", "/inboxes"),
            ("/users/invitations/3/withdrawal", "/users"),
            ("/chatwoot/manual", "/chatwoot"),
            ("/chatwoot/2/key", "/chatwoot/2"),
            ("/chatwoot/2/comparison", "/chatwoot/2/missing"),
            ("/chatwoot/2/missing/mode", "/chatwoot/2/missing"),
            ("/profile/password", "/profile"),
            ("/sign-in?next=/webhooks", "/webhooks"),
            ("/", "/webhooks"),
        ] {
            assert_eq!(of_path(path), page, "{path}");
        }
        assert_eq!(of_form("/webhooks").as_deref(), Some("/webhooks/new"));
        assert_eq!(of_form("/profile/password"), None, "all of its fields are secrets");
    }
}

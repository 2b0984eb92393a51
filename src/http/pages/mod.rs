//! The handlers of pages: each reads the request, checks it, acts and renders.

pub mod accounts;
pub mod chatwoot;
pub mod deliveries;
pub mod events;
pub mod inboxes;
pub mod system;
pub mod webhooks;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;

use super::error::PageError;
use super::request::page_context::PageContext;
use crate::views::Html;

/// The result of a handler.
type Answer = Result<HttpResponse, PageError>;

/// Renders a page or a fragment.
fn render(status: StatusCode, page: &impl Html) -> Answer {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.html()?))
}

/// Joins parts of a page that htmx swaps.
fn fragments(parts: &[String]) -> Answer {
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(parts.concat()))
}

/// Redirects to another page after a change: 303, or for htmx 200 with `HX-Redirect`.
fn redirect_to(context: &PageContext, path: &str) -> HttpResponse {
    if context.htmx {
        return HttpResponse::Ok().insert_header(("HX-Redirect", path)).finish();
    }
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

//! The pages: read, check, do, render.

pub mod accounts;
pub mod deliveries;
pub mod events;
pub mod inboxes;
pub mod redelivery;
pub mod system;
pub mod webhooks;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;

use super::error::PageError;
use super::request::page_context::Reader;
use crate::views::Html;

/// What every handler answers.
type Answer = Result<HttpResponse, PageError>;

/// A page or a fragment.
fn page(status: StatusCode, page: &impl Html) -> Answer {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.html()?))
}

/// Parts of a page that htmx swaps, one after the other.
fn fragments(parts: &[String]) -> Answer {
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(parts.concat()))
}

/// To another page, after something was done.
fn go(reader: &Reader, path: &str) -> HttpResponse {
    if reader.htmx {
        return HttpResponse::Ok().insert_header(("HX-Redirect", path)).finish();
    }
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

//! Renders the pages of errors, in the reader's language.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION, RETRY_AFTER};

use crate::clock;
use crate::domain::accounts::user::Language;
use crate::http::error::PageError;
use crate::http::request::page_context::PageContext;
use crate::http::request::return_page::START;
use crate::i18n::Translator;
use crate::views::errors::{ErrorKind, ErrorPage};
use crate::views::{Html, Layout};

/// Gives a response that holds a [`PageError`] its page. Other responses pass.
pub fn render_error(response: ServiceResponse<BoxBody>, context: &PageContext) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let held = response.response().extensions().get::<PageError>().cloned();
    let error = match held {
        Some(error) => error,
        // actix's own responses to paths and methods without a route.
        None if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED => PageError::NotFound,
        None => return response,
    };
    let mut rendered = render(&error, status, context);
    if let Some(allowed) = response.headers().get(ALLOW) {
        rendered.headers_mut().insert(ALLOW, allowed.clone());
    }
    response.into_response(rendered)
}

/// The page for a body that is too large. It is made before the page context is loaded, so only the language is known.
pub fn too_large(language: Language, path: &str) -> HttpResponse {
    let layout = Layout::new(Translator::new(language, clock::now()), path, "");
    let mut response = HttpResponse::build(StatusCode::PAYLOAD_TOO_LARGE);
    match ErrorPage::new(layout, &ErrorKind::TooLarge).html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// The page for a database that does not answer.
pub fn unavailable(context: &PageContext) -> HttpResponse {
    render(&PageError::Unavailable, StatusCode::SERVICE_UNAVAILABLE, context)
}

fn render(error: &PageError, status: StatusCode, context: &PageContext) -> HttpResponse {
    if let PageError::SignIn { page, form } = error {
        return to_sign_in(context, page, *form);
    }
    let kind = error.kind();
    if let (PageError::Internal(detail), ErrorKind::Server(id)) = (error, &kind) {
        tracing::error!(id, detail, "a page failed");
    }
    let mut response = HttpResponse::build(status);
    if matches!(error, PageError::Unavailable) {
        response.insert_header((RETRY_AFTER, "5"));
    }
    match ErrorPage::new(context.layout(), &kind).html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// Redirects to the sign-in page, which leads back to `page`.
fn to_sign_in(context: &PageContext, page: &str, form: bool) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if page != START {
        query.append_pair("next", page);
    }
    if form {
        query.append_pair("form", "1");
    }
    let query = query.finish();
    let target = if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
    if context.htmx {
        return HttpResponse::Ok().insert_header(("HX-Redirect", target)).finish();
    }
    HttpResponse::SeeOther().insert_header((LOCATION, target)).finish()
}

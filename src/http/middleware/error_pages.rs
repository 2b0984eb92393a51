//! Renders the pages of errors, in the reader's language.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::clock;
use crate::domain::accounts::user::Language;
use crate::http::error::PageError;
use crate::http::request::kept_form::GivenBack;
use crate::http::request::page_context::PageContext;
use crate::http::request::return_page::START;
use crate::i18n::Translator;
use crate::views::errors::{ErrorKind, ErrorPage};
use crate::views::{Html, Layout};

/// Gives a response that holds a [`PageError`] its page, which gives back `form`. Other responses pass.
pub fn render_error(
    response: ServiceResponse<BoxBody>,
    context: &PageContext,
    form: Option<GivenBack>,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let mut rendered = match held_error(&response) {
        Some(error) => render(&error, status, context, form),
        // actix's own responses to paths and methods without a route.
        None if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED => {
            page(&ErrorKind::NotFound, status, context, None)
        }
        None => return response,
    };
    if let Some(allowed) = response.headers().get(ALLOW) {
        rendered.headers_mut().insert(ALLOW, allowed.clone());
    }
    response.into_response(rendered)
}

/// The error of a response that has no page yet.
pub fn held_error(response: &ServiceResponse<BoxBody>) -> Option<PageError> {
    response.response().extensions().get::<PageError>().cloned()
}

/// The page for a body that is too large. It is made before the page context is loaded, so only the language is known.
pub fn too_large(language: Language, path: &str, request_id: &str) -> HttpResponse {
    let layout = Layout::new(Translator::new(language, clock::now()), path, "");
    let mut response = HttpResponse::build(StatusCode::PAYLOAD_TOO_LARGE);
    match ErrorPage::new(layout, &ErrorKind::TooLarge, request_id).html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// The page for a database that does not answer.
pub fn unavailable(context: &PageContext) -> HttpResponse {
    render(&PageError::Unavailable, StatusCode::SERVICE_UNAVAILABLE, context, None)
}

fn render(error: &PageError, status: StatusCode, context: &PageContext, form: Option<GivenBack>) -> HttpResponse {
    let kind = match error {
        PageError::SignIn { page: next, form } => {
            let address = sign_in_address(next, *form);
            if !context.htmx {
                return HttpResponse::SeeOther().insert_header((LOCATION, address)).finish();
            }
            // A redirect would lose what was typed into the page.
            return page(&ErrorKind::SignedOut { address, form: *form }, StatusCode::UNAUTHORIZED, context, None);
        }
        PageError::NotFound if context.sends => ErrorKind::Gone,
        PageError::Unavailable if context.sends && !context.htmx => ErrorKind::UnavailableForm,
        PageError::TooLarge if context.sends && !context.htmx => ErrorKind::TooLargeForm { page: context.page.clone() },
        error => error.kind(),
    };
    if let PageError::Internal(detail) = error {
        tracing::error!(detail, "a page failed");
    }
    page(&kind, status, context, form)
}

fn page(kind: &ErrorKind, status: StatusCode, context: &PageContext, form: Option<GivenBack>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((RETRY_AFTER, "5"));
    }
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §15.5.2 asks for a challenge. Browsers ignore a scheme that they do not know.
        response.insert_header((WWW_AUTHENTICATE, "Session"));
    }
    let shown = ErrorPage::new(context.layout(), kind, context.request_id.as_str());
    let shown = match form {
        Some(GivenBack::At(page)) => shown.with_form_at(page),
        Some(GivenBack::Fields(fields)) => shown.with_fields(fields),
        None => shown,
    };
    match shown.html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// The sign-in page, which leads back to `page`.
fn sign_in_address(page: &str, form: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if page != START {
        query.append_pair("next", page);
    }
    if form {
        query.append_pair("form", "1");
    }
    let query = query.finish();
    if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") }
}

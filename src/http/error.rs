//! What goes wrong on a page, and how the reader is told.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use super::request::page_context::Reader;
use super::request::return_page::START;
use crate::domain::accounts::api_token::hex;
use crate::domain::accounts::user::Language;
use crate::i18n::Translator;
use crate::views::errors::{ErrorPage, Fault};
use crate::views::{Html, NotRendered, Shell};
use crate::{clock, db};

/// Why a page cannot be shown. Answered bare, then dressed in the reader's language.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PageError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignIn {
        /// The page to come back to.
        page: String,
        /// A form was sent, and nothing was done.
        form: bool,
    },
    /// The role does not allow it.
    #[error("the role does not allow it")]
    Forbidden,
    /// There is no such thing.
    #[error("there is no such thing")]
    NotFound,
    /// The set-up link was used, has expired, or never was one.
    #[error("the set-up link is not good")]
    DeadLink,
    /// The link for a person was used or withdrawn, has expired, or never was one.
    #[error("the link for a person is not good")]
    DeadInvitation,
    /// The form's token is not ours any more.
    #[error("the form's token is not good")]
    StaleForm,
    /// The request came from a page that is not ours.
    #[error("the request came from elsewhere")]
    Elsewhere,
    /// The request came from a page of another origin than the public URL's.
    #[error("the request came from {given}, not from {public}")]
    WrongOrigin {
        /// The origin of the page.
        given: String,
        /// The origin of the public URL.
        public: String,
    },
    /// The browser keeps no cookie: the page was opened over http, but this public URL is https.
    #[error("the page was opened over plain http, not at {0}")]
    PlainHttp(String),
    /// The browser sent no cookie back.
    #[error("the browser sent no cookie back")]
    NoCookie,
    /// Pages do not answer under that host name.
    #[error("the host name {host} is not allowed")]
    UnknownHost {
        /// The name.
        host: String,
        /// The origin of the public URL, if the settings tell one.
        public: Option<String>,
    },
    /// The request makes no sense.
    #[error("the request makes no sense")]
    BadRequest,
    /// Nothing is sent while the webhook is off.
    #[error("the webhook is off")]
    WebhookOff,
    /// The body is too large.
    #[error("the body is too large")]
    TooLarge,
    /// The database does not answer.
    #[error("the database does not answer")]
    Unavailable,
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        if error.is_temporary() { Self::Unavailable } else { Self::Internal(error.to_string()) }
    }
}

impl From<NotRendered> for PageError {
    fn from(error: NotRendered) -> Self {
        Self::Internal(error.to_string())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::StaleForm | Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::WrongOrigin { .. } | Self::PlainHttp(_) | Self::NoCookie => StatusCode::FORBIDDEN,
            Self::UnknownHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound | Self::DeadLink | Self::DeadInvitation => StatusCode::NOT_FOUND,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::WebhookOff => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.bare()
    }
}

impl PageError {
    /// The answer without a page; the error travels with it.
    pub fn bare(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }

    fn fault(&self) -> Fault {
        match self {
            Self::SignIn { .. } | Self::Forbidden => Fault::Forbidden,
            Self::NotFound => Fault::NotFound,
            Self::StaleForm => Fault::PageTooOld,
            Self::Elsewhere => Fault::Elsewhere,
            Self::WrongOrigin { given, public } => Fault::WrongOrigin { given: given.clone(), public: public.clone() },
            Self::PlainHttp(public) => Fault::PlainHttp { public: public.clone() },
            Self::NoCookie => Fault::NoCookie,
            Self::UnknownHost { host, public } => Fault::UnknownHost { host: host.clone(), public: public.clone() },
            Self::DeadLink => Fault::DeadLink,
            Self::DeadInvitation => Fault::DeadInvitation,
            Self::BadRequest => Fault::BadRequest,
            Self::WebhookOff => Fault::WebhookOff,
            Self::TooLarge => Fault::TooLarge,
            Self::Unavailable => Fault::Unavailable,
            Self::Internal(_) => Fault::Server(hex(&clock::random::<6>())),
        }
    }
}

/// Gives an error its page, in the reader's language. Other answers pass.
pub fn dress(response: ServiceResponse<BoxBody>, reader: &Reader) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let told = response.response().extensions().get::<PageError>().cloned();
    let error = match told {
        Some(error) => error,
        // The route table's own answers for paths and methods it does not know.
        None if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED => PageError::NotFound,
        None => return response,
    };
    let mut dressed = page(&error, status, reader);
    if let Some(allowed) = response.headers().get(ALLOW) {
        dressed.headers_mut().insert(ALLOW, allowed.clone());
    }
    response.into_response(dressed)
}

/// The page for a body that is too large, for somebody of whom only the language is known.
pub fn too_large(language: Language, path: &str) -> HttpResponse {
    let shell = Shell::new(Translator::new(language, clock::now()), path, "");
    let mut response = HttpResponse::build(StatusCode::PAYLOAD_TOO_LARGE);
    match ErrorPage::new(shell, &Fault::TooLarge).html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// The page for a database that does not answer.
pub fn unavailable(reader: &Reader) -> HttpResponse {
    page(&PageError::Unavailable, StatusCode::SERVICE_UNAVAILABLE, reader)
}

fn page(error: &PageError, status: StatusCode, reader: &Reader) -> HttpResponse {
    if let PageError::SignIn { page, form } = error {
        return to_sign_in(reader, page, *form);
    }
    let fault = error.fault();
    if let (PageError::Internal(detail), Fault::Server(id)) = (error, &fault) {
        tracing::error!(id, detail, "a page failed");
    }
    let mut response = HttpResponse::build(status);
    if matches!(error, PageError::Unavailable) {
        response.insert_header((RETRY_AFTER, "5"));
    }
    match ErrorPage::new(reader.shell(), &fault).html() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(_) => response.finish(),
    }
}

/// To the sign-in page, and back afterwards.
fn to_sign_in(reader: &Reader, page: &str, form: bool) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if page != START {
        query.append_pair("next", page);
    }
    if form {
        query.append_pair("form", "1");
    }
    let query = query.finish();
    let target = if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
    if reader.htmx {
        return HttpResponse::Ok().insert_header(("HX-Redirect", target)).finish();
    }
    HttpResponse::SeeOther().insert_header((LOCATION, target)).finish()
}

//! Errors of pages, and the status of each.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::db;
use crate::domain::problem::Problems;
use crate::operations::redelivery::Refused;
use crate::operations::{NotFound, secret_rotation};
use crate::views::NotRendered;
use crate::views::errors::ErrorKind;

/// Why a page cannot be shown. A handler's error becomes a response without a body;
/// [`crate::http::middleware::error_pages`] then renders its page in the reader's language.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PageError {
    #[error("no user is signed in")]
    SignIn {
        /// The page to return to after sign-in.
        page: String,
        /// A form was sent, and had no effect.
        form: bool,
    },
    #[error("the role does not allow the request")]
    Forbidden,
    #[error("not found")]
    NotFound,
    /// It was used, has expired, or never existed.
    #[error("the setup link is not valid")]
    DeadLink,
    /// It was used or withdrawn, has expired, or never existed.
    #[error("the invitation is not valid")]
    DeadInvitation,
    #[error("the form token is not valid")]
    StaleForm,
    #[error("the form was not sent from one of Hachok's pages")]
    Elsewhere,
    #[error("the form was sent from {given}, not from {public}")]
    WrongOrigin {
        /// The origin of the page that sent the form.
        given: String,
        /// The origin of the public URL.
        public: String,
    },
    /// The browser dropped the cookie, because the page was opened over http and the public URL is https. Holds the
    /// origin of the public URL.
    #[error("the page was opened over plain http, not at {0}")]
    PlainHttp(String),
    #[error("the browser sent no cookie back")]
    NoCookie,
    /// Pages are not served under this host name.
    #[error("the host name {host} is not allowed")]
    UnknownHost {
        /// The host name of the request.
        host: String,
        /// The origin of the public URL, if one is set.
        public: Option<String>,
    },
    #[error("the request cannot be understood")]
    BadRequest,
    /// A webhook that is off gets no requests.
    #[error("the webhook is off")]
    WebhookOff,
    #[error("the body is too large")]
    TooLarge,
    #[error("the database does not answer")]
    Unavailable,
    /// A fault in Hachok; the text is logged, not shown.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        if error.is_temporary() { Self::Unavailable } else { Self::Internal(error.to_string()) }
    }
}

impl<R: Into<Self>> From<db::WriteError<R>> for PageError {
    fn from(error: db::WriteError<R>) -> Self {
        match error {
            db::WriteError::Database(error) => error.into(),
            db::WriteError::Refused(refused) => refused.into(),
        }
    }
}

impl From<secret_rotation::Refused> for PageError {
    /// A page always forces the rotation: a person sees what the secret was replaced by.
    fn from(_: secret_rotation::Refused) -> Self {
        Self::NotFound
    }
}

impl From<NotFound> for PageError {
    fn from(_: NotFound) -> Self {
        Self::NotFound
    }
}

impl From<Refused> for PageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound | Refused::NoWebhook => Self::NotFound,
            Refused::WebhookOff | Refused::WebhookDeleted => Self::WebhookOff,
            Refused::Test => Self::BadRequest,
        }
    }
}

/// Why a form had no effect.
#[derive(Debug)]
pub enum FormError {
    /// Its page is shown again, with the problems beside the fields.
    Problems(Problems),
    /// An error page is shown instead.
    Page(PageError),
}

impl From<Problems> for FormError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<PageError> for FormError {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<db::Error> for FormError {
    fn from(error: db::Error) -> Self {
        Self::Page(error.into())
    }
}

impl<R: Into<Self>> From<db::WriteError<R>> for FormError {
    fn from(error: db::WriteError<R>) -> Self {
        match error {
            db::WriteError::Database(error) => error.into(),
            db::WriteError::Refused(refused) => refused.into(),
        }
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
        self.without_body()
    }
}

impl PageError {
    /// The response without a body. It holds the error, for [`crate::http::middleware::error_pages`].
    pub fn without_body(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::SignIn { .. } | Self::Forbidden => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::StaleForm => ErrorKind::PageTooOld,
            Self::Elsewhere => ErrorKind::Elsewhere,
            Self::WrongOrigin { given, public } => {
                ErrorKind::WrongOrigin { given: given.clone(), public: public.clone() }
            }
            Self::PlainHttp(public) => ErrorKind::PlainHttp { public: public.clone() },
            Self::NoCookie => ErrorKind::NoCookie,
            Self::UnknownHost { host, public } => ErrorKind::UnknownHost { host: host.clone(), public: public.clone() },
            Self::DeadLink => ErrorKind::DeadLink,
            Self::DeadInvitation => ErrorKind::DeadInvitation,
            Self::BadRequest => ErrorKind::BadRequest,
            Self::WebhookOff => ErrorKind::WebhookOff,
            Self::TooLarge => ErrorKind::TooLarge,
            Self::Unavailable => ErrorKind::Unavailable,
            Self::Internal(_) => ErrorKind::Server,
        }
    }
}

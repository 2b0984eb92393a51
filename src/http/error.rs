//! What goes wrong on a page, and how the reader is told.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::domain::hex::hex;
use crate::operations::redelivery::Refused;
use crate::views::NotRendered;
use crate::views::errors::Fault;
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

impl From<Refused> for PageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::NotFound,
            Refused::WebhookOff => Self::WebhookOff,
            Refused::Test => Self::BadRequest,
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

    pub(super) fn fault(&self) -> Fault {
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

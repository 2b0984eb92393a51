//! The errors of the management API, in the forms and words of Chatwoot.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::Value;

use crate::db;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::api::auth::Denied;
use crate::i18n::{Locale, Translator};
use crate::operations::NotFound;

/// An error in one of the two forms of Chatwoot: `{error}` and `{message, attributes}`.
#[derive(Debug, thiserror::Error)]
#[error("{body}")]
pub struct ApiError {
    status: StatusCode,
    body: Value,
}

impl ApiError {
    /// `{error}` with any status.
    pub fn plain(status: StatusCode, text: &str) -> Self {
        Self { status, body: serde_json::json!({ "error": text }) }
    }

    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "Resource could not be found")
    }

    pub fn too_large() -> Self {
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
    }

    pub fn answer(&self) -> HttpResponse {
        self.error_response()
    }

    /// 422 for the first filter whose value was not understood, if any.
    pub fn check_filters(unrecognised: &[&'static str]) -> Result<(), Self> {
        unrecognised.first().map_or(Ok(()), |name| Err(Self::invalid(name, &format!("{name} is not known"))))
    }

    /// 422 with one message about `attribute`.
    pub fn invalid(attribute: &str, message: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            body: serde_json::json!({ "message": message, "attributes": [attribute] }),
        }
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        error.log("a call of the management API failed");
        if error.is_temporary() {
            Self::plain(StatusCode::SERVICE_UNAVAILABLE, "The database is busy. Try again later")
        } else {
            Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong")
        }
    }
}

impl<R: Into<Self>> From<db::WriteError<R>> for ApiError {
    fn from(error: db::WriteError<R>) -> Self {
        match error {
            db::WriteError::Database(error) => error.into(),
            db::WriteError::Refused(refused) => refused.into(),
        }
    }
}

impl From<NotFound> for ApiError {
    fn from(_: NotFound) -> Self {
        Self::not_found()
    }
}

impl From<Problems> for ApiError {
    fn from(problems: Problems) -> Self {
        let mut attributes: Vec<&str> = Vec::new();
        for (field, _) in problems.iter() {
            if !attributes.contains(&field.attribute()) {
                attributes.push(field.attribute());
            }
        }
        let words = Translator::new(Locale::En, crate::clock::now());
        let mut messages: Vec<String> = Vec::new();
        for (field, problem) in problems.iter() {
            let text = message(words, field, problem);
            if !messages.contains(&text) {
                messages.push(text);
            }
        }
        let body = serde_json::json!({ "message": messages.join(", "), "attributes": attributes });
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }
}

/// The message in Chatwoot's words where Chatwoot has one, because clients compare them.
fn message(words: Translator, field: &Field, problem: &Problem) -> String {
    match (field, problem) {
        (_, Problem::UrlMissing | Problem::UrlIncomplete) => "Url is invalid".into(),
        (_, Problem::UrlTaken { .. }) => "Url has already been taken".into(),
        (Field::Events, _) => "Subscriptions Invalid events".into(),
        (_, problem) => words.problem_words(problem),
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::None => Self {
                status: StatusCode::UNAUTHORIZED,
                body: serde_json::json!({ "errors": ["You need to sign in or sign up before continuing."] }),
            },
            Denied::Bad => Self::plain(StatusCode::UNAUTHORIZED, "Invalid Access Token"),
            Denied::Scope => Self::plain(StatusCode::UNAUTHORIZED, "You are not authorized to do this action"),
            Denied::Database(error) => error.into(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("retry-after", "5"));
        }
        response.json(&self.body)
    }
}

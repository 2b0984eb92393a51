//! The errors of the management API: the members and words of Chatwoot, and beside them codes, places and the id of the
//! request (docs/reference/http-api.md, "Errors").

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use super::error_code::Code;
use super::error_entry::{Entry, pointer};
use crate::db;
use crate::domain::id::RecoveryId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::api::auth::Denied;
use crate::i18n::{Locale, Translator};
use crate::operations::NotFound;

/// The challenge of 401 (RFC 9110 §11.6.1).
pub const CHALLENGE: &str = "Bearer realm=\"Hachok\"";

/// Entries in one answer.
const ENTRIES_MAX: usize = 20;
/// A longer name of a header is not repeated.
const POINTER_NAME_MAX_BYTES: usize = 128;

/// An error in one of the forms of Chatwoot.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status}: {words:?}")]
pub struct ApiError {
    status: StatusCode,
    words: Words,
    /// What is wrong; not empty.
    entries: Vec<Entry>,
    challenge: Option<String>,
    retry_after: Option<u64>,
}

/// The members that Chatwoot's clients read.
#[derive(Clone, Debug)]
enum Words {
    /// `error`.
    Error(String),
    /// `message`, and `attributes`, which are the fields of the entries.
    Message(String),
    /// `errors`, a list of one text: no token was sent.
    SignIn,
    /// `error`, and the two entity tags that differ: `expected` and `current`.
    Changed { text: String, tags: Box<[String; 2]> },
    /// `error` and `recovery_id`.
    Running { text: String, id: RecoveryId },
}

impl ApiError {
    /// `{error}` with any status.
    pub fn plain(status: StatusCode, code: Code, text: &str) -> Self {
        let entry = Entry { field: "".into(), pointer: None, code, detail: text.to_owned() };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5);
        Self { status, words: Words::Error(text.to_owned()), entries: vec![entry], challenge: None, retry_after }
    }

    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, Code::NotFound, "Resource could not be found")
    }

    pub fn too_large() -> Self {
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, "The body is too large")
    }

    /// 409 with the id of the recovery that is running.
    pub fn recovery_running(id: RecoveryId) -> Self {
        let text = format!("Recovery {id} of this webhook is running");
        let words = Words::Running { text: text.clone(), id };
        Self { words, ..Self::plain(StatusCode::CONFLICT, Code::RecoveryRunning, &text) }
    }

    /// 412 with the entity tags of `If-Match` and that of the resource.
    pub fn precondition_failed(expected: &str, current: &str) -> Self {
        let text = format!("The resource was changed: its entity tag is {current}, not {expected}");
        let words = Words::Changed { text: text.clone(), tags: [expected.to_owned(), current.to_owned()].into() };
        Self { words, ..Self::plain(StatusCode::PRECONDITION_FAILED, Code::PreconditionFailed, &text) }
    }

    /// 422 with one message about the member `field` of the body.
    pub fn invalid(field: &str, code: Code, message: &str) -> Self {
        Self::at(field, Some(pointer("", field)), code, message)
    }

    /// 422 with one message about the parameter `name` of the query.
    pub fn parameter(name: &str, code: Code, message: &str) -> Self {
        Self::at(name, None, code, message)
    }

    fn at(field: &str, pointer: Option<String>, code: Code, message: &str) -> Self {
        let entry = Entry { field: field.to_owned().into(), pointer, code, detail: message.to_owned() };
        Self::unprocessable(message.to_owned(), vec![entry])
    }

    /// 422 with a message about all `entries`.
    pub fn unprocessable(message: String, entries: Vec<Entry>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, words: Words::Message(message), entries, challenge: None, retry_after: None }
    }

    /// 422 for the first filter whose value was not understood, if any.
    pub fn check_filters(unrecognised: &[&'static str]) -> Result<(), Self> {
        let refused = |name: &&str| Self::parameter(name, Code::Invalid, &format!("The value of {name} is not known"));
        unrecognised.first().map_or(Ok(()), |name| Err(refused(name)))
    }

    /// The response, still without its body: [`crate::http::middleware::error_bodies`] adds it.
    pub fn answer(&self) -> HttpResponse {
        self.error_response()
    }

    /// The body of the response to the request with this id.
    pub fn body(&self, request_id: &str) -> Value {
        let entries = || Value::from_iter(self.entries.iter().take(ENTRIES_MAX).map(Entry::json));
        let mut body = Map::new();
        let mut add = |name: &str, value: Value| _ = body.insert(name.to_owned(), value);
        match &self.words {
            Words::Error(text) => add("error", json!(text)),
            Words::Changed { text, tags } => {
                let [expected, current] = &**tags;
                add("error", json!(text));
                add("expected", json!(expected));
                add("current", json!(current));
            }
            Words::Running { text, id } => {
                add("error", json!(text));
                add("recovery_id", json!(id));
            }
            Words::Message(text) => {
                let mut attributes: Vec<&str> = Vec::new();
                for entry in &self.entries {
                    if !attributes.contains(&&*entry.field) {
                        attributes.push(&entry.field);
                    }
                }
                add("message", json!(text));
                add("attributes", json!(attributes));
            }
            Words::SignIn => add("errors", json!(["You need to sign in or sign up before continuing."])),
        }
        add("code", json!(self.entries.first().map(|entry| entry.code)));
        if !matches!(self.words, Words::SignIn) {
            add("errors", entries());
        }
        add("request_id", json!(request_id));
        Value::Object(body)
    }

    #[must_use]
    fn with_challenge(self, parameters: &str) -> Self {
        Self { challenge: Some(format!("{CHALLENGE}{parameters}")), ..self }
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        if matches!(error, db::Error::KeyReused) {
            let (status, text) = (StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request");
            return Self::plain(status, Code::IdempotencyMismatch, text);
        }
        error.log("a call of the management API failed");
        if error.is_temporary() {
            let (status, text) = (StatusCode::SERVICE_UNAVAILABLE, "The database is busy. Try again later");
            Self::plain(status, Code::Overloaded, text)
        } else {
            Self::plain(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "Something went wrong")
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
        let words = Translator::new(Locale::En, crate::clock::now());
        let mut messages: Vec<String> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (field, problem) in problems.iter() {
            let detail = message(words, field, problem);
            if !messages.contains(&detail) {
                messages.push(detail.clone());
            }
            let pointer = Some(place(&problems, field));
            entries.push(Entry { field: field.attribute().into(), pointer, code: Code::of(problem), detail });
        }
        Self::unprocessable(messages.join(", "), entries)
    }
}

/// The place of a field in the body, without its wrapper.
fn place(problems: &Problems, field: &Field) -> String {
    let parent = pointer("", field.attribute());
    let member = match field {
        Field::BearerToken => "token",
        Field::BasicLogin => "login",
        Field::BasicPassword => "password",
        Field::CustomName => "header",
        Field::CustomValue => "value",
        Field::HeaderName(row) | Field::HeaderValue(row) => match problems.header_name(*row) {
            Some(name) if name.len() <= POINTER_NAME_MAX_BYTES => name,
            _ => return parent,
        },
        _ => return parent,
    };
    pointer(&parent, member)
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
        let refused = |code, text| Self::plain(StatusCode::UNAUTHORIZED, code, text);
        match denied {
            Denied::None => {
                Self { words: Words::SignIn, ..refused(Code::Unauthorized, "Send a token").with_challenge("") }
            }
            Denied::Bad => {
                refused(Code::Unauthorized, "Invalid Access Token").with_challenge(", error=\"invalid_token\"")
            }
            Denied::Scope(missing) => {
                let challenge = format!(", error=\"insufficient_scope\", scope=\"{}\"", missing.as_str());
                refused(Code::Forbidden, "You are not authorized to do this action").with_challenge(&challenge)
            }
            Denied::TooMany(wait) => {
                let text = "Too many requests. Try again later";
                let error = Self::plain(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, text);
                Self { retry_after: Some(whole_seconds(wait)), ..error }
            }
            Denied::Database(error) => error.into(),
        }
    }
}

/// Rounded up, and at least 1: a client that waits for it is not refused again.
pub fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0).max(u64::from(span.is_zero()))
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(challenge) = &self.challenge {
            response.insert_header((WWW_AUTHENTICATE, challenge.as_str()));
        }
        let mut response = response.finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}

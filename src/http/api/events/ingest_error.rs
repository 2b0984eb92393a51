//! Errors of ingest: RFC 9457 `application/problem+json`.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::db;
use crate::delivery::BATCH_ROWS_MAX;
use crate::domain::events::batch::{self, BadWrapper, NoBatch};
use crate::domain::events::incoming::Refused;
use crate::http::api::error::{CHALLENGE, whole_seconds};
use crate::http::api::error_code::Code;
use crate::http::api::error_entry::{Entry, pointer};
use crate::http::api::json_body::Incomplete;

/// An event that was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct IngestError {
    status: StatusCode,
    code: Code,
    title: &'static str,
    field: Cow<'static, str>,
    /// The field is a member of the event, or of an item of a batch.
    is_member: bool,
    detail: String,
    challenge: &'static str,
    retry_after: Option<u64>,
}

impl IngestError {
    /// `field` names the part of the request that is wrong, and `detail` says what to change.
    pub fn new(
        status: StatusCode,
        code: Code,
        title: &'static str,
        field: impl Into<Cow<'static, str>>,
        detail: String,
    ) -> Self {
        Self { status, code, title, field: field.into(), is_member: false, detail, challenge: "", retry_after: None }
    }

    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The event is larger than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, "The event is too large", "body", detail)
    }

    /// 413 for a body that no batch may have.
    pub fn body_too_large() -> Self {
        let detail = format!("The body is larger than {} bytes. Send a batch in parts.", batch::BYTES_MAX);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, "The body is too large", "body", detail)
    }

    /// 422: too many rows for one commit. Nothing was stored.
    pub fn too_many_deliveries() -> Self {
        let detail = format!("The batch makes more than {BATCH_ROWS_MAX} events and deliveries. Send it in parts.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, Code::TooManyDeliveries, "The batch has too many deliveries", "body", detail)
    }

    /// 400 for an idempotency key; `field` is the header or the member of an item.
    pub fn invalid_key(field: &'static str) -> Self {
        let detail = "An idempotency key is 1 to 255 printable ASCII characters.".to_owned();
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidKey, "The idempotency key is not usable", field, detail)
    }

    /// 422: the key came with another event before.
    pub fn key_mismatch(field: &'static str) -> Self {
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key was used for another event");
        let detail = "The same key came with another body. Use a new key for a new event.".to_owned();
        Self::new(status, Code::IdempotencyMismatch, title, field, detail)
    }

    /// 408: the client should retry.
    pub fn incomplete() -> Self {
        let detail = "The body is incomplete or took longer than 10 seconds.".to_owned();
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::Timeout, "The body did not arrive", "body", detail)
    }

    /// The problem as JSON (RFC 9457): a response, or an item of the answer to a batch.
    pub fn problem(&self) -> Value {
        let pointer = match &*self.field {
            "body" => Some(String::new()),
            field => self.is_member.then(|| pointer("", field)),
        };
        let entry = Entry { field: self.field.clone(), pointer, code: self.code, detail: self.detail.clone() };
        json!({
            "type": format!("urn:hachok:problem:{}", self.code.as_str()),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "errors": [entry.json()],
        })
    }

    /// The body of the response to the request with this id.
    pub fn body(&self, request_id: &str) -> Value {
        let mut problem = self.problem();
        if let Some(members) = problem.as_object_mut() {
            members.insert("request_id".to_owned(), json!(request_id));
        }
        problem
    }

    /// The field is a member of the event, or of an item of a batch.
    #[must_use]
    pub fn at_member(self) -> Self {
        Self { is_member: true, ..self }
    }

    /// The parameters of the challenge (RFC 6750 §3).
    #[must_use]
    pub fn with_challenge(self, challenge: &'static str) -> Self {
        Self { challenge, ..self }
    }

    /// The same error with 400, for senders that know no 422.
    #[must_use]
    pub fn with_bad_request(self) -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..self }
    }

    /// 415 for a body in a content coding.
    pub fn coding(coding: &str) -> Self {
        let coding: String = coding.chars().take(40).collect();
        let detail = format!("The body is encoded as {coding:?}. Send it without Content-Encoding.");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, Code::UnsupportedMediaType, "The body is encoded", "content-encoding", detail)
    }

    /// 405: ingest takes only POST.
    pub fn method() -> Self {
        let detail = "Send an event with POST.".to_owned();
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, Code::MethodNotAllowed, "The method is not allowed", "method", detail)
    }

    /// 429: the address has sent too many wrong tokens. A right one is accepted.
    pub fn too_many_wrong_tokens(wait: Duration) -> Self {
        let detail = "This address has sent too many wrong tokens. A valid token is accepted at any time.".to_owned();
        let status = StatusCode::TOO_MANY_REQUESTS;
        let error = Self::new(status, Code::RateLimited, "Too many wrong tokens", "authorization", detail);
        Self { retry_after: Some(whole_seconds(wait)), ..error }
    }

    /// 500: nothing was stored, and the same event would fail again.
    pub fn internal() -> Self {
        let detail = "The event was not stored because of an error of the server. See its log.".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "Internal error", "", detail)
    }

    /// 503: nothing was stored, and the client should retry.
    pub fn overloaded() -> Self {
        let detail = "The event was not stored. Send it again later.".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Overloaded, "Overloaded", "", detail)
    }

    /// 503: the event may have been stored, and the client should retry with a key that distinguishes duplicates.
    pub fn unconfirmed() -> Self {
        let detail = "The database has not confirmed the event in time: it may have been stored. Send it again with the \
                      same Idempotency-Key; without a key it may be stored twice.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unknown, "The outcome is unknown", "", detail.to_owned())
    }
}

impl From<db::Error> for IngestError {
    fn from(error: db::Error) -> Self {
        if matches!(error, db::Error::TooManyRows) {
            return Self::too_many_deliveries();
        }
        error.log("an event could not be stored");
        match error {
            db::Error::Unconfirmed => Self::unconfirmed(),
            error if error.is_temporary() => Self::overloaded(),
            _ => Self::internal(),
        }
    }
}

impl From<Incomplete> for IngestError {
    fn from(_: Incomplete) -> Self {
        Self::incomplete()
    }
}

impl From<NoBatch> for IngestError {
    fn from(reason: NoBatch) -> Self {
        let bad = StatusCode::BAD_REQUEST;
        match reason {
            NoBatch::InvalidJson(detail) => {
                Self::new(bad, Code::InvalidJson, "The body is not a JSON array", "body", detail)
            }
            NoBatch::TooMany => {
                let detail = format!("A batch has at most {} events. Send it in parts.", batch::EVENTS_MAX);
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, Code::TooManyEvents, "The batch has too many events", "body", detail)
            }
        }
    }
}

impl From<BadWrapper> for IngestError {
    fn from(reason: BadWrapper) -> Self {
        match reason {
            BadWrapper::Key => Self::invalid_key("idempotency_key").at_member(),
            BadWrapper::Unknown(name) => {
                let name: String = name.chars().take(100).collect();
                let detail = format!("{name:?} is unknown beside “event” and “idempotency_key”.");
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, Code::UnknownParameter, "The item has an unknown member", name, detail).at_member()
            }
        }
    }
}

impl From<Refused> for IngestError {
    fn from(refused: Refused) -> Self {
        let (bad, unprocessable) = (StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY);
        match refused {
            Refused::InvalidJson(detail) => {
                Self::new(bad, Code::InvalidJson, "The body is not a JSON object", "body", detail)
            }
            Refused::TooDeep => {
                let detail = "Objects and arrays are nested deeper than 64.".to_owned();
                Self::new(bad, Code::TooDeep, "The body is nested too deeply", "body", detail)
            }
            Refused::MissingEvent => {
                let detail = "The field “event” must be a string with the name of the event.".to_owned();
                Self::new(unprocessable, Code::MissingEvent, "The event has no name", "event", detail).at_member()
            }
            Refused::UnknownEvent(name) => {
                let name: String = name.chars().take(100).collect();
                let detail = format!("{name:?} is not in the catalogue.");
                Self::new(unprocessable, Code::UnknownEvent, "The event is unknown", "event", detail).at_member()
            }
        }
    }
}

impl ResponseError for IngestError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        let busy = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(5);
        if let Some(seconds) = self.retry_after.or(busy) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED || !self.challenge.is_empty() {
            response.insert_header((WWW_AUTHENTICATE, format!("{CHALLENGE}{}", self.challenge)));
        }
        if self.field == "content-encoding" {
            // RFC 9110 §15.5.16: the codings that would have been accepted.
            response.insert_header((ACCEPT_ENCODING, "identity"));
        }
        // [`crate::http::middleware::error_bodies`] adds the body.
        let mut response = response.finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}

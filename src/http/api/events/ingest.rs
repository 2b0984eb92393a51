//! `POST /api/v1/events`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::ingest_error::IngestError;
use super::{loops, substatus};
use crate::delivery::{Accepted, Key, Posted};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::Incoming;
use crate::domain::id::EventId;
use crate::http::State;
use crate::http::api::auth::{self, Denied};
use crate::http::api::json_body::{self, Unread};

/// Accepts an event: answers 202 only after it and its deliveries are on disk.
pub async fn accept(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, IngestError> {
    let (token, known) = auth::sender(&state, &request).await.map_err(denied)?;
    if !json_body::is_json(&request) {
        let detail = "Send Content-Type: application/json.".to_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(IngestError::new(status, "unsupported_media_type", "The body is not JSON", "content-type", detail));
    }
    if let Some(coding) = json_body::unread_coding(&request) {
        return Err(IngestError::coding(&coding));
    }
    loops::refuse(&request)?;
    let key = idempotency_key(&request)?;
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    let bytes = json_body::read(&request, payload, limit).await.map_err(|unread| match unread {
        Unread::TooLarge => IngestError::too_large(limit),
        Unread::Broken => IngestError::incomplete(),
    })?;
    let substatus = substatus::of(&state, &bytes).await?;
    let event = Incoming::parse(bytes, &substatus)?;
    let delivery = request.headers().get("x-chatwoot-delivery").and_then(|value| value.to_str().ok());
    let key = match key {
        Some(text) => Some(Key::of_sender(text, &event.body)),
        None => delivery.and_then(|id| Key::of_delivery(None, id)),
    };
    let name = event.name;
    let accepted = state.engine.accept(Posted::of_token(event, token, key)).await?;
    if accepted == Accepted::SourceRevoked {
        state.ingest_tokens.forget(&known);
    }
    answer(name, accepted)
}

fn answer(name: EventName, accepted: Accepted) -> Result<HttpResponse, IngestError> {
    let body = |id: EventId, deliveries: usize| json!({ "id": id, "event": name, "deliveries": deliveries });
    match accepted {
        Accepted::New(id, deliveries) => Ok(HttpResponse::Accepted().json(body(id, deliveries))),
        Accepted::Replayed(id, deliveries) => {
            Ok(HttpResponse::Accepted().insert_header(("idempotent-replayed", "true")).json(body(id, deliveries)))
        }
        Accepted::SourceRevoked => Err(denied(Denied::Bad)),
        Accepted::KeyMismatch => Err(IngestError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_mismatch",
            "The idempotency key was used for another event",
            "idempotency-key",
            "The same key came with another body. Use a new key for a new event.".to_owned(),
        )),
    }
}

fn denied(denied: Denied) -> IngestError {
    let unauthorized = |detail: &str| {
        let status = StatusCode::UNAUTHORIZED;
        IngestError::new(status, "unauthorized", "A valid token is required", "authorization", detail.to_owned())
    };
    match denied {
        Denied::None => unauthorized("Send Authorization: Bearer TOKEN."),
        Denied::Bad => unauthorized("The token is unknown, revoked or expired."),
        Denied::Scope => {
            let (status, detail) = (StatusCode::FORBIDDEN, "The token's scope must be ingest or admin.".to_owned());
            IngestError::new(status, "forbidden", "The token may not send events", "authorization", detail)
        }
        Denied::Database(error) => error.into(),
    }
}

/// The idempotency key: 1 to 255 printable ASCII characters; `None` without the header.
fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, IngestError> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let good = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if good {
        return Ok(Some(text.to_owned()));
    }
    let detail = "An idempotency key is 1 to 255 printable ASCII characters.".to_owned();
    Err(IngestError::new(
        StatusCode::BAD_REQUEST,
        "invalid_key",
        "The idempotency key is not usable",
        "idempotency-key",
        detail,
    ))
}

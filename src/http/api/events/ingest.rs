//! `POST /api/v1/events`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::ingest_error::IngestError;
use super::{loops, substatus};
use crate::db;
use crate::delivery::{Accepted, Key, Posted};
use crate::domain::events::batch::{self, Format};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::Incoming;
use crate::domain::id::{EventId, TokenId};
use crate::domain::idempotency_key;
use crate::http::State;
use crate::http::api::auth::{self, Denied};
use crate::http::api::json_body::{self, Unread};

/// Accepts an event or a batch: answers 202 only after all of it that was accepted is on disk.
pub async fn accept(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, IngestError> {
    let (token, known) = auth::sender(&state, &request).await.map_err(denied)?;
    let is_lines = json_body::is_ndjson(&request);
    if !is_lines && !json_body::is_json(&request) {
        let detail = "Send Content-Type: application/json, or application/x-ndjson for a batch.".to_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(IngestError::new(status, "unsupported_media_type", "The body is not JSON", "content-type", detail));
    }
    if let Some(coding) = json_body::unread_coding(&request) {
        return Err(IngestError::coding(&coding));
    }
    loops::refuse(&request)?;
    let key = idempotency_key(&request)?;
    let bytes = json_body::read(&request, payload, batch::BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => IngestError::batch_too_large(),
        Unread::Broken => IngestError::incomplete(),
    })?;
    let sender = Sender { state: &state, token, key };
    let answer = if is_lines || batch::is_array(&bytes) {
        let format = if is_lines { Format::Lines } else { Format::Array };
        accept_batch(&sender, bytes, format).await
    } else {
        accept_one(&sender, &request, bytes).await
    };
    answer.map_err(|refused| match refused {
        Refused::Revoked => {
            state.ingest_tokens.forget(&known);
            denied(Denied::Bad)
        }
        Refused::Problem(problem) => problem,
    })
}

/// Who sends, and the key of the request.
struct Sender<'a> {
    state: &'a State,
    token: TokenId,
    key: Option<String>,
}

/// Why a request was refused after its body was read.
enum Refused {
    /// The token was revoked meanwhile.
    Revoked,
    Problem(IngestError),
}

impl<E: Into<IngestError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

async fn accept_one(sender: &Sender<'_>, request: &HttpRequest, bytes: Bytes) -> Result<HttpResponse, Refused> {
    let event = parse(sender, bytes).await?;
    let delivery = request.headers().get("x-chatwoot-delivery").and_then(|value| value.to_str().ok());
    let key = match &sender.key {
        Some(text) => Some(Key::of_sender(text.clone(), &event.body)),
        None => delivery.and_then(|id| Key::of_delivery(None, id)),
    };
    let name = event.name;
    let body = |id: EventId, deliveries: usize| json!({ "id": id, "event": name, "deliveries": deliveries });
    match sender.state.engine.accept(Posted::of_token(event, sender.token, key)).await? {
        Accepted::New(id, deliveries) => Ok(HttpResponse::Accepted().json(body(id, deliveries))),
        Accepted::Replayed(id, deliveries) => {
            Ok(HttpResponse::Accepted().insert_header(("idempotent-replayed", "true")).json(body(id, deliveries)))
        }
        Accepted::SourceRevoked => Err(Refused::Revoked),
        Accepted::KeyMismatch => Err(IngestError::key_mismatch("idempotency-key").into()),
    }
}

/// Answers with a list of what became of each item, in the order of the items.
async fn accept_batch(sender: &Sender<'_>, bytes: Bytes, format: Format) -> Result<HttpResponse, Refused> {
    let items = batch::split(bytes, format)?;
    let (mut read, mut posted) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for (place, item) in items.into_iter().enumerate() {
        read.push(read_item(sender, place, &item).await.map(|(name, event)| {
            posted.push(event);
            name
        }));
        // Other requests of this thread run in between.
        tokio::task::yield_now().await;
    }
    let accepted = if posted.is_empty() { Vec::new() } else { sender.state.engine.accept_all(posted).await? };
    if !accepted.is_empty() && accepted.iter().all(|one| matches!(one, Ok(Accepted::SourceRevoked))) {
        return Err(Refused::Revoked);
    }
    let mut accepted = accepted.into_iter();
    let answers: Vec<Value> = read
        .into_iter()
        .map(|read| match read {
            Ok(name) => outcome(name, accepted.next().unwrap_or(Err(db::Error::TaskFailed))),
            Err(refused) => refused.problem(),
        })
        .collect();
    Ok(HttpResponse::Accepted().json(answers))
}

async fn read_item(sender: &Sender<'_>, place: usize, item: &Bytes) -> Result<(EventName, Posted), IngestError> {
    let item = batch::item(item)?;
    let event = parse(sender, item.body).await?;
    let key = match (item.idempotency_key, &sender.key) {
        (Some(own), _) => Some(Key::of_sender(own, &event.body)),
        (None, Some(key)) => Some(Key::of_batch(key, place, &event.body)),
        (None, None) => None,
    };
    Ok((event.name, Posted::of_token(event, sender.token, key)))
}

fn outcome(name: EventName, accepted: Result<Accepted, db::Error>) -> Value {
    let (id, deliveries, replayed) = match accepted {
        Ok(Accepted::New(id, deliveries)) => (id, deliveries, false),
        Ok(Accepted::Replayed(id, deliveries)) => (id, deliveries, true),
        Ok(Accepted::SourceRevoked) => return denied(Denied::Bad).problem(),
        Ok(Accepted::KeyMismatch) => return IngestError::key_mismatch("idempotency_key").problem(),
        Err(error) => return IngestError::from(error).problem(),
    };
    json!({ "status": 202, "id": id, "event": name, "deliveries": deliveries, "replayed": replayed })
}

async fn parse(sender: &Sender<'_>, body: Bytes) -> Result<Incoming, IngestError> {
    let limit = usize::try_from(sender.state.web.max_payload).unwrap_or(usize::MAX);
    if body.len() > limit {
        return Err(IngestError::too_large(limit));
    }
    let substatus = substatus::of(sender.state, &body).await?;
    Ok(Incoming::parse(body, &substatus)?)
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

/// The idempotency key; `None` without the header.
fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, IngestError> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| idempotency_key::is_valid(text));
    text.map(|text| Some(text.to_owned())).ok_or_else(|| IngestError::invalid_key("idempotency-key"))
}

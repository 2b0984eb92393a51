//! `POST /api/v1/events`.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::ingest_error::IngestError;
use super::{loops, substatus};
use crate::db;
use crate::delivery::{Accepted, Key, Posted};
use crate::domain::events::batch::{self, Format};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::{Incoming, may_tell_of_changes};
use crate::domain::id::{EventId, TokenId};
use crate::domain::idempotency_key;
use crate::http::State;
use crate::http::api::auth::{self, Denied};
use crate::http::api::error_code::Code;
use crate::http::api::json_body::{self, Gathering};

/// Accepts an event or a batch: answers 202 only after all of it that was accepted is on disk.
pub async fn accept(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, IngestError> {
    let (token, known) = auth::sender(&state, &request).await.map_err(denied)?;
    let is_lines = json_body::is_ndjson(&request);
    if !is_lines && !json_body::is_json(&request) {
        let detail = "Send Content-Type: application/json, or application/x-ndjson for a batch.".to_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(IngestError::new(
            status,
            Code::UnsupportedMediaType,
            "The body is not JSON",
            "content-type",
            detail,
        ));
    }
    if let Some(coding) = json_body::unread_coding(&request) {
        return Err(IngestError::coding(&coding));
    }
    loops::refuse(&request)?;
    let key = idempotency_key(&request)?;
    let is_batch = |begin: &[u8]| is_lines || batch::is_array(begin);
    let (bytes, _memory) = read(&state, &request, payload, is_batch).await?;
    let sender = Sender { state: &state, token, key };
    let answer = if is_batch(&bytes) {
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

/// Reads the body: of an event up to `--max-payload` bytes. A batch may have more, for which it takes memory that all batches
/// share, until it is answered.
async fn read(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    is_batch: impl Fn(&[u8]) -> bool,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), IngestError> {
    let mut body = Gathering::begin(request, payload);
    if body.declares_more_than(batch::BYTES_MAX) {
        return Err(IngestError::body_too_large());
    }
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    if body.read_to(limit).await? {
        return Ok((body.into_bytes(), None));
    }
    if !is_batch(body.bytes()) {
        return Err(IngestError::too_large(limit));
    }
    let memory = state.batch_memory.take(body.expected(batch::BYTES_MAX)).await.ok_or_else(IngestError::overloaded)?;
    if body.read_to(batch::BYTES_MAX).await? {
        Ok((body.into_bytes(), Some(memory)))
    } else {
        Err(IngestError::body_too_large())
    }
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
    check_size(sender.state, &bytes)?;
    let substatus = substatus::of(sender.state, &bytes).await?;
    let event = Incoming::parse(bytes, &substatus)?;
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
    let mut reader = ItemReader { sender, substatus: None, keyless: HashMap::new() };
    for item in items {
        read.push(reader.read(&item).await.map(|(name, event)| {
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

/// Reads the items of a batch one after the other.
struct ItemReader<'a> {
    sender: &'a Sender<'a>,
    /// The name of the attribute, once an item needs it.
    substatus: Option<String>,
    /// How many items without a key of their own have this body.
    keyless: HashMap<Bytes, usize>,
}

impl ItemReader<'_> {
    async fn read(&mut self, item: &Bytes) -> Result<(EventName, Posted), IngestError> {
        let item = batch::item(item)?;
        check_size(self.sender.state, &item.body)?;
        if self.substatus.is_none() && may_tell_of_changes(&item.body) {
            self.substatus = Some(substatus::of(self.sender.state, &item.body).await?);
        }
        let event = Incoming::parse(item.body, self.substatus.as_deref().unwrap_or_default())?;
        let key = match (item.idempotency_key, &self.sender.key) {
            (Some(own), _) => Some(Key::of_sender(own, &event.body)),
            (None, Some(key)) => {
                let equal = self.keyless.entry(event.body.clone()).or_default();
                *equal += 1;
                Some(Key::of_batch(key, *equal - 1, &event.body))
            }
            (None, None) => None,
        };
        Ok((event.name, Posted::of_token(event, self.sender.token, key)))
    }
}

fn outcome(name: EventName, accepted: Result<Accepted, db::Error>) -> Value {
    let (id, deliveries, replayed) = match accepted {
        Ok(Accepted::New(id, deliveries)) => (id, deliveries, false),
        Ok(Accepted::Replayed(id, deliveries)) => (id, deliveries, true),
        Ok(Accepted::SourceRevoked) => return denied(Denied::Bad).problem(),
        Ok(Accepted::KeyMismatch) => return IngestError::key_mismatch("idempotency_key").at_member().problem(),
        Err(error) => return IngestError::from(error).problem(),
    };
    json!({ "status": 202, "id": id, "event": name, "deliveries": deliveries, "replayed": replayed })
}

fn check_size(state: &State, body: &Bytes) -> Result<(), IngestError> {
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    if body.len() > limit { Err(IngestError::too_large(limit)) } else { Ok(()) }
}

fn denied(denied: Denied) -> IngestError {
    let unauthorized = |detail: &str| {
        let status = StatusCode::UNAUTHORIZED;
        IngestError::new(status, Code::Unauthorized, "A valid token is required", "authorization", detail.to_owned())
    };
    match denied {
        Denied::None => unauthorized("Send Authorization: Bearer TOKEN."),
        Denied::Bad => {
            unauthorized("The token is unknown, revoked or expired.").with_challenge(", error=\"invalid_token\"")
        }
        Denied::Scope(_) => {
            let (status, detail) = (StatusCode::FORBIDDEN, "The token needs the scope ingest or admin.".to_owned());
            IngestError::new(status, Code::Forbidden, "The token may not send events", "authorization", detail)
                .with_challenge(", error=\"insufficient_scope\", scope=\"ingest\"")
        }
        Denied::TooMany(wait) => IngestError::too_many_wrong_tokens(wait),
        Denied::Database(error) => error.into(),
    }
}

/// The idempotency key; `None` without the header.
fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, IngestError> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| idempotency_key::is_valid(text));
    text.map(|text| Some(text.to_owned())).ok_or_else(|| IngestError::invalid_key("idempotency-key"))
}

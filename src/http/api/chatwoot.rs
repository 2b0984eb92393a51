//! `POST /ingest/chatwoot/{key}`: the events of a connected Chatwoot (docs/reference/ingest.md, "Chatwoot").

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::error_code::Code;
use super::events::ingest_error::IngestError;
use super::events::{loops, substatus};
use super::json_body::{self, Unread};
use crate::clock;
use crate::db::chatwoot;
use crate::delivery::{Accepted, Key, Posted};
use crate::domain::accounts::api_token;
use crate::domain::chatwoot::account;
use crate::domain::chatwoot::connection::{Doorway, Refusal, is_key};
use crate::domain::chatwoot::signature::{self, SignedHeaders};
use crate::domain::events::incoming::{Incoming, Refused};
use crate::http::State;

/// The largest body. Chatwoot repeats the last message in its conversation, with up to 150,000 characters each.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A request that is refused: why, for the page of the connection, and the answer.
type Refusing = (Refusal, IngestError);

/// Accepts an event: answers 200 with an empty body only after it and its deliveries are on disk, because Chatwoot does not
/// send an event again. An event that the catalogue does not have is counted and not stored.
pub async fn accept(
    state: Data<State>,
    request: HttpRequest,
    key: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, IngestError> {
    let Some(doorway) = doorway(&state, &key).await? else {
        state.engine.count_wrong_key();
        return Err(unauthorized("The key in the path belongs to no connection."));
    };
    match take_in(&state, &request, payload, &doorway).await {
        Ok(()) => Ok(HttpResponse::Ok().finish()),
        Err((reason, error)) => {
            tracing::debug!(connection = doorway.id.0, reason = reason.as_str(), "event of a Chatwoot refused");
            state.engine.count_refusal(doorway.id, reason);
            Err(error)
        }
    }
}

async fn doorway(state: &State, key: &str) -> Result<Option<Doorway>, IngestError> {
    if !is_key(key) {
        return Ok(None);
    }
    let (hash, now, secret_box) = (api_token::hash(key), clock::now(), state.db.secret_box());
    Ok(state.db.read(move |conn| chatwoot::doorway(conn, &secret_box, &hash, now)).await?)
}

async fn take_in(state: &State, request: &HttpRequest, payload: Payload, doorway: &Doorway) -> Result<(), Refusing> {
    if doorway.is_disconnected {
        return Err((Refusal::Disconnected, unauthorized("The connection was ended.")));
    }
    loops::refuse(request).map_err(|error| (Refusal::InvalidBody, error))?;
    let body = body(request, payload).await?;
    let headers = SignedHeaders {
        timestamp: header(request, "x-chatwoot-timestamp"),
        signature: header(request, "x-chatwoot-signature"),
    };
    signature::check(headers, &body, &doorway.secrets, clock::now()).map_err(|reason| (reason, unsigned(reason)))?;
    if let (Some(expected), Some(found)) = (doorway.account_id, account::of(&body))
        && found != expected.to_string()
    {
        return Err((Refusal::OtherAccount, other_account()));
    }
    let not_stored = |error: IngestError| (Refusal::NotStored, error);
    let key = Key::of_chatwoot(doorway.id, header(request, "x-chatwoot-delivery"), &body);
    let substatus = substatus::of_chatwoot(state, &body).await.map_err(not_stored)?;
    let event = match Incoming::parse(body, &substatus) {
        Ok(event) => event,
        Err(Refused::UnknownEvent(name)) => {
            state.engine.count_unknown_event(doorway.id, &name);
            return Ok(());
        }
        Err(refused) => return Err((Refusal::InvalidBody, IngestError::from(refused).with_bad_request())),
    };
    let posted = Posted::of_chatwoot(event, doorway.id, Some(key), &substatus);
    match state.engine.accept(posted).await.map_err(|error| not_stored(error.into()))? {
        Accepted::New(..) | Accepted::Replayed(..) | Accepted::KeyMismatch => {
            state.engine.count_arrival(doorway.id);
            Ok(())
        }
        Accepted::SourceRevoked => Err((Refusal::Disconnected, unauthorized("The connection was ended."))),
    }
}

/// The bytes of the body, over which the signature goes. The content type is not checked: the key and the signature show who
/// sends, and a proxy may have changed it.
async fn body(request: &HttpRequest, payload: Payload) -> Result<Bytes, Refusing> {
    if let Some(coding) = json_body::unread_coding(request) {
        return Err((Refusal::InvalidBody, IngestError::coding(&coding)));
    }
    json_body::read(request, payload, BODY_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => (Refusal::TooLarge, IngestError::too_large(BODY_BYTES_MAX)),
        Unread::Broken => (Refusal::Incomplete, IngestError::incomplete()),
    })
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn unauthorized(detail: &str) -> IngestError {
    IngestError::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, "The sender is not known", "key", detail.to_owned())
}

fn unsigned(reason: Refusal) -> IngestError {
    let detail = match reason {
        Refusal::SignatureMissing => "X-Chatwoot-Timestamp or X-Chatwoot-Signature is missing or malformed.",
        Refusal::Stale => "X-Chatwoot-Timestamp differs from the clock by more than 300 seconds.",
        _ => "X-Chatwoot-Signature is not that of the body.",
    };
    let status = StatusCode::UNAUTHORIZED;
    IngestError::new(
        status,
        Code::Unauthorized,
        "The signature is not valid",
        "x-chatwoot-signature",
        detail.to_owned(),
    )
}

fn other_account() -> IngestError {
    let detail = "The event is one of another account than that of the connection.".to_owned();
    IngestError::new(StatusCode::FORBIDDEN, Code::Forbidden, "Another account", "account.id", detail)
}

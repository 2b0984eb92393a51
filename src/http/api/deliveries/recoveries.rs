//! `/api/v1/accounts/1/webhooks/{id}/recoveries` and `/api/v1/accounts/1/recoveries/{id}`: send again what failed since
//! a time.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::db::WriteError;
use crate::db::deliveries as db;
use crate::db::deliveries::recoveries::{Part, Recovery, Wanted};
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject};
use crate::http::api::names::body_members;
use crate::http::middleware::idempotency::Once;
use crate::operations::recoveries::{self, Refused};

type WebhookIds = Path<(String, WebhookId)>;
type Ids = Path<(String, RecoveryId)>;

body_members!(Start: "since");

/// Starts a recovery of one webhook: 202 with its id and count; with a count of 0 nothing is started, and `id` is null.
pub async fn start(
    state: Data<State>,
    _caller: Caller,
    ids: WebhookIds,
    once: Once,
    object: JsonObject<Start>,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let since = object.get("since").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let since = since.ok_or_else(|| {
        ApiError::invalid("since", Code::Invalid, "since must be a time such as 2026-11-21T09:00:00Z")
    })?;
    let wanted = Wanted {
        webhook: Some(id),
        event: None,
        inbox: None,
        since: Timestamp::from_micros(since.as_microsecond()),
        until: state.engine.now(),
    };
    let (id, count) = match recoveries::start(&state.db, wanted, once.0.as_ref()).await {
        Ok(recovery) => (Some(recovery.id), recovery.total),
        Err(WriteError::Refused(Refused::NothingFailed)) => (None, 0),
        Err(WriteError::Refused(Refused::NotFound)) => return Err(ApiError::not_found()),
        Err(WriteError::Refused(Refused::WebhookOff)) => {
            return Err(ApiError::plain(StatusCode::CONFLICT, Code::WebhookOff, "The webhook is off"));
        }
        Err(WriteError::Database(error)) => return Err(error.into()),
    };
    Ok(HttpResponse::Accepted().json(json!({ "payload": { "recovery": { "id": id, "count": count } } })))
}

/// The progress of a recovery.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    answer(&state, ids.1).await
}

/// Cancels a recovery; deliveries that it has made already continue.
pub async fn cancel(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    recoveries::cancel(&state.db, ids.1).await?;
    answer(&state, ids.1).await
}

async fn answer(state: &State, id: RecoveryId) -> Result<HttpResponse, ApiError> {
    let found = state.db.read(move |conn| db::recoveries::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "recovery": shape(&found) } })))
}

fn shape(recovery: &Recovery) -> Value {
    let unsent = |part: &Part| json!({ "webhook_id": part.webhook, "count": part.left, "because": part.unsent });
    json!({
        "id": recovery.id,
        "webhook_id": recovery.webhook,
        "status": recovery.state(),
        "count": recovery.total,
        "sent": recovery.sent,
        "delivered": recovery.delivered,
        "failed": recovery.failed,
        "unsent": recovery.parts.iter().map(unsent).collect::<Vec<_>>(),
        "started_at": recovery.started_at,
        "ended_at": recovery.ended_at,
    })
}

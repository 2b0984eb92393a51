//! `/api/v1/accounts/1/webhooks/{id}/recoveries` and `/api/v1/accounts/1/recoveries/{id}`: send again what failed since
//! a time.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::clock;
use crate::db::deliveries::recoveries::{self, Recovery, Wanted};
use crate::db::webhooks;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::management::{ApiError, Caller, Object};

type Ids = Path<(String, i64)>;

/// Starts a recovery of one webhook: 202 with its id and count; with a count of 0 nothing is started, and `id` is null.
pub async fn start(state: Data<State>, _caller: Caller, ids: Ids, object: Object) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let since = object.0.get("since").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let since = since.ok_or_else(|| ApiError::invalid("since", "since must be a time such as 2026-11-21T09:00:00Z"))?;
    let now = clock::now();
    let wanted = Wanted {
        webhook: Some(id),
        event: None,
        inbox: None,
        since: Timestamp::from_micros(since.as_microsecond()),
        until: now,
    };
    let begun = state.db.write(move |conn| {
        let Some(webhook) = webhooks::find(conn, id)? else { return Ok(None) };
        if !webhook.enabled {
            return Ok(Some(None));
        }
        Ok(Some(Some(recoveries::start(conn, &wanted, now)?)))
    });
    match begun.await? {
        None => Err(ApiError::not_found()),
        Some(None) => Err(ApiError::plain(StatusCode::CONFLICT, "The webhook is off")),
        Some(Some(begun)) => {
            let (id, count) = begun.map_or((None, 0), |(id, count)| (Some(id), count));
            Ok(HttpResponse::Accepted().json(json!({ "payload": { "recovery": { "id": id, "count": count } } })))
        }
    }
}

/// The progress of a recovery.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let found = state.db.read(move |conn| recoveries::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "recovery": shape(&found) } })))
}

/// Cancels a recovery; deliveries that it has made already continue.
pub async fn cancel(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let found = state.db.write(move |conn| {
        recoveries::cancel(conn, id, clock::now())?;
        recoveries::find(conn, id)
    });
    let found = found.await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "recovery": shape(&found) } })))
}

fn shape(recovery: &Recovery) -> Value {
    let state = match (recovery.ended_at, recovery.cancelled) {
        (None, _) => "running",
        (Some(_), true) => "cancelled",
        (Some(_), false) => "done",
    };
    json!({
        "id": recovery.id,
        "webhook_id": recovery.webhook,
        "status": state,
        "count": recovery.total,
        "sent": recovery.sent,
        "delivered": recovery.delivered,
        "failed": recovery.failed,
        "started_at": recovery.started_at,
        "ended_at": recovery.ended_at,
    })
}

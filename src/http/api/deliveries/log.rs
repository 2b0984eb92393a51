//! `/api/v1/accounts/1/deliveries`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::db::deliveries::log;
use crate::db::deliveries::log::Line;
use crate::db::deliveries::log::related::Related;
use crate::db::{DbConnection, Error, events, webhooks};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject, limit};
use crate::http::api::names::NoMembers;
use crate::http::api::response_json::{self, WithPayload, envelope};
use crate::http::middleware::idempotency::Once;
use crate::http::request::log_query::{LogQuery, Parsed};
use crate::operations::{cancellation, redelivery};

type Ids = Path<(String, String)>;

/// The log, newest first.
pub async fn list(state: Data<State>, caller: Caller<LogQuery>) -> Result<HttpResponse, ApiError> {
    let query = caller.query;
    let limit = limit(query.limit.as_deref())?;
    let now = state.engine.now();
    let Parsed { filter, cursor, unrecognised, .. } = query.parse("UTC", now);
    ApiError::check_filters(&unrecognised)?;
    let permit = state.search_permit(&filter).await?;
    let page = state.db.read(move |conn| {
        let _permit = permit;
        let page = log::page(conn, &filter, cursor, limit, now)?;
        let related = related(conn, &page.lines)?;
        Ok((page, related))
    });
    let (page, related) = page.await?;
    let next = page.next.and_then(|id| cursor.beyond(id).written());
    let list: Vec<Value> = page.lines.iter().map(|line| response_json::line(line, &related)).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next })))
}

fn related(conn: &mut DbConnection, lines: &[Line]) -> Result<Related, Error> {
    Related::of(conn, &lines.iter().map(|line| &line.delivery).collect::<Vec<_>>())
}

/// One delivery with its payload and attempts.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let (id, now) = (id(&ids)?, state.engine.now());
    let shape = state.db.read(move |conn| whole(conn, id, now)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(envelope("delivery", shape)))
}

fn whole(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<Option<WithPayload>, Error> {
    let Some((delivery, attempts)) = log::attempts::with_attempts(conn, id)? else { return Ok(None) };
    let body = events::body(conn, delivery.event_id)?;
    let progress = webhooks::health::obstacles(conn, &[delivery.webhook_id], now)?.progress(&delivery);
    let related = Related::of(conn, &[&delivery])?;
    Ok(Some(WithPayload::delivery(&delivery, progress, &related, body.as_deref(), &attempts)))
}

/// Sends the event of a delivery again: 202 with the new delivery.
pub async fn send_again(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    _body: JsonObject<NoMembers>,
) -> Result<HttpResponse, ApiError> {
    let made = redelivery::make(&state.db, &state.engine, id(&ids)?, once.0.as_ref()).await?;
    accepted(&state, made.id).await
}

/// 202 with a delivery that was made, and its address.
pub async fn accepted(state: &State, id: DeliveryId) -> Result<HttpResponse, ApiError> {
    let (location, body) = (format!("/api/v1/accounts/1/deliveries/{id}"), listed(state, id).await?);
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(body))
}

/// Cancels a pending delivery: 200 with the delivery.
pub async fn cancel(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    _body: JsonObject<NoMembers>,
) -> Result<HttpResponse, ApiError> {
    let id = id(&ids)?;
    cancellation::cancel(&state.db, id, once.0).await?;
    Ok(HttpResponse::Ok().json(listed(&state, id).await?))
}

async fn listed(state: &State, id: DeliveryId) -> Result<Value, ApiError> {
    let now = state.engine.now();
    let loaded = state.db.read(move |conn| {
        let Some(line) = log::line(conn, id, now)? else { return Ok(None) };
        let related = related(conn, std::slice::from_ref(&line))?;
        Ok(Some((line, related)))
    });
    let (line, related) = loaded.await?.ok_or_else(ApiError::not_found)?;
    Ok(json!({ "payload": { "delivery": response_json::line(&line, &related) } }))
}

impl From<redelivery::Refused> for ApiError {
    fn from(refused: redelivery::Refused) -> Self {
        use redelivery::Refused;
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::NoWebhook => {
                Self::invalid("webhook_id", Code::UnknownWebhook, "webhook_id is not the id of a webhook")
            }
            Refused::WebhookDeleted => Self::plain(StatusCode::GONE, Code::WebhookDeleted, "The webhook was deleted"),
            Refused::WebhookOff => Self::plain(StatusCode::CONFLICT, Code::WebhookOff, "The webhook is off"),
            Refused::Test => Self::plain(StatusCode::CONFLICT, Code::TestDelivery, "A test event is sent by the test"),
        }
    }
}

impl From<cancellation::Refused> for ApiError {
    fn from(refused: cancellation::Refused) -> Self {
        match refused {
            cancellation::Refused::NotFound => Self::not_found(),
            cancellation::Refused::HasEnded => {
                Self::plain(StatusCode::CONFLICT, Code::DeliveryEnded, "The delivery has ended")
            }
        }
    }
}

fn id(ids: &Ids) -> Result<DeliveryId, ApiError> {
    ids.1.parse().map_err(|_| ApiError::not_found())
}

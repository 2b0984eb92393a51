//! `/api/v1/accounts/1/deliveries`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::db::deliveries::log;
use crate::db::{DbConnection, events, webhooks};
use crate::domain::id::DeliveryId;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject, limit};
use crate::http::api::names::NoMembers;
use crate::http::api::response_json::{self, WholeDelivery, envelope};
use crate::http::middleware::idempotency::Once;
use crate::http::request::log_query::{LogQuery, Parsed};
use crate::operations::redelivery::{self, Refused};

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
        log::page(conn, &filter, cursor, limit, now)
    });
    let page = page.await?;
    let next = page.next.and_then(|id| cursor.beyond(id).written());
    let list: Vec<Value> = page.lines.iter().map(response_json::line).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next })))
}

/// One delivery with its payload and attempts.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let (id, now) = (id(&ids)?, state.engine.now());
    let shape = state
        .db
        .read(move |conn| {
            let Some((delivery, attempts)) = log::attempts::with_attempts(conn, id)? else { return Ok(None) };
            let body = events::body(conn, delivery.event_id)?;
            let progress = webhooks::health::obstacles(conn, &[delivery.webhook_id], now)?.progress(&delivery);
            Ok(Some(WholeDelivery::new(&delivery, progress, body.as_deref(), &attempts)))
        })
        .await?;
    let shape = shape.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(envelope("delivery", shape)))
}

/// Sends the event of a delivery again: 202 with the new delivery.
pub async fn send_again(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    _body: JsonObject<NoMembers>,
) -> Result<HttpResponse, ApiError> {
    let delivery = redelivery::make(&state.db, &state.engine, id(&ids)?, once.0.as_ref()).await?;
    let (made, now) = (delivery.clone(), state.engine.now());
    let obstacles = move |conn: &mut DbConnection| webhooks::health::obstacles(conn, &[made.webhook_id], now);
    let progress = state.db.read(obstacles).await?.progress(&delivery);
    Ok(HttpResponse::Accepted()
        .json(json!({ "payload": { "delivery": response_json::delivery(&delivery, progress) } })))
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::WebhookOff => Self::plain(StatusCode::CONFLICT, Code::WebhookOff, "The webhook is off"),
            Refused::Test => Self::plain(StatusCode::CONFLICT, Code::TestDelivery, "A test event is sent by the test"),
        }
    }
}

fn id(ids: &Ids) -> Result<DeliveryId, ApiError> {
    ids.1.parse().map_err(|_| ApiError::not_found())
}

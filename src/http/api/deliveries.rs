//! `/api/v1/accounts/1/deliveries`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde_json::{Value, json};

use super::management::{ApiError, Caller};
use super::shapes;
use crate::clock;
use crate::db::log::Cursor;
use crate::db::{events, log};
use crate::domain::id::DeliveryId;
use crate::http::State;
use crate::http::log_query::{LogQuery, Parsed};
use crate::http::pages::redelivery::{self, Refused};

type Ids = Path<(String, String)>;

/// Lines of a page, if the client names no number.
const PAGE: usize = 25;

/// The log, newest first.
pub async fn list(state: Data<State>, _caller: Caller, query: Query<LogQuery>) -> Result<HttpResponse, ApiError> {
    let limit = match query.limit.as_deref().unwrap_or_default() {
        "" => PAGE,
        text => text
            .parse()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| ApiError::invalid("limit", "limit must be 1 to 100"))?,
    };
    let Parsed { filter, cursor, odd, .. } = query.parse("UTC", clock::now());
    if let Some(name) = odd.first() {
        return Err(ApiError::invalid(name, &format!("{name} is not known")));
    }
    let page = state.db.read(move |conn| log::page(conn, &filter, cursor, limit)).await?;
    // It leads on in the same direction.
    let next = page.next.map(|id| match cursor {
        Cursor::Newest | Cursor::Before(_) => id.to_string(),
        Cursor::After(_) => format!("after-{id}"),
    });
    let list: Vec<Value> = page.lines.iter().map(shapes::line).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next })))
}

/// One delivery with its payload and attempts.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = id(&ids)?;
    let shape = state
        .db
        .read(move |conn| {
            let Some((delivery, attempts)) = log::whole(conn, id)? else { return Ok(None) };
            let body = events::body(conn, delivery.event_id)?;
            Ok(Some(shapes::whole_delivery(&delivery, body.as_deref(), &attempts)))
        })
        .await?;
    let shape = shape.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "delivery": shape } })))
}

/// Sends a delivery's event again: 202 with the new delivery.
pub async fn send_again(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    match redelivery::make(&state, id(&ids)?).await? {
        Ok(delivery) => {
            Ok(HttpResponse::Accepted().json(json!({ "payload": { "delivery": shapes::delivery(&delivery) } })))
        }
        Err(Refused::NotFound) => Err(ApiError::not_found()),
        Err(Refused::WebhookOff) => Err(ApiError::plain(StatusCode::CONFLICT, "The webhook is off")),
        Err(Refused::Test) => Err(ApiError::plain(StatusCode::CONFLICT, "A test event is sent by the test")),
    }
}

fn id(ids: &Ids) -> Result<DeliveryId, ApiError> {
    ids.1.parse().map_err(|_| ApiError::not_found())
}

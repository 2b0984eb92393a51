//! `/api/v1/accounts/1/events`: accepted events.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use crate::db::deliveries::log;
use crate::db::deliveries::log::related::Related;
use crate::db::events::received::{self, Line};
use crate::db::{DbConnection, Error, events, inboxes};
use crate::domain::cursor::Cursor;
use crate::domain::id::{EventId, InboxId, WebhookId};
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::deliveries;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject, limit};
use crate::http::api::names::body_members;
use crate::http::api::response_json::{self, WithPayload, envelope};
use crate::http::middleware::idempotency::Once;
use crate::http::request::received_query::{Parsed, ReceivedQuery};
use crate::operations::redelivery;

type Ids = Path<(String, String)>;

body_members!(Send: "webhook_id");

/// Accepted events, newest first.
pub async fn list(state: Data<State>, caller: Caller<ReceivedQuery>) -> Result<HttpResponse, ApiError> {
    let query = caller.query;
    let limit = limit(query.limit.as_deref())?;
    let Parsed { filter, cursor, unrecognised } = query.parse("UTC");
    ApiError::check_filters(&unrecognised)?;
    let page = state.db.read(move |conn| {
        let page = received::page(conn, &filter, cursor, limit)?;
        let inboxes = inboxes::by_id(conn, &page.lines.iter().filter_map(|line| line.inbox_id).collect::<Vec<_>>())?;
        Ok((page, inboxes))
    });
    let (page, inboxes) = page.await?;
    // The next page is in the direction of the cursor.
    let next = if matches!(cursor, Cursor::After(_)) { page.newer } else { page.older };
    let list: Vec<Value> = page.lines.iter().map(|line| shape(line, &inboxes)).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next.and_then(|cursor| cursor.written()) })))
}

/// One event with its payload and deliveries.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let (id, now) = (id(&ids)?, state.engine.now());
    let shape = state.db.read(move |conn| whole(conn, id, now)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(envelope("event", shape)))
}

fn whole(conn: &mut DbConnection, id: EventId, now: Timestamp) -> Result<Option<WithPayload>, Error> {
    let Some(line) = received::find(conn, id)? else { return Ok(None) };
    let body = events::body(conn, id)?;
    let derived = received::derived(conn, id)?.iter().map(|(id, _)| json!(id)).collect();
    let deliveries = received::deliveries(conn, id)?;
    let lines = log::lines(conn, deliveries, now)?;
    let related = Related::of(conn, &lines.iter().map(|line| &line.delivery).collect::<Vec<_>>())?;
    let inboxes = inboxes::by_id(conn, &line.inbox_id.into_iter().collect::<Vec<_>>())?;
    let deliveries = lines.iter().map(|line| response_json::line(line, &related)).collect();
    let event = WithPayload::new(shape(&line, &inboxes), body.as_deref());
    Ok(Some(event.with("derived", derived).with("deliveries", deliveries)))
}

/// Sends the event to a webhook, even if its subscriptions and inboxes do not match: 202 with the new delivery.
pub async fn send(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    object: JsonObject<Send>,
) -> Result<HttpResponse, ApiError> {
    let id = id(&ids)?;
    let webhook = object.get("webhook_id").and_then(Value::as_i64).map(WebhookId);
    let webhook = webhook
        .ok_or_else(|| ApiError::invalid("webhook_id", Code::Invalid, "webhook_id must be the id of a webhook"))?;
    let made = redelivery::send_to(&state.db, &state.engine, id, webhook, once.0.as_ref()).await?;
    deliveries::log::accepted(&state, made.id).await
}

fn shape(line: &Line, inboxes: &HashMap<InboxId, Inbox>) -> Value {
    json!({
        "id": line.id,
        "event": line.event,
        "inbox_id": line.inbox_id,
        "inbox": response_json::named_inbox(line.inbox_id.and_then(|id| inboxes.get(&id))),
        "derived_from": line.derived_from,
        "size": line.size,
        "delivery_count": line.deliveries,
        "unmatched": line.unmatched,
        "test": line.test,
        "created_at": line.created_at,
    })
}

fn id(ids: &Ids) -> Result<EventId, ApiError> {
    ids.1.parse().map_err(|_| ApiError::not_found())
}

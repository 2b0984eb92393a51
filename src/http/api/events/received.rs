//! `/api/v1/accounts/1/received`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use crate::db::events::received::{self, Line};
use crate::domain::cursor::Cursor;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::management::{Caller, limit};
use crate::http::request::received_query::{Parsed, ReceivedQuery};

/// Accepted events, newest first.
pub async fn list(state: Data<State>, caller: Caller<ReceivedQuery>) -> Result<HttpResponse, ApiError> {
    let query = caller.query;
    let limit = limit(query.limit.as_deref())?;
    let Parsed { filter, cursor, unrecognised } = query.parse("UTC");
    ApiError::check_filters(&unrecognised)?;
    let page = state.db.read(move |conn| received::page(conn, &filter, cursor, limit)).await?;
    // The next page is in the direction of the cursor.
    let next = if matches!(cursor, Cursor::After(_)) { page.newer } else { page.older };
    let list: Vec<Value> = page.lines.iter().map(shape).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next.and_then(|cursor| cursor.written()) })))
}

fn shape(line: &Line) -> Value {
    json!({
        "id": line.id,
        "event": line.event,
        "inbox_id": line.inbox_id,
        "derived_from": line.derived_from,
        "size": line.size,
        "deliveries": line.deliveries,
        "unmatched": line.unmatched,
        "test": line.test,
        "created_at": line.created_at,
    })
}

//! `/api/v1/accounts/1/received`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde_json::{Value, json};

use super::management::{ApiError, Caller};
use crate::db::received::{self, Cursor, Line};
use crate::http::State;
use crate::http::received_query::{ReceivedQuery, written};

/// Lines of a page, if the client names no number.
const PAGE: usize = 25;

/// Accepted events, newest first.
pub async fn list(state: Data<State>, _caller: Caller, query: Query<ReceivedQuery>) -> Result<HttpResponse, ApiError> {
    let limit = match query.limit.as_deref().unwrap_or_default() {
        "" => PAGE,
        text => text
            .parse()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| ApiError::invalid("limit", "limit must be 1 to 100"))?,
    };
    let unknown = |name: &'static str| ApiError::invalid(name, &format!("{name} is not known"));
    let (filter, cursor) = query.parse("UTC").map_err(unknown)?;
    let page = state.db.read(move |conn| received::page(conn, &filter, cursor, limit)).await?;
    // It leads on in the same direction.
    let next = if matches!(cursor, Cursor::After(_)) { page.newer } else { page.older };
    let list: Vec<Value> = page.lines.iter().map(shape).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next.and_then(written) })))
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

//! `/api/v1/accounts/1/webhooks/{id}/statistics`: what happened to the deliveries of a webhook, hour by hour, and now.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::db::deliveries::{hourly_counts, statistics};
use crate::db::{DbConnection, Error, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::chart_range::Range;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::Caller;
use crate::http::request::log_query::given;

type Ids = Path<(String, WebhookId)>;

/// The query: `range` is `24h` (the default) or `7d`.
#[derive(Deserialize)]
pub struct Asked {
    range: Option<String>,
}

/// The hours of the range, oldest first, and the number of pending deliveries in each state.
pub async fn show(state: Data<State>, caller: Caller<Asked>, ids: Ids) -> Result<HttpResponse, ApiError> {
    let range = match given(&caller.query.range) {
        None => Range::Day,
        Some(text) => {
            Range::parse(text).ok_or_else(|| ApiError::parameter("range", Code::Invalid, "range must be 24h or 7d"))?
        }
    };
    let id = ids.1;
    let now = state.engine.now();
    let statistics = state.db.read(move |conn| load(conn, id, range, now)).await?;
    let statistics = statistics.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "statistics": statistics } })))
}

fn load(conn: &mut DbConnection, id: WebhookId, range: Range, now: Timestamp) -> Result<Option<Value>, Error> {
    if webhooks::health::find(conn, id)?.is_none() {
        return Ok(None);
    }
    let first = hourly_counts::of(now) + 1 - range.hours();
    let counted = hourly_counts::since(conn, &[id], first)?;
    let hours = (first..first + range.hours()).map(|hour| {
        let found = counted.iter().find(|counted| counted.hour == hour);
        json!({
            "hour": hourly_counts::begin(hour),
            "success": found.map_or(0, |counted| counted.delivered),
            "failed": found.map_or(0, |counted| counted.failed),
            "failed_attempts": found.map_or(0, |counted| counted.failed_attempts),
        })
    });
    let hours: Vec<Value> = hours.collect();
    let open = statistics::open(conn, Some(id), now)?;
    Ok(Some(json!({
        "range": range,
        "hours": hours,
        "now": { "queued": open.queued, "retrying": open.retrying, "waiting": open.waiting, "held": open.held },
    })))
}

//! `/api/v1/accounts/1/webhooks/{id}/recoveries` and `/api/v1/accounts/1/recoveries`: send again what failed, or what
//! succeeded, in a time.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::db::deliveries as db;
use crate::db::deliveries::recoveries::selection::Wanted;
use crate::db::deliveries::recoveries::{Part, Recovery};
use crate::domain::clock_field::{Edge, time};
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::recovery::{Ended, RecoveryState};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject, limit};
use crate::http::api::names::body_members;
use crate::http::middleware::idempotency::Once;
use crate::http::request::log_query::{read, read_list};
use crate::operations::recoveries::{self, Refused};

type WebhookIds = Path<(String, WebhookId)>;
type Ids = Path<(String, RecoveryId)>;

body_members!(Start: "since", "until", "finished_from", "finished_to", "event", "cause", "status", "again");

/// Starts a recovery of one webhook: 202 with it, or 200 if it has ended because nothing matches.
pub async fn start(
    state: Data<State>,
    _caller: Caller,
    ids: WebhookIds,
    once: Once,
    object: JsonObject<Start>,
) -> Result<HttpResponse, ApiError> {
    let wanted = wanted(&object, ids.1, state.engine.now())?;
    let recovery = recoveries::start(&state.db, wanted, once.0.as_ref()).await?;
    let status = match recovery.state() {
        RecoveryState::Running => StatusCode::ACCEPTED,
        RecoveryState::Done | RecoveryState::Cancelled => StatusCode::OK,
    };
    let location = format!("/api/v1/accounts/1/recoveries/{}", recovery.id);
    Ok(HttpResponse::build(status).insert_header((LOCATION, location)).json(answer(&recovery)))
}

/// What the body selects.
fn wanted(object: &JsonObject<Start>, webhook: WebhookId, now: Timestamp) -> Result<Wanted, ApiError> {
    let text = |name: &'static str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ApiError::invalid(name, Code::Invalid, &format!("{name} must be a text"))),
    };
    let again = match object.get("again") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(again)) => *again,
        Some(_) => return Err(ApiError::invalid("again", Code::Invalid, "again must be true or false")),
    };
    let mut odd = Vec::new();
    let mut at = |name, edge| -> Result<Option<Timestamp>, ApiError> {
        Ok(read(&mut odd, name, &text(name)?, |text| time(text, "UTC", edge)))
    };
    let (since, until) = (at("since", Edge::Start)?, at("until", Edge::End)?);
    let (finished_from, finished_to) = (at("finished_from", Edge::Start)?, at("finished_to", Edge::End)?);
    if let Some(name) = odd.first() {
        let words = format!("{name} must be a time such as 2026-11-21T09:00:00Z, or a date");
        return Err(ApiError::invalid(name, Code::Invalid, &words));
    }
    let events = read_list(&mut odd, "event", &text("event")?, EventName::parse);
    let causes = read_list(&mut odd, "cause", &text("cause")?, CauseGroup::parse);
    let ended = read(&mut odd, "status", &text("status")?, Ended::parse).unwrap_or(Ended::Failed);
    if let Some(name) = odd.first() {
        return Err(ApiError::invalid(name, Code::Invalid, &format!("The value of {name} is not known")));
    }
    if since.is_none() && finished_from.is_none() {
        let words = "since or finished_from must be a time such as 2026-11-21T09:00:00Z";
        return Err(ApiError::invalid("since", Code::Required, words));
    }
    if ended == Ended::Success && !causes.is_empty() {
        return Err(ApiError::invalid("cause", Code::Invalid, "What succeeded has no cause"));
    }
    if since.is_none() && (ended == Ended::Success || !causes.is_empty()) {
        let words = "since must be given with a status or a cause: it bounds what is searched";
        return Err(ApiError::invalid("since", Code::Required, words));
    }
    // Deliveries that are made later are not in this recovery.
    let until = until.map_or(now, |until| until.min(now));
    let since = since.unwrap_or(Timestamp::from_micros(0));
    for (name, from, to) in [("until", Some(since), Some(until)), ("finished_to", finished_from, finished_to)] {
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(ApiError::invalid(name, Code::Invalid, &format!("{name} must be later than the beginning")));
        }
    }
    let webhook = Some(webhook);
    Ok(Wanted { webhook, events, ended, causes, finished_from, finished_to, again, ..Wanted::failed(since, until) })
}

/// The query of the list.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(alias = "webhook_id")]
    webhook: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

/// The recoveries, newest first.
pub async fn list(state: Data<State>, caller: Caller<Asked>) -> Result<HttpResponse, ApiError> {
    let asked = caller.query;
    let limit = limit(asked.limit.as_deref())?;
    let mut odd = Vec::new();
    let webhook = read(&mut odd, "webhook", &asked.webhook, |text| text.parse::<WebhookId>().ok());
    let before = read(&mut odd, "cursor", &asked.cursor, |text| text.parse::<RecoveryId>().ok());
    ApiError::check_filters(&odd)?;
    let rows_max = i64::try_from(limit).unwrap_or(100) + 1;
    let mut page = state.db.read(move |conn| db::recoveries::page(conn, webhook, before, rows_max)).await?;
    let has_more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| has_more).map(|last| last.id.to_string());
    let list: Vec<Value> = page.iter().map(shape).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list, "next_cursor": next })))
}

/// The progress of a recovery.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    found(&state, ids.1).await
}

/// Cancels a recovery; deliveries that it has made already continue.
pub async fn cancel(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    recoveries::cancel(&state.db, ids.1).await?;
    found(&state, ids.1).await
}

async fn found(state: &State, id: RecoveryId) -> Result<HttpResponse, ApiError> {
    let found = state.db.read(move |conn| db::recoveries::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(answer(&found)))
}

fn answer(recovery: &Recovery) -> Value {
    json!({ "payload": { "recovery": shape(recovery) } })
}

fn shape(recovery: &Recovery) -> Value {
    let unsent = |part: &Part| json!({ "webhook_id": part.webhook, "count": part.left, "because": part.unsent });
    json!({
        "id": recovery.id,
        "webhook_id": recovery.webhook,
        "status": recovery.state(),
        "count": recovery.total,
        "sent": recovery.sent,
        "skipped": recovery.skipped,
        "success": recovery.delivered,
        "failed": recovery.failed,
        "waiting_because": recovery.waiting_because(),
        "unsent": recovery.parts.iter().map(unsent).collect::<Vec<_>>(),
        "created_at": recovery.started_at,
        "finished_at": recovery.ended_at,
    })
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::WebhookOff => Self::plain(StatusCode::CONFLICT, Code::WebhookOff, "The webhook is off"),
            Refused::Running(id) => Self::recovery_running(id),
            Refused::TooWide => {
                let words = "More than 50,000 deliveries are in this time: since and until must be closer together";
                Self::invalid("since", Code::TooMany, words)
            }
        }
    }
}

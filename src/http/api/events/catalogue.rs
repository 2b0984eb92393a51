//! `/api/v1/accounts/1/event_types`: the catalogue.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde_json::{Value, json};

use crate::clock;
use crate::domain::events::catalogue::EventName;
use crate::http::api::error::ApiError;
use crate::http::api::management::Caller;
use crate::http::api::response_json::envelope;
use crate::i18n::{Locale, Translator};

type Names = Path<(String, String)>;

/// Every event type with a sample and its JSON Schema, in the order of the webhook form.
pub async fn list(_caller: Caller) -> HttpResponse {
    let list: Vec<Value> = EventName::ALL.iter().map(|event| shape(*event)).collect();
    HttpResponse::Ok().json(json!({ "payload": list }))
}

/// One event type.
pub async fn show(_caller: Caller, names: Names) -> Result<HttpResponse, ApiError> {
    let event = EventName::parse(&names.1).ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(envelope("event_type", shape(event))))
}

fn shape(event: EventName) -> Value {
    let words = Translator::new(Locale::En, clock::now());
    // Part of the binary; a test parses every sample.
    let sample: Value = serde_json::from_str(event.sample()).unwrap_or_default();
    json!({
        "name": event,
        "group": event.group().as_str(),
        "title": words.event_title(event),
        "description": words.event_about(event),
        "derived_from": event.derived_from(),
        "sample": sample,
        "schema": event.schema(),
    })
}

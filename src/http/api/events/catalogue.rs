//! `/api/v1/accounts/1/events`: the catalogue.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::clock;
use crate::domain::events::catalogue::EventName;
use crate::http::api::management::Caller;
use crate::i18n::{Locale, Translator};

/// Every event with a sample and its JSON Schema, in the order of the webhook form.
pub async fn list(_caller: Caller) -> HttpResponse {
    let words = Translator::new(Locale::En, clock::now());
    let shape = |event: &EventName| {
        // Part of the binary; a test parses every sample.
        let sample: Value = serde_json::from_str(event.sample()).unwrap_or_default();
        json!({
            "name": event,
            "group": event.group().as_str(),
            "title": words.event_title(*event),
            "description": words.event_about(*event),
            "derived_from": event.derived_from(),
            "sample": sample,
            "schema": event.schema(),
        })
    };
    let list: Vec<Value> = EventName::ALL.iter().map(shape).collect();
    HttpResponse::Ok().json(json!({ "payload": list }))
}

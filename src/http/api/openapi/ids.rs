//! Ids in paths, and the names of events.

use serde_json::json;
use utoipa::openapi::schema::ObjectBuilder;

use super::schema::{integer, text};
use crate::domain::events::catalogue::EventName;

/// The names of the catalogue.
pub fn events() -> impl Iterator<Item = &'static str> {
    EventName::ALL.iter().map(|name| name.as_str())
}

/// These, and that of a test without another event.
pub fn events_and_test() -> impl Iterator<Item = &'static str> {
    events().chain(["webhook_test"])
}

pub fn webhook() -> ObjectBuilder {
    integer("The id of the webhook.").examples([json!(1)])
}

pub fn event() -> ObjectBuilder {
    text("The id of the event.").examples([json!("evt_0123456789abc")])
}

pub fn delivery() -> ObjectBuilder {
    text("The id of the delivery.").examples([json!("dlv_0123456789abc")])
}

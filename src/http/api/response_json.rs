//! The JSON of the management API (docs/reference/http-api.md).

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::db::deliveries::log::Line;
use crate::domain::deliveries::state::{DeliveryState, Obstacle, Progress};
use crate::domain::deliveries::{Attempt, Delivery};
use crate::domain::inboxes::Inbox;

/// An inbox: Hachok's members, then those of Chatwoot's published schema with values that are true of an inbox that only
/// receives. Clients with typed models refuse an answer that lacks a member, or has `null` where the schema has a string.
pub fn inbox(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id,
        "external_id": inbox.external_id,
        "name": inbox.name,
        "channel_type": inbox.channel_type.as_deref().unwrap_or_default(),
        "archived": inbox.archived_at.is_some(),
        "created_at": inbox.created_at,
        "updated_at": inbox.updated_at,
        "channel_id": inbox.id,
        "avatar_url": "",
        "website_url": "",
        "website_token": "",
        "web_widget_script": "",
        "widget_color": "",
        "welcome_title": "",
        "welcome_tagline": "",
        "greeting_enabled": false,
        "greeting_message": "",
        "working_hours_enabled": false,
        "working_hours": [],
        "out_of_office_message": null,
        "timezone": "UTC",
        "enable_auto_assignment": false,
        "auto_assignment_config": {},
        "enable_email_collect": false,
        "csat_survey_enabled": false,
        "allow_messages_after_resolved": true,
        "lock_to_single_conversation": false,
        "hmac_mandatory": false,
        "sender_name_type": "friendly",
        "business_name": null,
        "callback_webhook_url": null,
        "selected_feature_flags": null,
        "reply_time": "",
        "medium": "",
        "messaging_service_sid": null,
        "phone_number": null,
        "provider": null,
    })
}

/// The members of an inbox that are ignored when they go in, so that what was answered can be sent back.
pub const INBOX_OUT_ONLY: [&str; 33] = [
    "id",
    "created_at",
    "updated_at",
    "channel_id",
    "avatar_url",
    "website_url",
    "website_token",
    "web_widget_script",
    "widget_color",
    "welcome_title",
    "welcome_tagline",
    "greeting_enabled",
    "greeting_message",
    "working_hours_enabled",
    "working_hours",
    "out_of_office_message",
    "timezone",
    "enable_auto_assignment",
    "auto_assignment_config",
    "enable_email_collect",
    "csat_survey_enabled",
    "allow_messages_after_resolved",
    "lock_to_single_conversation",
    "hmac_mandatory",
    "sender_name_type",
    "business_name",
    "callback_webhook_url",
    "selected_feature_flags",
    "reply_time",
    "medium",
    "messaging_service_sid",
    "phone_number",
    "provider",
];

/// Adds `ignored`, the names that a route of Chatwoot does not know, if it is not empty.
pub fn with_ignored(mut body: Value, ignored: impl IntoIterator<Item = String>) -> Value {
    let names: Vec<String> = ignored.into_iter().collect();
    if let (false, Some(members)) = (names.is_empty(), body.as_object_mut()) {
        members.insert("ignored".to_owned(), json!(names));
    }
    body
}

/// A delivery in a list.
pub fn delivery(delivery: &Delivery, progress: Progress) -> Value {
    let reason = |state| progress.obstacle.filter(|_| progress.state == state).map(Obstacle::as_str);
    let until = |state| progress.next_at.filter(|_| progress.state == state);
    json!({
        "id": delivery.id,
        "event_id": delivery.event_id,
        "event": delivery.event,
        "webhook_id": delivery.webhook_id,
        "inbox_id": delivery.inbox_id,
        "status": delivery.status,
        "reason": delivery.reason,
        "state": progress.state,
        "held_because": reason(DeliveryState::Held),
        "held_until": until(DeliveryState::Held),
        "waiting_because": reason(DeliveryState::Waiting),
        "waiting_until": until(DeliveryState::Waiting),
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "trigger": delivery.trigger,
    })
}

/// A line of the log.
pub fn line(line: &Line) -> Value {
    delivery(&line.delivery, line.progress)
}

/// A delivery with its payload and attempts. The payload is sent as it was accepted: parsing and writing it would lose
/// digits of numbers, repeated members and lone surrogates.
pub struct WholeDelivery {
    delivery: Value,
    payload: Option<Box<RawValue>>,
    attempts: Vec<Value>,
}

impl WholeDelivery {
    /// `body` is `None` once retention has deleted it.
    pub fn new(shown: &Delivery, progress: Progress, body: Option<&[u8]>, attempts: &[Attempt]) -> Self {
        let text = body.and_then(|body| std::str::from_utf8(body).ok());
        Self {
            delivery: delivery(shown, progress),
            // The stored bytes were checked to be JSON when they were accepted.
            payload: text.and_then(|text| RawValue::from_string(text.to_owned()).ok()),
            attempts: attempts.iter().map(attempt).collect(),
        }
    }
}

impl Serialize for WholeDelivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // The attempts themselves replace their count, which lists have.
        for (name, value) in self.delivery.as_object().into_iter().flatten().filter(|(name, _)| *name != "attempts") {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("payload", &self.payload)?;
        map.serialize_entry("attempts", &self.attempts)?;
        map.end()
    }
}

/// `{"payload":{NAME:…}}`.
pub fn envelope<T: Serialize>(name: &'static str, thing: T) -> impl Serialize {
    BTreeMap::from([("payload", BTreeMap::from([(name, thing)]))])
}

fn attempt(attempt: &Attempt) -> Value {
    let response = attempt.response.as_ref().map(|response| {
        json!({
            "status": response.status,
            "headers": headers(&response.headers),
            "body": String::from_utf8_lossy(&response.body),
            "truncated": response.truncated,
        })
    });
    json!({
        "number": attempt.number,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "outcome": attempt.outcome,
        "cause": attempt.cause,
        "request": { "headers": headers(&attempt.request_headers) },
        "response": response,
    })
}

/// Joins the values of a repeated header as RFC 9110 §5.3 allows.
fn headers(list: &[(String, String)]) -> Value {
    let mut object = Map::new();
    for (name, value) in list {
        match object.get_mut(name) {
            Some(Value::String(known)) => {
                known.push_str(", ");
                known.push_str(value);
            }
            _ => drop(object.insert(name.clone(), json!(value))),
        }
    }
    Value::Object(object)
}

//! The JSON of the management API (docs/reference/http-api.md).

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::db::deliveries::log::Line;
use crate::db::deliveries::log::related::Related;
use crate::domain::deliveries::state::{DeliveryState, Obstacle, Progress};
use crate::domain::deliveries::{Attempt, Delivery, LastAttempt};
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

/// An inbox, as deliveries and events name it.
pub fn named_inbox(inbox: Option<&Inbox>) -> Value {
    inbox.map_or(Value::Null, |inbox| json!({ "id": inbox.id, "external_id": inbox.external_id, "name": inbox.name }))
}

/// A delivery, without its payload and attempts.
fn delivery(delivery: &Delivery, progress: Progress, last: Option<LastAttempt>, related: &Related) -> Value {
    let reason = |state| progress.obstacle.filter(|_| progress.state == state).map(Obstacle::as_str);
    let until = |state| progress.next_at.filter(|_| progress.state == state);
    json!({
        "id": delivery.id,
        "event_id": delivery.event_id,
        "event": delivery.event,
        "webhook_id": delivery.webhook_id,
        "inbox_id": delivery.inbox_id,
        "inbox": named_inbox(delivery.inbox_id.and_then(|id| related.inboxes.get(&id))),
        "status": delivery.status,
        "reason": delivery.reason,
        "state": progress.state,
        "held_because": reason(DeliveryState::Held),
        "held_until": until(DeliveryState::Held),
        "waiting_because": reason(DeliveryState::Waiting),
        "waiting_until": until(DeliveryState::Waiting),
        "attempt_count": delivery.attempts,
        "last_attempt": last.map(last_attempt),
        "next_attempt_at": delivery.next_attempt_at,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "trigger": delivery.trigger,
        "recovery_id": delivery.recovery_id,
        "resend_of": delivery.resend_of,
        "resent_as": related.resent_as.get(&delivery.id),
    })
}

fn last_attempt(attempt: LastAttempt) -> Value {
    json!({
        "number": attempt.number,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "outcome": attempt.outcome,
        "cause": attempt.cause,
        "response_status": attempt.response_status,
    })
}

/// A delivery in a list.
pub fn line(line: &Line, related: &Related) -> Value {
    delivery(&line.delivery, line.progress, line.last_attempt, related)
}

/// A delivery or an event with its payload. The payload is sent as it was accepted: parsing and writing it would lose
/// digits of numbers, repeated members and lone surrogates.
pub struct WithPayload {
    object: Value,
    payload: Option<Box<RawValue>>,
    lists: BTreeMap<&'static str, Vec<Value>>,
}

impl WithPayload {
    /// Adds the member `payload` to an object. `body` is `None` once retention has deleted it.
    pub fn new(object: Value, body: Option<&[u8]>) -> Self {
        let text = body.and_then(|body| std::str::from_utf8(body).ok());
        // The stored bytes were checked to be JSON when they were accepted.
        let payload = text.and_then(|text| RawValue::from_string(text.to_owned()).ok());
        Self { object, payload, lists: BTreeMap::new() }
    }

    /// Adds a list.
    #[must_use]
    pub fn with(mut self, name: &'static str, list: Vec<Value>) -> Self {
        self.lists.insert(name, list);
        self
    }

    /// A delivery with its payload and attempts.
    pub fn delivery(
        shown: &Delivery,
        progress: Progress,
        related: &Related,
        body: Option<&[u8]>,
        attempts: &[Attempt],
    ) -> Self {
        let object = delivery(shown, progress, attempts.last().map(LastAttempt::from), related);
        Self::new(object, body).with("attempts", attempts.iter().map(attempt).collect())
    }
}

impl Serialize for WithPayload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.object.as_object().into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("payload", &self.payload)?;
        for (name, list) in &self.lists {
            map.serialize_entry(name, list)?;
        }
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

//! Conversations and messages as Chatwoot's API lists them, and the bodies of webhooks that are rebuilt from them for events
//! that never arrived. Such a body has `"reconciled": true`.

use std::fmt::Write as _;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::attribute::Attribute;
use super::connection::Account;
use super::observation::{ConversationNumber, State, number};
use crate::domain::events::catalogue::EventName;
use crate::domain::json::{self, Members};
use crate::domain::timestamp::Timestamp;

/// A conversation of `GET …/conversations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConversation {
    /// Its number.
    pub number: ConversationNumber,
    /// When it began, in seconds since the Unix epoch.
    pub created_s: i64,
    /// Its last activity, in seconds since the Unix epoch.
    pub last_activity_s: i64,
    /// Its state; `None` if the answer lacks a part of it.
    pub state: Option<State>,
    json: String,
}

/// A message of `GET …/conversations/{id}/messages`, other than an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMessage {
    /// Unique in the Chatwoot.
    pub id: i64,
    /// When it was written, in seconds since the Unix epoch.
    pub created_s: i64,
    kind: &'static str,
    json: String,
}

impl ApiConversation {
    /// Reads one element of the list. `None` if it has no number or no time.
    pub fn read(value: &RawValue, substatus: &str) -> Option<Self> {
        let members = Members::of(value)?;
        let member = |name: &str| members.get(name).and_then(number);
        Some(Self {
            number: ConversationNumber(member("id")?),
            created_s: member("created_at")?,
            last_activity_s: member("last_activity_at").or_else(|| member("timestamp"))?,
            state: State::read(&members, substatus),
            json: value.get().to_owned(),
        })
    }

    /// The length of its JSON, which each body repeats.
    pub const fn size_bytes(&self) -> usize {
        self.json.len()
    }

    /// The body of an event of this conversation.
    pub fn body(&self, event: EventName, account: &Account, changed: &Value) -> String {
        let mut object = self.object(account);
        object.put("event", &json!(event));
        object.put("changed_attributes", changed);
        object.put("reconciled", &json!(true));
        object.end()
    }

    /// The members of the API, with those that only a webhook has.
    fn object(&self, account: &Account) -> Object {
        let mut object = Object::of(&self.json, &["account", "changed_attributes", "event", "reconciled", "channel"]);
        let members = Members::read(&self.json).unwrap_or_default();
        let channel = members.get("meta").and_then(Members::of).and_then(|meta| meta.get("channel"));
        object.put("channel", &channel.and_then(json::text).map_or(Value::Null, Value::from));
        object.put("account", &json!(account));
        object
    }
}

impl ApiMessage {
    /// Reads one element of the list. `None` for an activity, of which Chatwoot sends no event, and for an element without
    /// an id or a time.
    pub fn read(value: &RawValue) -> Option<Self> {
        let members = Members::of(value)?;
        let kind = match json::id(members.get("message_type")?)?.as_str() {
            "0" | "incoming" => "incoming",
            "1" | "outgoing" => "outgoing",
            "3" | "template" => "template",
            _ => return None,
        };
        let (id, created_s) = (number(members.get("id")?)?, number(members.get("created_at")?)?);
        Some(Self { id, created_s, kind, json: value.get().to_owned() })
    }

    /// The length of its JSON.
    pub const fn size_bytes(&self) -> usize {
        self.json.len()
    }

    /// The body of `message_created`.
    pub fn body(&self, conversation: &ApiConversation, account: &Account) -> String {
        const REPLACED: [&str; 8] = [
            "account",
            "conversation",
            "conversation_id",
            "created_at",
            "event",
            "inbox",
            "message_type",
            "reconciled",
        ];
        let members = Members::read(&self.json).unwrap_or_default();
        let mut object = Object::of(&self.json, &REPLACED);
        object.put("account", &json!(account));
        object.put_raw("conversation", &conversation.object(account).end());
        object.put("created_at", &json!(Timestamp::from_seconds(self.created_s).to_string()));
        if let Some(inbox) = members.get("inbox_id").and_then(number) {
            object.put("inbox", &json!({"id": inbox}));
        }
        object.put("message_type", &json!(self.kind));
        object.put("event", &json!(EventName::MessageCreated));
        object.put("reconciled", &json!(true));
        object.end()
    }
}

/// `changed_attributes` for attributes that differ between two states.
pub fn changed_attributes(before: &State, now: &State, changed: &std::collections::BTreeSet<Attribute>) -> Value {
    let values = |name: &str, value: &dyn Fn(&State) -> Value| {
        let (previous, current) = (value(before), value(now));
        (previous != current).then(|| json!({name: {"previous_value": previous, "current_value": current}}))
    };
    let id = |value: Option<&str>| value.and_then(|id| id.parse::<i64>().ok()).map_or(Value::Null, Value::from);
    let assigned = |kind: &'static str| {
        move |state: &State| id(state.assignee.as_deref().and_then(|assignee| assignee.strip_prefix(kind)))
    };
    let labels =
        |state: &State| state.labels.as_deref().map_or_else(|| json!([]), |labels| labels.split(", ").collect());
    let one = |attribute: &Attribute| match attribute {
        Attribute::Status => vec![values("status", &|state| json!(state.status))],
        Attribute::Assignee => {
            vec![values("assignee_id", &assigned("user:")), values("assignee_agent_bot_id", &assigned("bot:"))]
        }
        Attribute::Team => vec![values("team_id", &|state| id(state.team.as_deref()))],
        Attribute::Labels => vec![values("label_list", &labels)],
        // The previous value may be known by its hash only.
        Attribute::Substatus => Vec::new(),
    };
    changed.iter().flat_map(one).flatten().collect()
}

/// A JSON object that is written member by member; values that are not replaced stay as they are written.
struct Object(String);

impl Object {
    /// The members of an object without those of these names.
    fn of(json: &str, without: &[&str]) -> Self {
        let members = Members::read(json).unwrap_or_default();
        let mut object = Self(String::from("{"));
        for (name, value) in members.entries() {
            if !json::text(name).is_some_and(|name| without.contains(&name.as_str())) {
                object.member(name.get(), value.get());
            }
        }
        object
    }

    fn put(&mut self, name: &str, value: &Value) {
        self.put_raw(name, &value.to_string());
    }

    fn put_raw(&mut self, name: &str, value: &str) {
        self.member(&format!("\"{name}\""), value);
    }

    fn member(&mut self, name: &str, value: &str) {
        let comma = if self.0.len() == 1 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{comma}{name}:{value}");
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chatwoot::observation::{Observation, Seen};
    use crate::domain::events::incoming::Incoming;

    const CONVERSATION: &str = r#"{"meta":{"sender":{"id":981},"channel":"Channel::WebWidget","assignee":{"id":12},
        "assignee_type":"User","team":{"id":4,"name":"x"},"hmac_verified":false},"id":1042,"messages":[],"inbox_id":7,
        "labels":["vip"],"custom_attributes":{"n":1e400},"status":"open","created_at":1781687700,
        "timestamp":1781687730,"last_activity_at":1781687730,"updated_at":1781687730.22,"account_id":3}"#;
    const MESSAGE: &str = r#"{"id":50212,"content":"\u003cb\u003e","inbox_id":7,"conversation_id":1042,"message_type":0,
        "content_type":"text","status":"sent","created_at":1781687730,"private":false,"source_id":null,
        "sender":{"id":981,"type":"contact"}}"#;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect("JSON")
    }

    fn account() -> Account {
        Account { id: 3, name: "Nova Shop".into() }
    }

    #[test]
    fn a_rebuilt_message_is_an_event_of_chatwoot() {
        let conversation = ApiConversation::read(&raw(CONVERSATION), "substatus").expect("a conversation");
        let message = ApiMessage::read(&raw(MESSAGE)).expect("a message");
        let body = message.body(&conversation, &account());
        let event = Incoming::parse(body.clone().into(), "substatus").expect("an event");
        assert_eq!(event.name, EventName::MessageCreated);
        assert_eq!(event.inbox.map(|inbox| inbox.external_id).as_deref(), Some("7"));
        assert_eq!(event.derived.first().map(|(name, _)| *name), Some(EventName::MessageReceived));
        for part in [
            r#""content":"\u003cb\u003e""#,
            r#""created_at":"2026-06-17T09:15:30.000Z""#,
            r#""message_type":"incoming""#,
            r#""account":{"id":3,"name":"Nova Shop"}"#,
            r#""channel":"Channel::WebWidget""#,
            r#""custom_attributes":{"n":1e400}"#,
            r#""reconciled":true"#,
        ] {
            assert!(body.contains(part), "{part} in {body}");
        }
        let seen = Observation::read(EventName::MessageCreated, &body, "substatus").expect("a message");
        assert_eq!((seen.conversation, seen.seen), (ConversationNumber(1042), Seen::Message(50212)));
        assert_eq!(ApiMessage::read(&raw(r#"{"id":1,"message_type":2,"created_at":1}"#)), None);
    }

    #[test]
    fn a_rebuilt_change_names_what_differs() {
        let now = ApiConversation::read(&raw(CONVERSATION), "substatus").expect("a conversation");
        let state = now.state.clone().expect("a state");
        let before = State { assignee: Some("bot:3".into()), team: None, labels: None, ..state.clone() };
        let changed = state.differences(&before);
        let body = now.body(EventName::ConversationUpdated, &account(), &changed_attributes(&before, &state, &changed));
        let names = |name: &str, previous: Value, current: Value| json!({name: {"previous_value": previous, "current_value": current}});
        let parsed: Value = serde_json::from_str(&body.replace("1e400", "1")).expect("JSON");
        assert_eq!(
            parsed["changed_attributes"],
            json!([
                names("assignee_id", Value::Null, json!(12)),
                names("assignee_agent_bot_id", json!(3), Value::Null),
                names("team_id", Value::Null, json!(4)),
                names("label_list", json!([]), json!(["vip"])),
            ])
        );
        let seen = Observation::read(EventName::ConversationUpdated, &body, "substatus").map(|seen| seen.seen);
        assert!(matches!(seen, Some(Seen::State { state: read, .. }) if read == state));
    }
}

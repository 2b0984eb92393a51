//! What a body from Chatwoot says of a conversation: of its webhook, or of its API.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::attribute::Attribute;
use crate::domain::events::catalogue::EventName;
use crate::domain::events::derived;
use crate::domain::hex::hex;
use crate::domain::id::ConnectionId;
use crate::domain::json::{self, Members};
use crate::domain::timestamp::Timestamp;

/// The number of a conversation within its Chatwoot account: the `id` of a conversation in every body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationNumber(pub i64);

/// A conversation of a connected Chatwoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationKey {
    /// The Chatwoot.
    pub connection: ConnectionId,
    /// The number there.
    pub number: ConversationNumber,
}

/// Longer texts are stored as their SHA-256.
const TEXT_BYTES_MAX: usize = 200;

/// What an accepted event says of its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The conversation.
    pub conversation: ConversationNumber,
    /// `last_activity_at`, in whole seconds since the Unix epoch; 0 if the body does not say.
    pub last_activity_s: i64,
    /// What was observed.
    pub seen: Seen,
}

/// What was observed of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// `conversation_created`, `conversation_updated` or `conversation_status_changed`.
    State {
        /// The event of the body.
        event: EventName,
        /// The whole state.
        state: State,
        /// What `changed_attributes` names; empty for events without.
        changed: BTreeSet<Attribute>,
    },
    /// `message_created` with the id of the message.
    Message(i64),
}

/// The state of a conversation. A missing attribute is one that the conversation does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// `updated_at` of the body. `None` in bodies of Chatwoot before it had the member: such a state counts as the newest.
    pub updated_at: Option<Timestamp>,
    /// The status.
    pub status: String,
    /// `user:12` or `bot:3`.
    pub assignee: Option<String>,
    /// The id of the team.
    pub team: Option<String>,
    /// The labels, sorted, joined by `, `; the SHA-256 of that if it is longer than 200 bytes.
    pub labels: Option<String>,
    /// The substatus, as JSON unless it is a text; its SHA-256 if it is longer than 200 bytes.
    pub substatus: Option<String>,
}

impl State {
    /// Reads the state of a conversation. `None` if `status`, `meta` or `labels` is missing: then nothing can be compared.
    pub fn read(conversation: &Members, substatus: &str) -> Option<Self> {
        let meta = Members::of(conversation.get("meta")?)?;
        let labels: BTreeSet<String> =
            json::elements(conversation.get("labels")?)?.into_iter().filter_map(json::text).collect();
        let labels: Vec<String> = labels.into_iter().collect();
        let custom = conversation.get("custom_attributes").and_then(Members::of).unwrap_or_default();
        Some(Self {
            updated_at: conversation.get("updated_at").and_then(seconds),
            status: json::text(conversation.get("status")?)?,
            assignee: assignee(&meta),
            team: meta.get("team").and_then(id_of),
            labels: Some(labels.join(", ")).filter(|labels| !labels.is_empty()).map(bounded),
            substatus: custom.get(substatus).filter(|value| value.get() != "null").map(value_text).map(bounded),
        })
    }

    /// The value of an attribute.
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        match attribute {
            Attribute::Status => Some(self.status.as_str()),
            Attribute::Assignee => self.assignee.as_deref(),
            Attribute::Team => self.team.as_deref(),
            Attribute::Labels => self.labels.as_deref(),
            Attribute::Substatus => self.substatus.as_deref(),
        }
    }

    /// The attributes in which two states differ.
    pub fn differences(&self, other: &Self) -> BTreeSet<Attribute> {
        Attribute::ALL.into_iter().filter(|attribute| self.get(*attribute) != other.get(*attribute)).collect()
    }
}

impl Observation {
    /// What an accepted event says. `None` for an event that says nothing of a conversation, and for a body that lacks
    /// what Chatwoot always sends.
    pub fn read(name: EventName, body: &str, substatus: &str) -> Option<Self> {
        let fields = Members::read(body).ok()?;
        match name {
            EventName::ConversationCreated | EventName::ConversationUpdated | EventName::ConversationStatusChanged => {
                let changed = derived::changed(&fields, substatus);
                let seen = Seen::State { event: name, state: State::read(&fields, substatus)?, changed };
                Self::of(&fields, seen)
            }
            EventName::MessageCreated => {
                let message = number(fields.get("id")?)?;
                Self::of(&Members::of(fields.get("conversation")?)?, Seen::Message(message))
            }
            _ => None,
        }
    }

    fn of(conversation: &Members, seen: Seen) -> Option<Self> {
        Some(Self {
            conversation: ConversationNumber(number(conversation.get("id")?)?),
            last_activity_s: conversation.get("last_activity_at").and_then(number).unwrap_or_default(),
            seen,
        })
    }
}

/// A whole number, in any notation.
pub fn number(value: &RawValue) -> Option<i64> {
    json::id(value)?.parse().ok()
}

fn assignee(meta: &Members) -> Option<String> {
    let id = id_of(meta.get("assignee")?)?;
    let is_bot = meta.get("assignee_type").and_then(json::text).is_some_and(|kind| kind == "AgentBot");
    Some(format!("{}:{id}", if is_bot { "bot" } else { "user" }))
}

fn id_of(object: &RawValue) -> Option<String> {
    Members::of(object)?.get("id").and_then(json::id).map(bounded)
}

/// A number of seconds since the Unix epoch, with a fraction, in microseconds. Chatwoot sends a double; the digits are
/// read as text, so that two bodies with the same digits have the same time.
fn seconds(value: &RawValue) -> Option<Timestamp> {
    let (whole, fraction) = value.get().split_once('.').unwrap_or((value.get(), ""));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let (whole, fraction): (i64, i64) = (whole.parse().ok()?, digits.parse().ok()?);
    Some(Timestamp::from_seconds(whole).plus_micros(fraction))
}

fn value_text(value: &RawValue) -> String {
    json::text(value).unwrap_or_else(|| value.get().to_owned())
}

fn bounded(text: String) -> String {
    if text.len() <= TEXT_BYTES_MAX { text } else { hex(&Sha256::digest(text.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONVERSATION: &str = r#"{"id":1042,"status":"open","labels":["vip","доставка"],
        "meta":{"assignee":{"id":12},"assignee_type":"User","team":{"id":4}},
        "custom_attributes":{"substatus":"hold"},"updated_at":1781687760.873,"last_activity_at":1781687700}"#;

    fn state(json: &str) -> Option<State> {
        State::read(&Members::read(json).expect("an object"), "substatus")
    }

    #[test]
    fn a_state_is_read_from_a_conversation() {
        let read = state(CONVERSATION).expect("a state");
        assert_eq!(read.updated_at.map(Timestamp::micros), Some(1_781_687_760_873_000));
        let values = Attribute::ALL.map(|attribute| read.get(attribute));
        assert_eq!(values, [Some("open"), Some("user:12"), Some("4"), Some("vip, доставка"), Some("hold")]);
        let bare = state(r#"{"status":"pending","labels":[],"meta":{"assignee":null}}"#).expect("a state");
        assert_eq!(Attribute::ALL.map(|attribute| bare.get(attribute)), [Some("pending"), None, None, None, None]);
        assert_eq!(bare.updated_at, None);
        let bot = r#"{"status":"open","labels":[],"meta":{"assignee":{"id":3},"assignee_type":"AgentBot"}}"#;
        assert_eq!(state(bot).and_then(|state| state.assignee).as_deref(), Some("bot:3"));
        for incomplete in
            [r#"{"labels":[],"meta":{}}"#, r#"{"status":"open","meta":{}}"#, r#"{"status":1,"labels":[]}"#]
        {
            assert_eq!(state(incomplete), None, "{incomplete}");
        }
    }

    #[test]
    fn two_orders_of_labels_are_one_state() {
        let one = state(CONVERSATION);
        assert_eq!(one, state(&CONVERSATION.replace(r#"["vip","доставка"]"#, r#"["доставка","vip","vip"]"#)));
    }

    #[test]
    fn a_long_value_is_stored_as_its_hash() {
        let long = |last: char| CONVERSATION.replace("hold", &format!("{}{last}", "я".repeat(500)));
        let (one, other) = (state(&long('a')).expect("a state"), state(&long('b')).expect("a state"));
        assert_eq!(one.substatus.as_ref().map(String::len), Some(64));
        assert_eq!(one.differences(&other), [Attribute::Substatus].into());
    }

    #[test]
    fn updated_at_has_microseconds() {
        let read = |text: &str| {
            let value = RawValue::from_string(text.to_owned()).expect(text);
            seconds(&value).map(Timestamp::micros)
        };
        for (text, expected) in [
            ("1781687760.873", Some(1_781_687_760_873_000)),
            ("1781687760.8734567", Some(1_781_687_760_873_456)),
            ("1781687760", Some(1_781_687_760_000_000)),
            ("\"2026-06-17\"", None),
            ("null", None),
            ("1e400", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_message_names_its_conversation() {
        let body = format!(r#"{{"event":"message_created","id":50212,"private":true,"conversation":{CONVERSATION}}}"#);
        let read = Observation::read(EventName::MessageCreated, &body, "substatus");
        let expected = Observation {
            conversation: ConversationNumber(1042),
            last_activity_s: 1_781_687_700,
            seen: Seen::Message(50212),
        };
        assert_eq!(read, Some(expected));
        for nothing in ["{}", r#"{"id":1}"#, r#"{"id":"x","conversation":{"id":1}}"#, "[]"] {
            assert_eq!(Observation::read(EventName::MessageCreated, nothing, "substatus"), None, "{nothing}");
        }
        assert_eq!(Observation::read(EventName::ContactUpdated, &body, "substatus"), None);
    }
}

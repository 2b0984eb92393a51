//! What Chatwoot has and what has arrived: events that were lost on the way (docs/guide/en/chatwoot.md, "Missing events").

use std::collections::BTreeSet;

use serde_json::Value;

use super::api_objects::{ApiConversation, ApiMessage, changed_attributes};
use super::attribute::Attribute;
use super::connection::Account;
use super::observation::ConversationNumber;
use super::snapshot::Snapshot;
use crate::domain::events::catalogue::EventName;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// What of a conversation did not arrive.
    MissingKind {
        /// Its `conversation_created`.
        Conversation = "conversation",
        /// A `message_created`.
        Message = "message",
        /// A change of its state.
        State = "state",
    }
);

/// The events that Chatwoot is to send: only their absence is a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// `conversation_created`.
    pub conversations: bool,
    /// `message_created`.
    pub messages: bool,
    /// `conversation_updated`.
    pub states: bool,
}

impl Expected {
    /// Those that are expected of a webhook with these events.
    pub fn of(registered: &[EventName]) -> Self {
        Self {
            conversations: registered.contains(&EventName::ConversationCreated),
            messages: registered.contains(&EventName::MessageCreated),
            states: registered.contains(&EventName::ConversationUpdated),
        }
    }

    /// Those that both expect: an event that was registered meanwhile was not sent before.
    pub const fn and(self, other: Self) -> Self {
        Self {
            conversations: self.conversations && other.conversations,
            messages: self.messages && other.messages,
            states: self.states && other.states,
        }
    }

    /// As bits, the form in the database.
    pub fn to_bits(self) -> i64 {
        i64::from(self.conversations) | i64::from(self.messages) << 1 | i64::from(self.states) << 2
    }

    /// Reads [`Self::to_bits`].
    pub const fn from_bits(bits: i64) -> Self {
        Self { conversations: bits & 1 != 0, messages: bits & 2 != 0, states: bits & 4 != 0 }
    }
}

/// The time that a comparison covers, in seconds since the Unix epoch. Before it all was compared; after it events may be
/// on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The time after which it begins.
    pub after_s: i64,
    /// The last second.
    pub until_s: i64,
}

impl Window {
    /// Whether the window has this second.
    pub const fn has(self, second: i64) -> bool {
        second > self.after_s && second <= self.until_s
    }

    /// Whether a conversation that was compared up to `compared_s` has later activity in the window. Activity after the window
    /// is compared the next time: else a conversation that is always active would be read again and again.
    pub const fn has_news(self, last_activity_s: i64, compared_s: i64) -> bool {
        let newest_s = if last_activity_s < self.until_s { last_activity_s } else { self.until_s };
        newest_s > compared_s
    }
}

/// An event that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The conversation.
    pub conversation: ConversationNumber,
    /// What is missing of it.
    pub kind: MissingKind,
    /// The id of the message, else the number of the conversation: unique for its kind in a connection.
    pub subject: i64,
    /// The attributes of a state that differ.
    pub changed: BTreeSet<Attribute>,
    /// When it happened; of a state, when the conversation was last changed.
    pub occurred_at: Timestamp,
    /// The body of the event that takes it in.
    pub body: String,
}

/// Compares a conversation and its messages with what has arrived. A change that is newer than the window is left to the
/// next comparison.
pub fn missing(
    conversation: &ApiConversation,
    messages: &[ApiMessage],
    snapshot: &Snapshot,
    window: Window,
    expected: Expected,
    account: &Account,
) -> Vec<Missing> {
    let number = conversation.number;
    let one = |kind, subject, occurred_at, body| {
        let changed = BTreeSet::new();
        Missing { conversation: number, kind, subject, changed, occurred_at, body }
    };
    let mut found = Vec::new();
    let is_lost = expected.conversations && !snapshot.is_created && window.has(conversation.created_s);
    if is_lost {
        let body = conversation.body(EventName::ConversationCreated, account, &Value::Null);
        let created_at = Timestamp::from_seconds(conversation.created_s);
        found.push(one(MissingKind::Conversation, number.0, created_at, body));
    }
    let is_missing = |message: &&ApiMessage| {
        expected.messages && window.has(message.created_s) && !snapshot.messages.may_have_arrived(message.id)
    };
    found.extend(messages.iter().filter(is_missing).map(|message| {
        let created_at = Timestamp::from_seconds(message.created_s);
        one(MissingKind::Message, message.id, created_at, message.body(conversation, account))
    }));
    if expected.states && !is_lost {
        found.extend(missing_state(conversation, snapshot, window, account));
    }
    found
}

fn missing_state(
    conversation: &ApiConversation,
    snapshot: &Snapshot,
    window: Window,
    account: &Account,
) -> Option<Missing> {
    let (state, known) = (conversation.state.as_ref()?, &snapshot.known.as_ref()?.state);
    let changed = missed(conversation, snapshot);
    let occurred_at = state.updated_at.unwrap_or(Timestamp::from_seconds(conversation.last_activity_s));
    if changed.is_empty() || occurred_at.seconds() > window.until_s {
        return None;
    }
    let changes = changed_attributes(known, state, &changed);
    let body = conversation.body(EventName::ConversationUpdated, account, &changes);
    let (conversation, subject) = (conversation.number, conversation.number.0);
    Some(Missing { conversation, kind: MissingKind::State, subject, changed, occurred_at, body })
}

/// The attributes in which Chatwoot is ahead. The substatus is not compared: it depends on a setting that may change.
pub fn missed(conversation: &ApiConversation, snapshot: &Snapshot) -> BTreeSet<Attribute> {
    let changed = conversation.state.as_ref().map(|state| snapshot.missed(state)).unwrap_or_default();
    changed.into_iter().filter(|attribute| *attribute != Attribute::Substatus).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;
    use crate::domain::chatwoot::observation::Observation;
    use crate::domain::id::EventId;

    const ALL: Expected = Expected { conversations: true, messages: true, states: true };
    const WINDOW: Window = Window { after_s: 100, until_s: 200 };

    #[test]
    fn activity_after_the_window_is_no_news() {
        for (last_activity_s, compared_s, has_news) in
            [(150, 0, true), (150, 149, true), (150, 150, false), (999, 0, true), (999, 199, true), (999, 200, false)]
        {
            assert_eq!(WINDOW.has_news(last_activity_s, compared_s), has_news, "{last_activity_s}, {compared_s}");
        }
    }

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    fn conversation(created: i64, updated: i64, team: i64) -> ApiConversation {
        let value = json!({"id": 7, "created_at": created, "last_activity_at": updated, "updated_at": updated,
            "status": "open", "labels": [], "meta": {"team": {"id": team}}});
        ApiConversation::read(&raw(&value), "substatus").expect("a conversation")
    }

    fn message(id: i64, created: i64) -> ApiMessage {
        let value = json!({"id": id, "message_type": 0, "created_at": created, "inbox_id": 1});
        ApiMessage::read(&raw(&value)).expect("a message")
    }

    fn arrived(bodies: &[(EventName, String)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, body) in bodies {
            let seen = Observation::read(*name, body, "substatus").expect("an observation");
            snapshot.observe(&seen, EventId(1), Timestamp::from_seconds(1));
        }
        snapshot
    }

    fn found(api: &ApiConversation, messages: &[ApiMessage], snapshot: &Snapshot, expected: Expected) -> Vec<String> {
        let account = Account { id: 3, name: "Nova".into() };
        let missing = missing(api, messages, snapshot, WINDOW, expected, &account);
        missing.into_iter().map(|one| format!("{}:{}", one.kind.as_str(), one.subject)).collect()
    }

    #[test]
    fn what_did_not_arrive_is_missing_and_nothing_else() {
        let account = Account { id: 3, name: "Nova".into() };
        let (new, old) = (conversation(150, 180, 4), conversation(50, 180, 4));
        let messages = [message(1, 99), message(2, 150), message(3, 160), message(4, 201)];
        let created =
            (EventName::ConversationCreated, new.body(EventName::ConversationCreated, &account, &Value::Null));
        let third = (EventName::MessageCreated, messages[2].body(&new, &account));
        let nothing = Snapshot::default();
        assert_eq!(found(&new, &messages, &nothing, ALL), ["conversation:7", "message:2", "message:3"]);
        assert_eq!(
            found(&new, &messages, &arrived(std::slice::from_ref(&third)), ALL),
            ["conversation:7", "message:2"]
        );
        assert_eq!(found(&old, &messages, &arrived(std::slice::from_ref(&third)), ALL), ["message:2"]);
        assert_eq!(found(&new, &messages, &arrived(&[created.clone(), third]), ALL), ["message:2"]);
        assert_eq!(found(&new, &messages, &nothing, Expected::default()), Vec::<String>::new());
        let known = arrived(&[created]);
        assert_eq!(found(&conversation(150, 190, 5), &[], &known, ALL), ["state:7"]);
        assert_eq!(found(&conversation(150, 190, 4), &[], &known, ALL), Vec::<String>::new());
        assert_eq!(found(&conversation(150, 170, 5), &[], &known, ALL), Vec::<String>::new(), "an older state");
        assert_eq!(found(&conversation(150, 201, 5), &[], &known, ALL), Vec::<String>::new(), "may be on its way");
    }

    #[test]
    fn expectations_are_read_as_they_were_written() {
        for bits in 0..8 {
            assert_eq!(Expected::from_bits(bits).to_bits(), bits);
        }
        assert_eq!(ALL.and(Expected { messages: false, ..ALL }), Expected { messages: false, ..ALL });
        assert_eq!(Expected::of(&[EventName::MessageCreated]), Expected { messages: true, ..Expected::default() });
    }
}

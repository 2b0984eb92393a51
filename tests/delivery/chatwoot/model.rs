//! A Chatwoot with conversations: the events that it sends, and what its API shows.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::chatwoot::Conversations;

/// The account with its conversations. The clock is one second for each event.
pub struct Model {
    conversations: BTreeMap<i64, Conversation>,
    second: i64,
    message: i64,
    random: u64,
}

#[derive(Clone, Default)]
struct Conversation {
    created: i64,
    activity: i64,
    status: u64,
    assignee: u64,
    team: u64,
    labels: u64,
    messages: Vec<Value>,
}

/// An event on its way.
pub struct Sent {
    pub body: Value,
    /// What a comparison calls it.
    pub item: String,
    /// The state of its conversation; messages have none.
    pub state: Option<Value>,
    pub conversation: i64,
}

impl Model {
    /// An account whose first event happened 40 minutes ago.
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let second = i64::try_from(now).expect("a time") - 2400;
        Self { conversations: BTreeMap::new(), second, message: 50_000, random: 7 }
    }

    /// The second before the first event.
    pub fn begin(&self) -> i64 {
        self.second
    }

    fn random(&mut self, below: u64) -> u64 {
        // Constants of Knuth's MMIX.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// Whether something happens that happens once in `n` times.
    pub fn happens(&mut self, n: u64) -> bool {
        self.random(n) == 0
    }

    /// The next event of an account with that many conversations.
    pub fn next(&mut self, conversations: i64) -> Sent {
        self.second += 1;
        let number = 1 + i64::try_from(self.random(conversations.unsigned_abs())).expect("a number");
        let (kind, value, second) = (self.random(10), self.random(1000), self.second);
        let known = self.conversations.entry(number).or_default();
        known.activity = second;
        if known.created == 0 {
            known.created = second;
            return self.of_state(number, "conversation_created");
        }
        match kind {
            0 => known.status = (known.status + 1 + value % 3) % 4,
            1 => known.assignee = (known.assignee + 1 + value % 5) % 6,
            2 => known.team = (known.team + 1 + value % 2) % 3,
            3 => known.labels = (known.labels + 1 + value % 2) % 3,
            _ => return self.message(number, value % 4),
        }
        self.of_state(number, "conversation_updated")
    }

    fn of_state(&self, number: i64, event: &str) -> Sent {
        let mut body = self.shown(number);
        body["event"] = json!(event);
        body["account"] = json!({"id": 3, "name": "Nova Shop"});
        let kind = if event == "conversation_created" { "conversation" } else { "state" };
        let parts = json!([body["status"], body["meta"]["assignee"], body["meta"]["team"], body["labels"]]);
        Sent { body, item: format!("{kind}:{number}"), state: Some(parts), conversation: number }
    }

    fn message(&mut self, number: i64, kind: u64) -> Sent {
        self.message += 1;
        let (id, created) = (self.message, self.second);
        // The last one is a private note.
        let kinds = [(0, "incoming"), (1, "outgoing"), (3, "template"), (1, "outgoing")];
        let (number_of_kind, name_of_kind) = kinds[usize::try_from(kind).expect("a kind")];
        let api = json!({"id": id, "content": format!("text {id}"), "inbox_id": 7, "conversation_id": number,
            "message_type": number_of_kind, "content_type": "text",
            "private": kind == 3, "created_at": created, "source_id": null, "sender": {"id": 981, "type": "contact"}});
        self.conversations.get_mut(&number).expect("a conversation").messages.push(api);
        let body = json!({"event": "message_created", "id": id, "content": format!("text {id}"),
            "message_type": name_of_kind,
            "private": kind == 3, "inbox": {"id": 7}, "account": {"id": 3}, "conversation": self.shown(number)});
        Sent { body, item: format!("message:{id}"), state: None, conversation: number }
    }

    /// A conversation as the API shows it.
    fn shown(&self, number: i64) -> Value {
        let one = &self.conversations[&number];
        let object = |id: u64| (id > 0).then(|| json!({"id": id, "name": format!("name {id}")}));
        let labels: Vec<String> = (0..one.labels).map(|label| format!("label-{label}")).collect();
        let status = ["open", "pending", "resolved", "snoozed"][usize::try_from(one.status).expect("a status")];
        json!({"id": number, "account_id": 3, "inbox_id": 7, "status": status, "labels": labels,
            "meta": {"sender": {"id": 981}, "channel": "Channel::WebWidget", "assignee": object(one.assignee),
                "assignee_type": "User", "team": object(one.team)},
            "custom_attributes": {}, "messages": [], "created_at": one.created, "timestamp": one.activity,
            "last_activity_at": one.activity, "updated_at": one.activity})
    }

    /// The state of a conversation, comparable with [`Sent::state`].
    pub fn state(&self, number: i64) -> Value {
        let body = self.shown(number);
        json!([body["status"], body["meta"]["assignee"], body["meta"]["team"], body["labels"]])
    }

    /// What the API shows of all conversations.
    pub fn shown_to_api(&self) -> Conversations {
        let with_activity = |one: &Conversation| {
            // Chatwoot lists activities, of which it sends no event.
            let opened = json!({"id": 1, "message_type": 2, "created_at": one.created, "content": "opened"});
            std::iter::once(opened).chain(one.messages.iter().cloned()).collect()
        };
        Conversations {
            all: self.conversations.keys().map(|number| self.shown(*number)).collect(),
            messages: self.conversations.iter().map(|(number, one)| (*number, with_activity(one))).collect(),
        }
    }
}

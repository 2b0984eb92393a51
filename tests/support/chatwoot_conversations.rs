//! Conversations of the account in `chatwoot.rs`, listed in pages as Chatwoot lists them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Conversations of a page.
const PAGE: usize = 25;
/// Messages without a place, or before an id.
const MESSAGES: usize = 20;
/// Messages after an id.
const MESSAGES_AFTER: usize = 100;

/// The conversations of the account, as its API shows them.
#[derive(Default)]
pub struct Conversations {
    /// In any order; each has `id` and `last_activity_at`.
    pub all: Vec<Value>,
    /// The messages of each, oldest first.
    pub messages: BTreeMap<i64, Vec<Value>>,
}

impl Conversations {
    /// The answer to `GET …/conversations` with this query, latest activity first.
    pub(super) fn list(&self, query: &str) -> Value {
        assert!(query.contains("status=all") && query.contains("sort_by=last_activity_at_desc"), "{query}");
        let mut all: Vec<&Value> = self.all.iter().collect();
        all.sort_by_key(|one| -one["last_activity_at"].as_i64().expect("a time"));
        let page = usize::try_from(number(query, "page").unwrap_or(1)).expect("a page");
        let listed: Vec<&Value> = all.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
        json!({ "data": { "meta": { "all_count": self.all.len() }, "payload": listed } })
    }

    /// The answer to `GET …/conversations/{id}/messages`; `None` if there is no such conversation.
    pub(super) fn messages(&self, id: &str, query: &str) -> Option<Value> {
        let all = self.messages.get(&id.parse().ok()?)?;
        let id_of = |message: &Value| message["id"].as_i64().expect("an id");
        let listed: Vec<&Value> = match (number(query, "after"), number(query, "before")) {
            (Some(after), _) => all.iter().filter(|one| id_of(one) > after).take(MESSAGES_AFTER).collect(),
            (None, before) => {
                let older: Vec<&Value> = all.iter().filter(|one| before.is_none_or(|id| id_of(one) < id)).collect();
                older[older.len().saturating_sub(MESSAGES)..].to_vec()
            }
        };
        Some(json!({ "meta": {}, "payload": listed }))
    }
}

fn number(query: &str, name: &str) -> Option<i64> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

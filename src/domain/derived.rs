//! The finer events that follow from Chatwoot's own (INTERFACE §4).

use serde_json::{Map, Value};

use super::catalogue::EventName;
use super::incoming::Fields;

/// The events that `name` with these fields stands for besides itself.
pub(super) fn names(name: EventName, fields: &Fields, substatus: &str) -> Vec<EventName> {
    match name {
        EventName::ConversationUpdated => changes(fields).map_or_else(Vec::new, |map| of_changes(&map, substatus)),
        EventName::MessageCreated if is_incoming(fields) => vec![EventName::MessageReceived],
        _ => Vec::new(),
    }
}

fn is_incoming(fields: &Fields) -> bool {
    fields.message_type.is_some_and(|raw| matches!(raw.get(), "\"incoming\"" | "0"))
}

/// Chatwoot sends an array of objects with one key each; one object with all keys is read as well.
fn changes(fields: &Fields) -> Option<Map<String, Value>> {
    match serde_json::from_str(fields.changed_attributes?.get()).ok()? {
        Value::Object(map) => Some(map),
        Value::Array(list) => Some(
            list.into_iter()
                .filter_map(|item| match item {
                    Value::Object(map) => Some(map),
                    _ => None,
                })
                .flatten()
                .collect(),
        ),
        _ => None,
    }
}

fn of_changes(changed: &Map<String, Value>, substatus: &str) -> Vec<EventName> {
    let any = |keys: &[&str]| keys.iter().any(|key| changed.contains_key(*key));
    let attribute = |side: &str| changed.get("custom_attributes")?.get(side)?.get(substatus);
    [
        (any(&["assignee_id", "assignee_agent_bot_id"]), EventName::AssigneeChanged),
        (any(&["team_id"]), EventName::TeamChanged),
        (any(&["label_list", "cached_label_list"]), EventName::ConversationLabelsChanged),
        (attribute("previous_value") != attribute("current_value"), EventName::ConversationSubstatusChanged),
    ]
    .into_iter()
    .filter_map(|(follows, name)| follows.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::incoming::Incoming;

    fn derived(body: &str) -> Vec<EventName> {
        let parsed = Incoming::parse(Bytes::copy_from_slice(body.as_bytes()), "substatus");
        parsed.map(|event| event.derived.into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
    }

    #[test]
    fn changes_of_a_conversation_name_finer_events() {
        use EventName::{AssigneeChanged, ConversationLabelsChanged, ConversationSubstatusChanged, TeamChanged};
        for (changes, expected) in [
            (r#"[{"assignee_id":{}},{"updated_at":{}}]"#, vec![AssigneeChanged]),
            (r#"[{"assignee_agent_bot_id":{}}]"#, vec![AssigneeChanged]),
            (r#"[{"assignee_id":{}},{"team_id":{}}]"#, vec![AssigneeChanged, TeamChanged]),
            (r#"[{"label_list":{}},{"cached_label_list":{}}]"#, vec![ConversationLabelsChanged]),
            (r#"{"team_id":{}}"#, vec![TeamChanged]),
            (r#"[{"updated_at":{}}]"#, vec![]),
            (r#"[{"status":{}}]"#, vec![]),
            ("null", vec![]),
            ("[]", vec![]),
            (
                r#"[{"custom_attributes":{"previous_value":{},"current_value":{"substatus":"hold"}}}]"#,
                vec![ConversationSubstatusChanged],
            ),
            (r#"[{"custom_attributes":{"previous_value":{"a":1},"current_value":{"a":2}}}]"#, vec![]),
        ] {
            let body = format!(r#"{{"event":"conversation_updated","changed_attributes":{changes}}}"#);
            assert_eq!(derived(&body), expected, "{changes}");
        }
    }

    #[test]
    fn only_a_customers_message_was_received() {
        assert_eq!(derived(EventName::MessageCreated.sample()), vec![EventName::MessageReceived]);
        assert_eq!(derived(r#"{"event":"message_created","message_type":"outgoing"}"#), vec![]);
        assert_eq!(derived(r#"{"event":"message_updated","message_type":"incoming"}"#), vec![]);
    }
}

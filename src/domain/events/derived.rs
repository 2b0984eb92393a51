//! Events derived from Chatwoot's own (docs/reference/ingest.md, "Derived events").

use std::collections::BTreeSet;

use super::catalogue::EventName;
use crate::domain::chatwoot::attribute::Attribute;
use crate::domain::json::{self, Members};

/// The names of the events that are derived from an event with these fields.
pub(in crate::domain) fn names(name: EventName, fields: &Members, substatus: &str) -> Vec<EventName> {
    match name {
        // Chatwoot reports a change of the status by an event of its own.
        EventName::ConversationUpdated => {
            let changed = changed(fields, substatus).into_iter();
            changed.filter(|attribute| *attribute != Attribute::Status).map(Attribute::event).collect()
        }
        EventName::MessageCreated if is_from_customer(fields) => vec![EventName::MessageReceived],
        _ => Vec::new(),
    }
}

/// The attributes that `changed_attributes` names.
pub(in crate::domain) fn changed(fields: &Members, substatus: &str) -> BTreeSet<Attribute> {
    of_changes(&changes(fields), substatus)
}

/// An incoming message that is no private note. Chatwoot sends the type's name; its database, and some senders that copy
/// from there, use the number.
fn is_from_customer(fields: &Members) -> bool {
    let is_incoming =
        fields.get("message_type").and_then(json::id).is_some_and(|kind| kind == "incoming" || kind == "0");
    is_incoming && fields.get("private").is_none_or(|private| private.get() != "true")
}

/// Chatwoot sends an array of objects with one key each; an object with all keys is accepted as well. Their values are
/// not parsed: any value means that the attribute changed.
fn changes<'a>(fields: &Members<'a>) -> Vec<Members<'a>> {
    let Some(changed) = fields.get("changed_attributes") else { return Vec::new() };
    match json::elements(changed) {
        Some(list) => list.into_iter().filter_map(Members::of).collect(),
        None => Members::of(changed).into_iter().collect(),
    }
}

fn of_changes(changed: &[Members], substatus: &str) -> BTreeSet<Attribute> {
    let any = |keys: &[&str]| keys.iter().any(|key| changed.iter().any(|members| members.has(key)));
    [
        (any(&["status"]), Attribute::Status),
        (any(&["assignee_id", "assignee_agent_bot_id"]), Attribute::Assignee),
        (any(&["team_id"]), Attribute::Team),
        (any(&["label_list", "cached_label_list"]), Attribute::Labels),
        (is_new_substatus(changed, substatus), Attribute::Substatus),
    ]
    .into_iter()
    .filter_map(|(follows, attribute)| follows.then_some(attribute))
    .collect()
}

fn is_new_substatus(changed: &[Members], substatus: &str) -> bool {
    let custom = changed.iter().rev().find_map(|members| members.get("custom_attributes")).and_then(Members::of);
    let Some(custom) = custom else { return false };
    let attribute = |side: &str| {
        let value = Members::of(custom.get(side)?)?.get(substatus)?;
        // Chatwoot clears an attribute by omitting it or by setting it to null.
        Some(value).filter(|value| value.get() != "null")
    };
    match (attribute("previous_value"), attribute("current_value")) {
        (None, None) => false,
        (Some(old), Some(new)) => !json::is_same(old, new),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::events::incoming::Incoming;

    fn derived(body: &str) -> Vec<EventName> {
        let parsed = Incoming::parse(Bytes::copy_from_slice(body.as_bytes()), "substatus");
        parsed.map(|event| event.derived.into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
    }

    #[test]
    fn changes_of_a_conversation_derive_specific_events() {
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
    fn the_keys_decide_what_changed_for_every_value() {
        use EventName::{AssigneeChanged, ConversationSubstatusChanged, TeamChanged};
        let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
        for value in ["1e400", "-1e-400", r#""\ud83d""#, r#"{"\udc00":1e999}"#, "[]", "null", "7", "{}", &deep] {
            for changes in [
                format!(r#"[{{"assignee_id":{value}}},{{"custom_attributes":{value}}}]"#),
                format!(r#"[{value},{{"x":{value},"assignee_id":{value}}}]"#),
                format!(r#"{{"assignee_id":{value},"\ud83d":{value}}}"#),
                format!(r#"{{"\u0061ssignee_id":{value}}}"#),
            ] {
                let body = format!(r#"{{"event":"conversation_updated","changed_attributes":{changes}}}"#);
                assert_eq!(derived(&body), vec![AssigneeChanged], "{changes}");
            }
        }
        let twice = r#"{"event":"conversation_updated","changed_attributes":[{"team_id":1}],
            "changed_attributes":[{"assignee_id":1}]}"#;
        assert_eq!(derived(twice), vec![AssigneeChanged]);
        for (previous, current, expected) in [
            ("1e400", "1e401", vec![ConversationSubstatusChanged]),
            ("1e400", "10e399", vec![]),
            (r#""\ud83d""#, r#""\ud83e""#, vec![ConversationSubstatusChanged]),
            ("1", "1.0", vec![]),
            ("null", r#""hold""#, vec![ConversationSubstatusChanged]),
        ] {
            let side = |value| format!(r#"{{"other":1e999,"substatus":{value}}}"#);
            let changes = format!(
                r#"[{{"custom_attributes":{{"previous_value":{},"current_value":{}}}}},{{"team_id":[]}}]"#,
                side(previous),
                side(current)
            );
            let body = format!(r#"{{"event":"conversation_updated","changed_attributes":{changes}}}"#);
            let expected: Vec<_> = [TeamChanged].into_iter().chain(expected).collect();
            assert_eq!(derived(&body), expected, "{previous} {current}");
        }
        let cleared = r#"{"previous_value":{},"current_value":{"substatus":null}}"#;
        let body =
            format!(r#"{{"event":"conversation_updated","changed_attributes":[{{"custom_attributes":{cleared}}}]}}"#);
        assert_eq!(derived(&body), vec![]);
    }

    #[test]
    fn only_a_message_from_a_customer_derives_message_received() {
        for kind in [r#""incoming""#, "0", "0.0", "-0", "0e3", r#""\u0069ncoming""#] {
            let body = format!(r#"{{"event":"message_created","message_type":{kind}}}"#);
            assert_eq!(derived(&body), vec![EventName::MessageReceived], "{kind}");
        }
        for kind in [r#""outgoing""#, "1", "0.5", "null", "[0]", "false"] {
            let body = format!(r#"{{"event":"message_created","message_type":{kind}}}"#);
            assert_eq!(derived(&body), vec![], "{kind}");
        }
        assert_eq!(derived(EventName::MessageCreated.sample()), vec![EventName::MessageReceived]);
        assert_eq!(derived(r#"{"event":"message_created","message_type":"outgoing"}"#), vec![]);
        assert_eq!(derived(r#"{"event":"message_updated","message_type":"incoming"}"#), vec![]);
        for (private, expected) in [("true", vec![]), ("false", vec![EventName::MessageReceived])] {
            let note = format!(r#"{{"event":"message_created","message_type":"incoming","private":{private}}}"#);
            assert_eq!(derived(&note), expected, "{note}");
        }
    }
}

//! Moves an event to another inbox. Only what names the inbox changes: all other bytes of the body stay as they are.

use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::events::catalogue::{EventName, Group};
use crate::domain::json::{self, Members};

/// Deeper values are left as they are: no server accepts them.
const DEPTH_MAX: usize = 64;

/// The event with another inbox in all places that name one. The name of the former inbox is removed.
pub fn moved(json: &str, event: EventName, id: &str) -> Result<String, serde_json::Error> {
    let number = id.parse().ok().filter(|number: &i64| number.to_string() == id);
    let id = number.map_or_else(|| Value::from(id), Value::from).to_string();
    let mut edit = Edit { json, id, changes: Vec::new() };
    edit.event(&Members::read(json)?, event);
    Ok(edit.made())
}

/// The changes of a text: what replaces its ranges.
struct Edit<'a> {
    json: &'a str,
    /// The new id, as JSON.
    id: String,
    changes: Vec<(Range<usize>, String)>,
}

impl Edit<'_> {
    fn event(&mut self, fields: &Members, event: EventName) {
        for (name, value) in fields.entries() {
            match (json::text(name).as_deref(), Members::of(value)) {
                (Some("inbox_id"), _) => self.set_id(value),
                (Some("id"), _) if event.group() == Group::Inbox => self.set_id(value),
                (Some("inbox"), Some(inbox)) => self.inbox(value, &inbox),
                _ => self.inside(value, 1),
            }
        }
        if !names_inbox(fields) {
            let member = format!("\"inbox_id\":{}", self.id);
            match fields.entries().last() {
                Some((_, last)) => self.insert(self.place(last).end, format!(",{member}")),
                None => self.insert(self.json.find('{').map_or(0, |brace| brace + 1), member),
            }
        }
    }

    fn inbox(&mut self, object: &RawValue, inbox: &Members) {
        let members = inbox.entries();
        for (name, value) in members {
            match json::text(name).as_deref() {
                Some("id") => self.set_id(value),
                Some("name") => {}
                name => self.member(name, value, 2),
            }
        }
        let is_kept = |(name, _): &(&RawValue, &RawValue)| json::text(name).as_deref() != Some("name");
        let last_kept = members.iter().rposition(is_kept);
        if !inbox.has("id") {
            let comma = if last_kept.is_some() { "," } else { "" };
            self.insert(self.place(object).start + 1, format!("\"id\":{}{comma}", self.id));
        }
        // Up to the next member, with the comma; at the end from the last member that stays.
        for pair in members.windows(2).take(last_kept.unwrap_or(0)) {
            if let [removed, (next, _)] = pair
                && !is_kept(removed)
            {
                self.remove(self.place(removed.0).start..self.place(next).start);
            }
        }
        if let (Some((first, _)), Some((_, last))) = (members.first(), members.last()) {
            let kept = last_kept.and_then(|at| members.get(at));
            let start = kept.map_or(self.place(first).start, |(_, value)| self.place(value).end);
            self.remove(start..self.place(last).end);
        }
    }

    fn inside(&mut self, value: &RawValue, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for item in json::elements(value).unwrap_or_default() {
            self.inside(item, depth + 1);
        }
        for (name, value) in Members::of(value).unwrap_or_default().entries() {
            self.member(json::text(name).as_deref(), value, depth + 1);
        }
    }

    fn member(&mut self, name: Option<&str>, value: &RawValue, depth: usize) {
        if name == Some("inbox_id") && is_id(value) {
            self.set_id(value);
        } else {
            self.inside(value, depth);
        }
    }

    fn place(&self, part: &RawValue) -> Range<usize> {
        json::place_of(self.json.as_bytes(), part.get())
    }

    fn set_id(&mut self, value: &RawValue) {
        self.changes.push((self.place(value), self.id.clone()));
    }

    fn insert(&mut self, at: usize, text: String) {
        self.changes.push((at..at, text));
    }

    fn remove(&mut self, range: Range<usize>) {
        self.changes.push((range, String::new()));
    }

    /// The text with the changes.
    fn made(mut self) -> String {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut made, mut from) = (String::new(), 0);
        for (range, text) in &self.changes {
            made.push_str(self.json.get(from..range.start).unwrap_or_default());
            made.push_str(text);
            from = range.end;
        }
        made.push_str(self.json.get(from..).unwrap_or_default());
        made
    }
}

/// Whether the event names an inbox after the change (docs/reference/ingest.md, "Inbox").
fn names_inbox(fields: &Members) -> bool {
    let object = |name: &str| fields.get(name).and_then(Members::of);
    let has_id = |members: &Members| members.get("inbox_id").is_some_and(is_id);
    let first_hours = || fields.get("working_hours").and_then(json::elements)?.first().copied().and_then(Members::of);
    fields.has("inbox_id")
        || object("inbox").is_some()
        || object("conversation").as_ref().is_some_and(has_id)
        || first_hours().as_ref().is_some_and(has_id)
}

fn is_id(value: &RawValue) -> bool {
    value.get().starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::incoming::Incoming;

    /// As the server finds it.
    #[test]
    fn every_sample_can_be_moved_to_another_inbox() {
        for event in EventName::ALL {
            for id in ["12", "mail", "007"] {
                let body = moved(event.sample(), *event, id).expect("a body");
                assert!(!body.contains("\"inbox_id\":7"), "{event:?}");
                let incoming = Incoming::parse(body.into(), "substatus").expect("an event");
                let inbox = incoming.inbox.expect("an inbox");
                assert_eq!((inbox.external_id.as_str(), inbox.name), (id, None), "{event:?}");
            }
        }
    }

    #[test]
    fn an_inbox_is_added_where_the_body_names_none() {
        for (body, expected) in [
            ("{}", r#"{"inbox_id":9}"#),
            (" { } ", r#" {"inbox_id":9 } "#),
            (r#"{"inbox_id":null}"#, r#"{"inbox_id":9}"#),
            (r#"{"a":[{"inbox_id":1}]}"#, r#"{"a":[{"inbox_id":9}],"inbox_id":9}"#),
            (r#"{"conversation":{"inbox_id":"a"}}"#, r#"{"conversation":{"inbox_id":9}}"#),
            (r#"{"working_hours":[{"inbox_id":1},{}]}"#, r#"{"working_hours":[{"inbox_id":9},{}]}"#),
            (r#"{"conversation":{"inbox_id":null}}"#, r#"{"conversation":{"inbox_id":null},"inbox_id":9}"#),
        ] {
            assert_eq!(moved(body, EventName::MessageCreated, "9").expect(body), expected, "{body}");
        }
    }

    #[test]
    fn the_inbox_gets_the_id_and_loses_the_name() {
        for (inbox, expected) in [
            (r#"{"id":1,"name":"A","b":2}"#, r#"{"id":9,"b":2}"#),
            (r#"{"name":"A"}"#, r#"{"id":9}"#),
            (r#"{ "name" : "A" }"#, r#"{"id":9  }"#),
            (r#"{"name":"A","b":2}"#, r#"{"id":9,"b":2}"#),
            (r#"{"b":2, "name":"A"}"#, r#"{"id":9,"b":2}"#),
            (r#"{"name":1, "b":[{"inbox_id":1}], "name":2, "name":3}"#, r#"{"id":9,"b":[{"inbox_id":9}]}"#),
            (r#"{"name":1,"name":2,"id":3,"n\u0061me":4,"id":5}"#, r#"{"id":9,"id":9}"#),
            (r"{}", r#"{"id":9}"#),
        ] {
            let moved = moved(&format!("{{\"inbox\":{inbox}}}"), EventName::MessageCreated, "9").expect(inbox);
            assert_eq!(moved, format!("{{\"inbox\":{expected}}}"), "{inbox}");
        }
    }

    #[test]
    fn all_other_bytes_stay_as_they_are() {
        let body = concat!(
            "\r\n{ \"n\" : 12345678901234567890123, \"e\":1e400,\t\"z\":-0.10, \"n\":1,\n",
            r#" "s":"\u0456\/\ud83d", "\u0069nbox_id"  :  "7" , "a":[ {"inbox_id":1e400} , {"inbox_id":[1]} ],"#,
            "\"inbox_id\":7 }\n",
        );
        let expected = body.replace(r#""7""#, r#""b""#).replace(r#"{"inbox_id":1e400}"#, r#"{"inbox_id":"b"}"#);
        let expected = expected.replace(r#""inbox_id":7"#, r#""inbox_id":"b""#);
        assert_eq!(moved(body, EventName::MessageCreated, "b").expect("JSON"), expected);
        let inbox = r#"{"id": 1, "a": {"id": 2}}"#;
        let expected = r#"{"id": 9, "a": {"id": 2},"inbox_id":9}"#;
        assert_eq!(moved(inbox, EventName::InboxUpdated, "9").expect("JSON"), expected);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let expected = deep.replace("]}", "],\"inbox_id\":9}");
        assert_eq!(moved(&deep, EventName::MessageCreated, "9").expect("JSON"), expected);
    }
}

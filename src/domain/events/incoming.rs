//! Parses and validates a posted event; its bytes stay unchanged.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::catalogue::EventName;
use super::derived;
use crate::domain::json::{self, Members};
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::problem::Problem;
use crate::domain::{inboxes, text};

/// Maximum nesting of objects and arrays.
const DEPTH_MAX: usize = 64;

/// A validated event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// An event of the catalogue.
    pub name: EventName,
    /// The JSON exactly as posted, without a byte order mark.
    pub body: Bytes,
    /// The inbox that it names.
    pub inbox: Option<InboxRef>,
    /// The derived events with their bodies.
    pub derived: Vec<(EventName, Bytes)>,
}

/// The inbox that an event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRef {
    /// The id of the inbox in the help desk.
    pub external_id: String,
    /// The name of the inbox, if the event contains it.
    pub name: Option<String>,
}

/// Why an event was not accepted (docs/reference/ingest.md, "Answers").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not a JSON object; the text says where parsing failed.
    InvalidJson(String),
    /// Nested deeper than 64 levels.
    TooDeep,
    /// `event` is missing or not a string.
    MissingEvent,
    /// The name is not in the catalogue.
    UnknownEvent(String),
}

/// Checks that a body may be sent as a test: one JSON object within the limits of an event.
pub fn check_test_body(body: &[u8], limit: usize) -> Result<(), Problem> {
    let is_object = || std::str::from_utf8(body).is_ok_and(|text| Members::read(text).is_ok());
    if body.len() > limit {
        Err(Problem::BodyTooLarge { max_bytes: limit })
    } else if depth(body) <= DEPTH_MAX && is_object() {
        Ok(())
    } else {
        Err(Problem::JsonInvalid)
    }
}

impl Incoming {
    /// Parses a posted body. `substatus` is the custom attribute that holds the substatus.
    pub fn parse(body: Bytes, substatus: &str) -> Result<Self, Refused> {
        let body = json::without_bom(body);
        if depth(&body) > DEPTH_MAX {
            return Err(Refused::TooDeep);
        }
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Refused::InvalidJson("expected a JSON object".into()));
        }
        // serde_json does not validate strings that it skips, so UTF-8 is checked first (RFC 8259 §8.1).
        let text = std::str::from_utf8(&body).map_err(|error| Refused::InvalidJson(error.to_string()))?;
        let fields = Members::read(text).map_err(|error| Refused::InvalidJson(error.to_string()))?;
        let event = fields.get("event").ok_or(Refused::MissingEvent)?;
        let name = json::text(event).ok_or(Refused::MissingEvent)?;
        let name = EventName::parse(&name).ok_or(Refused::UnknownEvent(name))?;
        let place = json::place_of(&body, event.get());
        let rename = |name: EventName| (name, renamed(&body, place.clone(), name));
        let derived = derived::names(name, &fields, substatus).into_iter().map(rename).collect();
        let inbox = inbox_of(&fields);
        Ok(Self { name, inbox, derived, body })
    }

    /// The body of an event that is derived from this one: only the value of the top-level `event` differs.
    pub fn body_as(&self, name: EventName) -> Bytes {
        body_as(&self.body, name)
    }
}

/// A copy of the body of an event in which only the value of the top-level `event` differs.
pub fn body_as(body: &Bytes, name: EventName) -> Bytes {
    let fields = std::str::from_utf8(body).ok().and_then(|text| Members::read(text).ok());
    let event = fields.as_ref().and_then(|fields| fields.get("event"));
    event.map_or_else(|| body.clone(), |event| renamed(body, json::place_of(body, event.get()), name))
}

/// The member of an event that lists changed attributes.
const CHANGES: &str = "changed_attributes";

/// Whether an event may contain changed attributes. Only then its parsing depends on the setting for the substatus.
pub fn may_tell_of_changes(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let is_escaped = || text.contains("\\u00");
    let text = text.trim_start_matches('\u{feff}');
    text.contains(CHANGES) || is_escaped() && Members::read(text).is_ok_and(|fields| fields.has(CHANGES))
}

/// A copy of `body` in which only the value of the top-level `event` differs.
fn renamed(body: &Bytes, place: std::ops::Range<usize>, name: EventName) -> Bytes {
    let before = body.get(..place.start).unwrap_or_default();
    let after = body.get(place.end..).unwrap_or_default();
    [before, b"\"", name.as_str().as_bytes(), b"\"", after].concat().into()
}

/// `inbox_id` ?? `inbox.id` ?? `conversation.inbox_id` ?? `working_hours[0].inbox_id`.
fn inbox_of(fields: &Members) -> Option<InboxRef> {
    // A malformed value beside the id is no reason to refuse the event.
    let object = |name: &str| fields.get(name).and_then(Members::of).unwrap_or_default();
    let inbox = object("inbox");
    let id_in = |members: &Members, name: &str| members.get(name).and_then(external_id);
    let external_id = id_in(fields, "inbox_id")
        .or_else(|| id_in(&inbox, "id"))
        .or_else(|| id_in(&object("conversation"), "inbox_id"))
        .or_else(|| id_in(&Members::of(json::elements(fields.get("working_hours")?)?.first()?)?, "inbox_id"))?;
    let name = inbox.get("name").and_then(json::text).map(|name| text::cleaned_to(&name, NAME_CHARS_MAX));
    Some(InboxRef { external_id, name: name.filter(|name| !name.is_empty()) })
}

/// A whole number or a short text; any other value does not name an inbox.
fn external_id(value: &RawValue) -> Option<String> {
    json::id(value).filter(|id| id.chars().count() <= inboxes::EXTERNAL_ID_CHARS_MAX)
}

/// The maximum nesting of objects and arrays. Does not parse: a parser could overflow its stack first.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for &byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Incoming, Refused> {
        Incoming::parse(Bytes::copy_from_slice(text.as_bytes()), "substatus")
    }

    #[test]
    fn a_test_body_has_the_limits_of_ingest() {
        assert_eq!(check_test_body(b" {\"a\":[1e400]} ", 64), Ok(()));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        for body in ["", "[1]", "\"x\"", "{bad", "{} {}", &deep] {
            assert_eq!(check_test_body(body.as_bytes(), 1024), Err(Problem::JsonInvalid), "{body}");
        }
        assert_eq!(check_test_body(b"{\"a\":1}", 6), Err(Problem::BodyTooLarge { max_bytes: 6 }));
    }

    #[test]
    fn an_inbox_is_found_in_every_place_that_chatwoot_uses() {
        let inbox = |text: &str| parse(text).ok().and_then(|event| event.inbox).map(|inbox| inbox.external_id);
        for (body, expected) in [
            (r#"{"event":"message_created","inbox_id":7,"inbox":{"id":8}}"#, Some("7")),
            (r#"{"event":"message_created","inbox":{"id":"abc","name":"Сайт"}}"#, Some("abc")),
            (r#"{"event":"conversation_typing_on","conversation":{"inbox_id":9}}"#, Some("9")),
            (r#"{"event":"inbox_updated","working_hours":[{"inbox_id":3}]}"#, Some("3")),
            (r#"{"event":"contact_created"}"#, None),
            (r#"{"event":"contact_created","inbox_id":null,"inbox":null}"#, None),
            (r#"{"event":"contact_created","inbox_id":true,"inbox":"x","conversation":[]}"#, None),
        ] {
            assert_eq!(inbox(body).as_deref(), expected, "{body}");
        }
        let name = |name: &str| {
            let event = parse(&format!(r#"{{"event":"message_created","inbox":{{"id":1,"name":{name}}}}}"#));
            event.ok().and_then(|event| event.inbox?.name)
        };
        assert_eq!(name("\" Сайт \"").as_deref(), Some("Сайт"));
        assert_eq!(name(r#""a\u0000\u202eb\tc""#).as_deref(), Some("ab c"));
        for nothing in [r#""\u200b \u0000""#, r#""\ud83d""#, "7", "null", "{}"] {
            assert_eq!(name(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn an_event_is_parsed_the_same_regardless_of_other_members() {
        let inbox = |text: &str| parse(text).ok().and_then(|event| event.inbox).map(|inbox| inbox.external_id);
        for (body, expected) in [
            (r#"{"event":"message_created","inbox_id":1e400,"inbox":{"id":8}}"#, Some("8")),
            (r#"{"event":"message_created","inbox":{"\ud83d":1,"id":8.0,"x":1e999}}"#, Some("8")),
            (r#"{"event":"message_created","inbox_id":7,"inbox_id":70e-1}"#, Some("7")),
            (r#"{"event":"message_created","inbox_id":7,"inbox_id":8}"#, Some("8")),
            (r#"{"event":"message_created","inbox":{"id":7},"inbox":null}"#, None),
            (r#"{"event":"x","\ud83d":0,"event":"message_created","inbox_\u0069d":7}"#, Some("7")),
            (r#"{"event":"message_created","working_hours":[{"inbox_id":"7"},1e999]}"#, Some("7")),
            ("\u{feff}{\"event\":\"message_created\",\"inbox_id\":7}", Some("7")),
        ] {
            assert_eq!(inbox(body).as_deref(), expected, "{body}");
        }
        let body = r#"{"event":"message_created","inbox_id":"N"}"#;
        assert_eq!(inbox(&body.replace('N', &"я".repeat(64))), Some("я".repeat(64)));
        assert_eq!(inbox(&body.replace('N', &"я".repeat(65))), None);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_an_event() {
        let body = r#"{"event":"message_created"}"#;
        assert_eq!(parse(&format!("\u{feff}{body}")).map(|event| event.body), Ok(Bytes::from(body)));
    }

    #[test]
    fn changed_attributes_are_found_in_every_notation() {
        for (body, may) in [
            (r#"{"event":"conversation_updated","changed_attributes":[]}"#, true),
            (r#"{"event":"conversation_updated","changed\u005fattributes":[]}"#, true),
            ("\u{feff}{\"changed\\u005fattributes\":[]}", true),
            (r#"{"event":"message_created","content":"\u003cb\u003e"}"#, false),
            (r#"{"event":"message_created"}"#, false),
            ("\\u00", false),
        ] {
            assert_eq!(may_tell_of_changes(body.as_bytes()), may, "{body}");
        }
        assert!(!may_tell_of_changes(b"\xffchanged_attributes"));
    }

    #[test]
    fn an_invalid_event_is_refused() {
        for body in ["", "[]", "1", "{", r#"{"event":}"#, "\u{feff}\u{feff}{}"] {
            assert!(matches!(parse(body), Err(Refused::InvalidJson(_))), "{body}");
        }
        assert_eq!(parse("{}"), Err(Refused::MissingEvent));
        assert_eq!(parse(r#"{"event":1}"#), Err(Refused::MissingEvent));
        assert_eq!(parse(r#"{"event":null}"#), Err(Refused::MissingEvent));
        assert_eq!(parse(r#"{"event":"nope"}"#), Err(Refused::UnknownEvent("nope".into())));
        assert_eq!(parse(r#"{"event":"webhook_test"}"#), Err(Refused::UnknownEvent("webhook_test".into())));
        let deep = format!(r#"{{"event":"message_created","a":{}{}}}"#, "[".repeat(64), "]".repeat(64));
        assert_eq!(parse(&deep), Err(Refused::TooDeep));
        let shallow = format!(r#"{{"event":"message_created","a":{}{}}}"#, "[".repeat(63), "]".repeat(63));
        assert!(parse(&shallow).is_ok());
        assert!(parse(r#"{"event":"message_created","a":"[[[[\"[["}"#).is_ok());
    }

    #[test]
    fn a_derived_body_differs_only_in_its_event() {
        let body = r#" { "x" : {"event":"inner"}, "event" :  "message_created" ,"message_type":"incoming","n":1.0e5}"#;
        let derived = parse(body).map(|event| event.derived).unwrap_or_default();
        let expected = body.replace("\"message_created\"", "\"message_received\"");
        assert_eq!(derived, vec![(EventName::MessageReceived, Bytes::from(expected))]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Incoming::parse(Bytes::from(body), "substatus"));
        }
    }
}

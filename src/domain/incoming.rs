//! An event on its way in: what a help desk posted, checked and understood, its bytes untouched.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::catalogue::EventName;
use super::derived;
use super::problem::Problem;

/// Objects and arrays may be nested that deep.
const DEPTH: usize = 64;

/// A checked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its name.
    pub name: EventName,
    /// The JSON exactly as posted.
    pub body: Bytes,
    /// The inbox it came from, as the help desk calls it.
    pub inbox: Option<InboxRef>,
    /// The finer events that follow from it, with their own bodies.
    pub derived: Vec<(EventName, Bytes)>,
}

/// An inbox as an event names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRef {
    /// The help desk's own id.
    pub external_id: String,
    /// Its name, if the event tells it.
    pub name: Option<String>,
}

/// Why an event was not accepted (INTERFACE §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No JSON object; the text says where it breaks.
    InvalidJson(String),
    /// Nested deeper than 64.
    TooDeep,
    /// No `event`, or one that is no text.
    MissingEvent,
    /// A name the catalogue does not have.
    UnknownEvent(String),
}

/// The few fields that matter here; everything else is skipped over.
#[derive(Deserialize)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    inbox_id: Option<&'a RawValue>,
    #[serde(borrow)]
    inbox: Option<&'a RawValue>,
    #[serde(borrow)]
    conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    working_hours: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) changed_attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) message_type: Option<&'a RawValue>,
}

/// Whether a body may be sent as a test: one JSON object within the limits of an event.
pub fn check_test_body(body: &str, limit: usize) -> Result<(), Problem> {
    let is_object = body.trim_ascii_start().starts_with('{') && depth(body.as_bytes()) <= DEPTH;
    if body.len() > limit {
        Err(Problem::BodyTooLarge)
    } else if is_object && serde_json::from_str::<IgnoredAny>(body).is_ok() {
        Ok(())
    } else {
        Err(Problem::JsonInvalid)
    }
}

impl Incoming {
    /// Reads a posted body. `substatus` is the custom attribute whose change means a new substatus.
    pub fn parse(body: Bytes, substatus: &str) -> Result<Self, Refused> {
        if depth(&body) > DEPTH {
            return Err(Refused::TooDeep);
        }
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Refused::InvalidJson("expected a JSON object".into()));
        }
        // As text, because serde_json does not look into the strings that it skips over (RFC 8259 §8.1: UTF-8).
        let text = std::str::from_utf8(&body).map_err(|error| Refused::InvalidJson(error.to_string()))?;
        let fields: Fields = serde_json::from_str(text).map_err(|error| Refused::InvalidJson(error.to_string()))?;
        let event = fields.event.ok_or(Refused::MissingEvent)?;
        let name: String = serde_json::from_str(event.get()).map_err(|_| Refused::MissingEvent)?;
        let name = EventName::parse(&name).ok_or(Refused::UnknownEvent(name))?;
        let place = place_of(&body, event.get());
        let rename = |name: EventName| (name, renamed(&body, place.clone(), name));
        let derived = derived::names(name, &fields, substatus).into_iter().map(rename).collect();
        let inbox = inbox(&fields);
        Ok(Self { name, inbox, derived, body })
    }
}

/// Where the slice `part` of `body` lies in it.
fn place_of(body: &Bytes, part: &str) -> std::ops::Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    start..start + part.len()
}

/// `body` with only the bytes of the top-level `event` value replaced.
fn renamed(body: &Bytes, place: std::ops::Range<usize>, name: EventName) -> Bytes {
    let before = body.get(..place.start).unwrap_or_default();
    let after = body.get(place.end..).unwrap_or_default();
    [before, b"\"", name.as_str().as_bytes(), b"\"", after].concat().into()
}

#[derive(Deserialize, Default)]
struct Inner<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    inbox_id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

/// `inbox_id` ?? `inbox.id` ?? `conversation.inbox_id` ?? `working_hours[0].inbox_id`.
fn inbox(fields: &Fields) -> Option<InboxRef> {
    let inbox: Inner = read(fields.inbox).unwrap_or_default();
    let external_id = fields
        .inbox_id
        .and_then(scalar)
        .or_else(|| inbox.id.and_then(scalar))
        .or_else(|| read::<Inner>(fields.conversation)?.inbox_id.and_then(scalar))
        .or_else(|| read::<Vec<Inner>>(fields.working_hours)?.first()?.inbox_id.and_then(scalar))?;
    let name = inbox.name.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let name = name.map(|name| name.trim().chars().take(120).collect::<String>()).filter(|name| !name.is_empty());
    Some(InboxRef { external_id, name })
}

/// What stands there, if it has the shape; a strange neighbour is no reason to refuse an event.
fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// A whole number or a short text; anything else names no inbox.
fn scalar(raw: &RawValue) -> Option<String> {
    let text = match serde_json::from_str::<serde_json::Value>(raw.get()).ok()? {
        serde_json::Value::Number(number) => number.as_i64()?.to_string(),
        serde_json::Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control))
}

/// How deep objects and arrays are nested, without parsing: a parser could overflow its stack first.
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
    fn a_test_takes_what_ingest_would_take() {
        assert_eq!(check_test_body(" {\"a\":[1]} ", 64), Ok(()));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        for body in ["", "[1]", "\"x\"", "{bad", "{} {}", &deep] {
            assert_eq!(check_test_body(body, 1024), Err(Problem::JsonInvalid), "{body}");
        }
        assert_eq!(check_test_body("{\"a\":1}", 6), Err(Problem::BodyTooLarge));
    }

    #[test]
    fn an_inbox_is_found_wherever_chatwoot_puts_it() {
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
        let named = parse(r#"{"event":"message_created","inbox":{"id":1,"name":" Сайт "}}"#);
        assert_eq!(named.ok().and_then(|event| event.inbox?.name).as_deref(), Some("Сайт"));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in ["", "[]", "1", "{", r#"{"event":}"#, "\u{feff}{}", r#"{"event":"a","event":"b"}"#] {
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

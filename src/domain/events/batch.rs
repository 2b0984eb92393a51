//! A request with several events: a JSON array, or one JSON value a line (NDJSON).

use bytes::Bytes;

use crate::domain::idempotency_key;
use crate::domain::json::{self, Members};

/// Events of one request.
pub const EVENTS_MAX: usize = 500;
/// Bytes of one request.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// How the events of a request follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON array.
    Array,
    /// Lines that end with LF or CRLF; empty ones do not count.
    Lines,
}

/// Why a request is not a batch. Nothing of it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBatch {
    /// Not a JSON array; the text says where parsing failed.
    InvalidJson(String),
    /// More than [`EVENTS_MAX`] items.
    TooMany,
}

/// An item of a batch, whose event is not parsed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The key that the item has of its own.
    pub idempotency_key: Option<String>,
    /// The event as it was sent, without what wraps it.
    pub body: Bytes,
}

/// Why an item that wraps an event was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadWrapper {
    /// The key is not a text of 1 to 255 printable ASCII characters.
    Key,
    /// A member beside `event` and `idempotency_key`, perhaps a mistyped key.
    Unknown(String),
}

/// Whether a JSON text begins like an array.
pub fn is_array(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'[')
}

/// The items of a batch in their order, each a slice of `body`.
pub fn split(body: Bytes, format: Format) -> Result<Vec<Bytes>, NoBatch> {
    let body = json::without_bom(body);
    let items: Vec<Bytes> = match format {
        Format::Array => {
            let text = std::str::from_utf8(&body).map_err(|error| NoBatch::InvalidJson(error.to_string()))?;
            let elements = json::elements_up_to(text, EVENTS_MAX);
            let elements = elements.map_err(|error| NoBatch::InvalidJson(error.to_string()))?;
            let elements = elements.ok_or(NoBatch::TooMany)?.into_iter();
            elements.map(|element| body.slice_ref(element.get().as_bytes())).collect()
        }
        Format::Lines => {
            let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            lines.take(EVENTS_MAX + 1).map(|line| body.slice_ref(line)).collect()
        }
    };
    if items.len() > EVENTS_MAX { Err(NoBatch::TooMany) } else { Ok(items) }
}

/// Reads an item: `{"idempotency_key":…,"event":{…}}` if `event` is an object, or else an event.
///
/// The event is copied, so that it does not keep the whole request in memory.
pub fn item(bytes: &Bytes) -> Result<Item, BadWrapper> {
    let members = std::str::from_utf8(bytes).ok().and_then(|text| Members::read(text).ok()).unwrap_or_default();
    let wrapped = members.get("event").map(|event| event.get()).filter(|event| event.starts_with('{'));
    let Some(event) = wrapped else {
        return Ok(Item { idempotency_key: None, body: Bytes::copy_from_slice(bytes) });
    };
    for (name, _) in members.entries() {
        let name = json::text(name).unwrap_or_default();
        if !["event", "idempotency_key"].contains(&name.as_str()) {
            return Err(BadWrapper::Unknown(name));
        }
    }
    let idempotency_key = match members.get("idempotency_key") {
        None => None,
        Some(key) => Some(json::text(key).filter(|key| idempotency_key::is_valid(key)).ok_or(BadWrapper::Key)?),
    };
    Ok(Item { idempotency_key, body: Bytes::copy_from_slice(event.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(text: &str) -> Result<Vec<Bytes>, NoBatch> {
        split(Bytes::copy_from_slice(text.as_bytes()), Format::Array)
    }

    fn lines(text: &str) -> Result<Vec<Bytes>, NoBatch> {
        split(Bytes::copy_from_slice(text.as_bytes()), Format::Lines)
    }

    #[test]
    fn items_are_the_bytes_between_commas_or_line_ends() {
        let items: Vec<Bytes> = [r#"{"a": 1.0, "b":"x,]\u0041"}"#, "7", "[1, [2]]"].map(Bytes::from).into();
        assert_eq!(array("\u{feff} [ {\"a\": 1.0, \"b\":\"x,]\\u0041\"} ,7, [1, [2]] ] "), Ok(items.clone()));
        assert_eq!(lines("\u{feff}{\"a\": 1.0, \"b\":\"x,]\\u0041\"}\r\n\n7 \n \n[1, [2]]"), Ok(items));
        assert_eq!((array("[]"), lines("\n"), lines("")), (Ok(vec![]), Ok(vec![]), Ok(vec![])));
    }

    #[test]
    fn what_is_no_array_is_no_batch() {
        for text in ["[", "[1", "[1,]", "[1 2]", "[1] 2", "{}", "", "[1],"] {
            assert!(matches!(array(text), Err(NoBatch::InvalidJson(_))), "{text}");
        }
        let not_utf8 = split(Bytes::from_static(b"[\"\xff\"]"), Format::Array);
        assert!(matches!(not_utf8, Err(NoBatch::InvalidJson(_))));
    }

    #[test]
    fn a_batch_has_at_most_500_items() {
        let ones = |count: usize| vec!["1"; count];
        assert_eq!(array(&format!("[{}]", ones(500).join(","))).map(|items| items.len()), Ok(500));
        assert_eq!(lines(&ones(500).join("\n")).map(|items| items.len()), Ok(500));
        assert_eq!(array(&format!("[{}]", ones(501).join(","))), Err(NoBatch::TooMany));
        assert_eq!(lines(&ones(501).join("\n")), Err(NoBatch::TooMany));
        // Whatever follows.
        assert_eq!(array(&format!("[{},", ones(501).join(","))), Err(NoBatch::TooMany));
    }

    #[test]
    fn deep_nesting_is_left_to_the_item() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(array(&format!("[{deep}]")).map(|items| items.len()), Ok(1));
        assert_eq!(item(&deep.clone().into()), Ok(Item { idempotency_key: None, body: deep.into() }));
    }

    #[test]
    fn an_item_wraps_an_event_if_event_is_an_object() {
        let read = |text: &'static str| item(&Bytes::from_static(text.as_bytes()));
        let plain = r#"{"event":"message_created","idempotency_key":"x"}"#;
        assert_eq!(read(plain), Ok(Item { idempotency_key: None, body: plain.into() }));
        let own =
            |key: Option<&str>| Ok(Item { idempotency_key: key.map(Into::into), body: r#"{"event": "a" }"#.into() });
        assert_eq!(read(r#"{"event":{"event": "a" }}"#), own(None));
        assert_eq!(read(r#" {"idempotency_key" : "k-1" , "event" :{"event": "a" }} "#), own(Some("k-1")));
        assert_eq!(read("no object"), Ok(Item { idempotency_key: None, body: "no object".into() }));
        assert_eq!(read(r#"{"event":{},"key":"k"}"#), Err(BadWrapper::Unknown("key".into())));
        for key in ["\"\"", "7", "null", "\"\\u0007\"", "\"ключ\""] {
            let text = format!("{{\"event\":{{}},\"idempotency_key\":{key}}}");
            assert_eq!(item(&text.into()), Err(BadWrapper::Key), "{key}");
        }
    }
}

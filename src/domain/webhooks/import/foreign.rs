//! A webhook of another program, and how its parts are read from JSON.

use serde_json::Value;

use crate::domain::events::catalogue::EventName;
use crate::domain::text;

/// A webhook of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Its id there, of Chatwoot only.
    pub id: Option<i64>,
    /// Its name; may be empty.
    pub name: String,
    /// Where it sends, without a login.
    pub url: String,
    /// The events of the catalogue that it wants.
    pub events: Vec<EventName>,
    /// Its signing secret, if exported.
    pub secret: Option<String>,
    /// Whether it is turned off there.
    pub is_off: bool,
    /// Login and password of Basic authorization.
    pub login: Option<(String, String)>,
    /// Name and value of the header that authorizes it.
    pub authorization: Option<(String, String)>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Its timeout in seconds.
    pub timeout_s: Option<u64>,
    /// What has no counterpart, in words.
    pub without_counterpart: Vec<String>,
}

impl Foreign {
    /// Adds the events of these names. Other programs write `message.created` for `message_created`, and `*` for all.
    pub(super) fn add_events<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            let known = EventName::parse(&name.to_lowercase().replace(['.', '-', '/', ' '], "_"));
            match known {
                _ if name == "*" => self.events = EventName::ALL.to_vec(),
                Some(event) if !self.events.contains(&event) => self.events.push(event),
                Some(_) => {}
                None => self.lose(format!("event {name}")),
            }
        }
    }

    pub(super) fn lose(&mut self, what: impl Into<String>) {
        let what = text::cleaned(&what.into());
        if !self.without_counterpart.contains(&what) {
            self.without_counterpart.push(what);
        }
    }

    /// Sets the URL; a login in it becomes Basic authorization.
    pub(super) fn set_url(&mut self, url: &str) {
        self.url = url.to_owned();
        let Ok(mut parsed) = url::Url::parse(url) else { return };
        if parsed.username().is_empty() && parsed.password().is_none() {
            return;
        }
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        self.login = Some((decoded(parsed.username()), decoded(parsed.password().unwrap_or_default())));
        if parsed.set_username("").is_ok() && parsed.set_password(None).is_ok() {
            self.url = parsed.into();
        }
    }
}

/// The array in one of these places of an answer, or the answer itself.
pub(super) fn list<'a>(value: &'a Value, places: &[&str]) -> Result<&'a [Value], String> {
    let found = places.iter().find_map(|place| value.pointer(place)).unwrap_or(value);
    found.as_array().map(Vec::as_slice).ok_or_else(|| "no list of webhooks".to_owned())
}

/// A text member; empty if it is missing.
pub(super) fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a member has a value other than null, zero, an empty text, list or object.
pub(super) fn has(value: &Value, name: &str) -> bool {
    match value.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::Bool(true)) => true,
    }
}

/// The texts of an array.
pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_events_are_found_in_the_spelling_of_other_programs() {
        let mut foreign = Foreign::default();
        foreign.add_events(["message.created", "MESSAGE_CREATED", "contact-updated", "invoice.paid"]);
        assert_eq!(foreign.events, [EventName::MessageCreated, EventName::ContactUpdated]);
        assert_eq!(foreign.without_counterpart, ["event invoice.paid"]);
        foreign.add_events(["*"]);
        assert_eq!(foreign.events, EventName::ALL);
    }

    #[test]
    fn a_login_in_a_url_becomes_authorization() {
        let mut foreign = Foreign::default();
        foreign.set_url("https://me:p%40ss@crm.example.com/in?x=1");
        assert_eq!(foreign.url, "https://crm.example.com/in?x=1");
        assert_eq!(foreign.login, Some(("me".into(), "p@ss".into())));
        foreign.set_url("nonsense");
        assert_eq!(foreign.url, "nonsense");
    }
}

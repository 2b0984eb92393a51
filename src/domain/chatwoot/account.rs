//! The account of an event, which its body names in one of several places.

use serde_json::value::RawValue;

use crate::domain::json::{self, Members};

/// `account.id` ?? `conversation.account.id` ?? `channel.account_id` ?? `messages[0].account_id` ??
/// `conversation.messages[0].account_id`. `None` if the body is not a JSON object, or one of a Chatwoot before 4.14.2 that
/// names no account.
pub fn of(body: &[u8]) -> Option<String> {
    let fields = Members::read(std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}')).ok()?;
    let conversation = object(&fields, "conversation");
    id_at(&object(&fields, "account"), "id")
        .or_else(|| id_at(&object(&conversation, "account"), "id"))
        .or_else(|| id_at(&object(&fields, "channel"), "account_id"))
        .or_else(|| of_first_message(&fields))
        .or_else(|| of_first_message(&conversation))
}

fn object<'a>(fields: &Members<'a>, name: &str) -> Members<'a> {
    fields.get(name).and_then(Members::of).unwrap_or_default()
}

fn id_at(fields: &Members<'_>, name: &str) -> Option<String> {
    fields.get(name).and_then(|value: &RawValue| json::id(value))
}

fn of_first_message(fields: &Members<'_>) -> Option<String> {
    let first = *json::elements(fields.get("messages")?)?.first()?;
    id_at(&Members::of(first)?, "account_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_found_in_every_place_that_chatwoot_uses() {
        for (body, expected) in [
            (r#"{"account":{"id":3},"messages":[{"account_id":4}]}"#, Some("3")),
            (r#"{"conversation":{"account":{"id":3}}}"#, Some("3")),
            (r#"{"channel":{"account_id":3}}"#, Some("3")),
            (r#"{"channel":"Channel::WebWidget","messages":[{"account_id":3}]}"#, Some("3")),
            (r#"{"account":null,"conversation":{"messages":[{"account_id":3}]}}"#, Some("3")),
            (r#"{"messages":[]}"#, None),
            (r#"{"account":{"id":true}}"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(of(body.as_bytes()).as_deref(), expected, "{body}");
        }
        assert_eq!(of(b"\xff"), None);
    }
}

//! Bodies to send.

use serde_json::{Value, json};

/// An event without an inbox. Its blanks, member order and letters are chosen so that a body that was parsed and
/// serialised again would differ.
pub fn event(name: &str) -> String {
    format!(
        "{{ \"zeta\": 1.10,\t\"event\" : \"{name}\",\n  \"content\":\"Привіт, \\u0433\\u0430\\u0447\\u043e\\u043a 👋 </script>\",\
         \"message_type\":\"outgoing\", \"alpha\":[ 1e2 , null,true ] }}\n"
    )
}

/// An event with that inbox id.
pub fn event_in(name: &str, inbox: u32) -> String {
    json!({ "event": name, "message_type": "outgoing", "inbox": { "id": inbox, "name": format!("Channel {inbox}") } })
        .to_string()
}

/// A webhook for the management API, subscribed to `message_created`.
pub fn webhook(url: &str) -> Value {
    json!({ "url": url, "subscriptions": ["message_created"] })
}

//! Webhooks of a Chatwoot account.

use serde_json::Value;

use super::foreign::{Foreign, list, text_of, texts};

/// Hachok's own registration has this in its URL; to import it would send every event here again.
const OWN_PATH: &str = "/ingest/chatwoot/";

pub(super) fn read(value: &Value) -> Result<Vec<Foreign>, String> {
    let all = list(value, &["/payload/webhooks", "/webhooks", "/payload"])?;
    Ok(all.iter().filter(|one| !text_of(one, "url").contains(OWN_PATH)).map(webhook).collect())
}

fn webhook(one: &Value) -> Foreign {
    let mut foreign = Foreign {
        id: one.get("id").and_then(Value::as_i64),
        name: text_of(one, "name").to_owned(),
        ..Foreign::default()
    };
    foreign.set_url(text_of(one, "url"));
    foreign.add_events(texts(one.get("subscriptions")));
    // Receivers that verify Chatwoot's signature have to verify that of Standard Webhooks instead, with the same key.
    foreign.secret = Some(text_of(one, "secret").to_owned()).filter(|secret| !secret.is_empty());
    if foreign.secret.is_some() {
        foreign.lose("header X-Chatwoot-Signature");
    }
    if let Some(inbox) = one.pointer("/inbox/name").and_then(Value::as_str) {
        foreign.lose(format!("inbox {inbox}, which Chatwoot itself ignores"));
    }
    foreign
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::catalogue::EventName;

    #[test]
    fn the_webhooks_of_an_account_are_read_without_the_own_one() {
        let json = serde_json::json!({"payload": {"webhooks": [
            {"id": 9, "name": "CRM", "url": "https://crm.example.com/in", "account_id": 3, "secret": "wh3kQm8Zt1cVb5Xy7Ns2Rd9P",
                "subscriptions": ["message_created", "conversation_exploded"], "inbox": {"id": 7, "name": "Website"}},
            {"id": 10, "name": null, "url": "https://x:y@old.example.com/", "subscriptions": ["contact_created"]},
            {"id": 11, "name": "Hachok", "url": "https://hooks.example.com/ingest/chatwoot/abc", "subscriptions": []},
        ]}});
        let read = read(&json).expect("webhooks");
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].id, read[0].name.as_str()), (Some(9), "CRM"));
        assert_eq!(read[0].events, [EventName::MessageCreated]);
        assert_eq!(read[0].secret.as_deref(), Some("wh3kQm8Zt1cVb5Xy7Ns2Rd9P"));
        assert_eq!(
            read[0].without_counterpart,
            [
                "event conversation_exploded",
                "header X-Chatwoot-Signature",
                "inbox Website, which Chatwoot itself ignores"
            ]
        );
        assert_eq!(read[1].login, Some(("x".into(), "y".into())));
    }
}

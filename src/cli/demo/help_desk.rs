//! The help desk of the demo: makes inboxes and webhooks through the API, as a script would, and posts events.

use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use super::receiver::{Fate, Receiver};
use crate::cli::event_inbox;
use crate::cli::server::ServerSettings;
use crate::command_error::CommandError;
use crate::domain::events::catalogue::EventName;
use crate::domain::webhooks::signing::SigningSecret;

/// Name, channel type; the first has the external id 1.
const INBOXES: [(&str, &str); 4] = [
    ("Website chat", "Channel::WebWidget"),
    ("Telegram", "Channel::Telegram"),
    ("Support mail", "Channel::Email"),
    ("WhatsApp", "Channel::Whatsapp"),
];

/// Name, path, fate.
const WEBHOOKS: [(&str, &str, Fate); 7] = [
    ("Orders", "/orders", Fate::Accepts),
    ("CRM", "/crm", Fate::Stumbles),
    ("Reports", "/reports", Fate::Slow),
    ("Analytics", "/analytics", Fate::Broken),
    ("Chat bot", "/bot", Fate::Busy),
    ("Old archive", "/archive", Fate::Gone),
    ("Staging", "/staging", Fate::Accepts),
];

/// Events at once at the beginning, so that charts and lists are not empty.
const FIRST_EVENTS: usize = 40;
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until it is dropped. Fails if the server refuses an inbox or a webhook.
pub async fn run(address: &Url, token: &str, receiver: &Receiver) -> Result<(), CommandError> {
    let server = ServerSettings::of(address.clone(), token);
    let mut inboxes = Vec::new();
    for (place, (name, channel)) in INBOXES.iter().enumerate() {
        let body = json!({ "name": name, "external_id": (place + 1).to_string(), "channel_type": channel });
        let made = call(&server, "/api/v1/accounts/1/inboxes", &body).await?;
        inboxes.extend(made.pointer("/payload/inbox/id").cloned());
    }
    for (name, path, fate) in WEBHOOKS {
        let made = call(&server, "/api/v1/accounts/1/webhooks", &webhook(receiver, &inboxes, name, path)).await?;
        let secret = made.pointer("/payload/webhook/secret").and_then(Value::as_str);
        let secret = secret.and_then(|text| SigningSecret::parse(text).ok());
        let secret = secret.ok_or_else(|| CommandError::RunTime("a webhook has no secret".into()))?;
        receiver.expect(path, secret, fate);
    }
    let names: Vec<EventName> = EventName::ALL.iter().copied().filter(|name| *name != EventName::WebhookTest).collect();
    for (place, name) in names.iter().copied().cycle().enumerate() {
        if place >= FIRST_EVENTS {
            tokio::time::sleep(EVENT_INTERVAL).await;
        }
        let inbox = (place % INBOXES.len() + 1).to_string();
        let body = event_inbox::moved(name.sample(), name, &inbox)?;
        // Without an answer the server is stopping.
        drop(server.post("/api/v1/events", body.into_bytes()).await);
    }
    Ok(())
}

/// A webhook as the API takes it.
fn webhook(receiver: &Receiver, inboxes: &[Value], name: &str, path: &str) -> Value {
    let subscriptions = EventName::ALL.iter().filter(|name| **name != EventName::WebhookTest).map(|name| name.as_str());
    let mut body = Map::new();
    body.insert("name".into(), json!(name));
    body.insert("url".into(), json!(receiver.url.join(path).map(String::from).unwrap_or_default()));
    body.insert("subscriptions".into(), subscriptions.collect());
    let own = match name {
        "Orders" => Some(("authorization", json!({ "type": "bearer", "token": "demo-token" }))),
        "CRM" => Some(("headers", json!({ "X-Tenant": "demo", "X-Key": { "value": "demo-key", "hidden": true } }))),
        "Reports" => Some(("inbox_ids", json!(inboxes.get(..1)))),
        "Staging" => Some(("enabled", json!(false))),
        _ => None,
    };
    body.extend(own.map(|(name, value)| (name.to_owned(), value)));
    body.into()
}

async fn call(server: &ServerSettings, path: &str, body: &Value) -> Result<Value, CommandError> {
    let answer = server.post(path, body.to_string().into_bytes()).await?;
    if answer.status != 200 {
        let text = String::from_utf8_lossy(&answer.body);
        return Err(CommandError::RunTime(format!("{path} answered {}: {text}", answer.status)));
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

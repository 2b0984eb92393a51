//! The shape of every answer of the APIs against a stored copy: members, their order and types, and the texts of errors.
//!
//! After an intended change: `INSTA_UPDATE=always cargo test --test suite snapshots`, then `git diff tests/snapshots`.

use reqwest::Method;
use serde_json::{Value, json};

use super::openapi::assert_described;
use crate::support::{Answer, Api, App, Receiver, Reply, eventually, webhook};

/// Compares an answer with `tests/snapshots/api/<name>.snap`, and with the document of the API.
fn shows(name: &str, answer: &Answer, receiver: &Receiver) -> Value {
    assert_described(answer);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/api"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let value: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let mut shown = value.clone();
    redact("", &mut shown, &receiver.at(""));
    let body =
        if answer.text.is_empty() { "no body".into() } else { serde_json::to_string_pretty(&shown).expect("JSON") };
    let text = format!("{} {}\n{body}", answer.status, answer.header("content-type"));
    settings.bind(|| insta::assert_snapshot!(name, text.trim_end()));
    value
}

/// Replaces what differs from run to run: ids, times, keys, ports, the version.
fn redact(member: &str, value: &mut Value, receiver: &str) {
    match value {
        // Files of src/domain/events, which tests compare with what is accepted.
        Value::Object(_) if member == "sample" || member == "schema" => *value = json!("[object]"),
        Value::Object(members) => {
            for (name, value) in members {
                redact(&name.to_ascii_lowercase(), value, receiver);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redact(member, value, receiver)),
        Value::Number(_) if member == "id" || member.ends_with("_id") => *value = json!("[number]"),
        Value::Number(_) if member == "duration_ms" => *value = json!("[ms]"),
        Value::String(text) => *text = redacted(member, text).replace(receiver, "http://receiver"),
        _ => {}
    }
}

fn redacted(member: &str, text: &str) -> String {
    let is_time = text.len() >= 20 && text.ends_with('Z') && text.starts_with("20") && text.contains('T');
    let is_id = ["evt_", "dlv_"].iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|id| id.len() == 13));
    match member {
        _ if is_time => "[time]".into(),
        _ if text.starts_with("whsec_") => "[key]".into(),
        _ if is_id => format!("{}[id]", &text[..4]),
        "webhook-timestamp" | "date" => "[time]".into(),
        "webhook-signature" | "next_cursor" => format!("[{member}]"),
        "host" => "[host]".into(),
        "request_id" => "[id]".into(),
        _ => text.replace(env!("CARGO_PKG_VERSION"), "[version]"),
    }
}

#[tokio::test]
async fn answers_about_webhooks_equal_their_snapshots() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    shows("webhooks-none", &api.get("webhooks").await, &receiver);
    let body = json!({
        "url": receiver.at("/a"),
        "name": "CRM",
        "subscriptions": ["message_created", "team_changed"],
        "authorization": { "type": "basic", "login": "anna", "password": "a password" },
        "headers": { "X-Key": { "value": "a key", "hidden": true }, "X-Plain": "plain" },
        "timeout_s": 9,
    });
    let made = shows("webhooks-create", &api.post("webhooks", &body).await, &receiver);
    let path = format!("webhooks/{}", made["payload"]["webhook"]["id"]);
    shows("webhooks-create-twice", &api.post("webhooks", &body).await, &receiver);
    shows("webhooks-list", &api.get("webhooks").await, &receiver);
    shows("webhooks-show", &api.get(&path).await, &receiver);
    shows("webhooks-update", &api.patch(&path, &json!({ "name": "Shop", "enabled": false })).await, &receiver);
    let wrong = json!({ "url": "ftp://example.com", "subscriptions": ["nothing"], "timeout_s": 900 });
    shows("webhooks-invalid", &api.post("webhooks", &wrong).await, &receiver);
    shows("webhooks-rotate", &api.post(&format!("{path}/secret"), &json!({ "overlap": "24h" })).await, &receiver);
    shows(
        "webhooks-overlap-invalid",
        &api.post(&format!("{path}/secret"), &json!({ "overlap": "9y" })).await,
        &receiver,
    );
    shows("webhooks-delete", &api.delete(&path).await, &receiver);
    shows("not-found", &api.get(&path).await, &receiver);
}

#[tokio::test]
async fn answers_about_events_and_deliveries_equal_their_snapshots() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Full(201, vec![("x-answer", "yes".into())], "accepted".into())]);
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let body = r#"{"event":"message_created","message_type":"outgoing","inbox":{"id":7,"name":"Website"}}"#;
    shows("ingest-accepted", &api.send_once("key-1", body).await, &receiver);
    shows("ingest-repeated", &api.send_once("key-1", body).await, &receiver);
    shows("ingest-key-conflict", &api.send_once("key-1", r#"{"event":"team_changed"}"#).await, &receiver);
    shows("ingest-no-json", &api.send("{").await, &receiver);
    shows("ingest-unknown-event", &api.send(r#"{"event":"nothing"}"#).await, &receiver);
    let delivery = eventually("a delivered event", || async {
        api.deliveries("").await.first().filter(|delivery| delivery["status"] == "success").cloned()
    })
    .await;
    let delivery = delivery["id"].as_str().expect("an id").to_owned();
    shows("deliveries-list", &api.get("deliveries").await, &receiver);
    shows("deliveries-filter-invalid", &api.get("deliveries?status=gone").await, &receiver);
    shows("deliveries-show", &api.get(&format!("deliveries/{delivery}")).await, &receiver);
    shows("received-list", &api.get("received").await, &receiver);
    let test = json!({ "event": "team_changed", "body": { "event": "team_changed" } });
    shows("webhooks-test", &api.post(&format!("webhooks/{id}/test"), &test).await, &receiver);
    api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await;
    let again = api.post(&format!("deliveries/{delivery}/redelivery"), &json!({})).await;
    shows("deliveries-redelivery-off", &again, &receiver);
}

#[tokio::test]
async fn answers_about_recoveries_equal_their_snapshots() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let path = format!("webhooks/{id}/recoveries");
    shows("recoveries-invalid", &api.post(&path, &json!({ "since": "yesterday" })).await, &receiver);
    let since = json!({ "since": "2026-01-01T00:00:00Z" });
    shows("recoveries-nothing", &api.post(&path, &since).await, &receiver);
}

#[tokio::test]
async fn answers_about_inboxes_and_the_catalogue_equal_their_snapshots() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    shows("inboxes-none", &api.get("inboxes").await, &receiver);
    let body = json!({ "name": "Website", "external_id": "7", "channel_type": "Channel::WebWidget" });
    let made = shows("inboxes-create", &api.post("inboxes", &body).await, &receiver);
    shows("inboxes-create-twice", &api.post("inboxes", &body).await, &receiver);
    shows("inboxes-invalid", &api.post("inboxes", &json!({ "name": "" })).await, &receiver);
    shows("inboxes-list", &api.get("inboxes").await, &receiver);
    let path = format!("inboxes/{}", made["payload"]["inbox"]["id"]);
    shows("inboxes-show", &api.get(&path).await, &receiver);
    shows("inboxes-update", &api.patch(&path, &json!({ "name": "Shop" })).await, &receiver);
    shows("inboxes-archive", &api.delete(&path).await, &receiver);
    shows("catalogue", &api.get("event_types").await, &receiver);
}

#[tokio::test]
async fn answers_about_the_account_and_refusals_equal_their_snapshots() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, reader) = (app.api("admin"), app.api("read"));
    shows("version", &api.get("/api").await, &receiver);
    shows("profile", &api.get("/api/v1/profile").await, &receiver);
    let stranger = |path| Answer::of(Api::new(&app.url, "hk_unknown").request(Method::GET, path));
    shows("unauthorized", &stranger("webhooks").await, &receiver);
    shows("forbidden", &reader.post("webhooks", &webhook("https://crm.example.com/")).await, &receiver);
    shows("ingest-forbidden", &reader.send(r#"{"event":"message_created"}"#).await, &receiver);
    shows("method-not-allowed", &api.delete("webhooks").await, &receiver);
    shows("ingest-method-not-allowed", &api.get("/api/v1/events").await, &receiver);
    shows("no-such-path", &api.get("/api/v1/nothing").await, &receiver);
    shows("no-json", &Answer::of(api.request(Method::POST, "webhooks").body("{")).await, &receiver);
}

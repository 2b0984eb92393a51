use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Receiver, webhook};

#[tokio::test]
async fn a_webhook_is_made_read_changed_and_deleted() {
    let app = App::start();
    let api = app.api("admin");
    assert_eq!(api.get("webhooks").await.json(), json!({ "payload": { "webhooks": [] } }));
    let made = api
        .webhook(&json!({ "url": "https://crm.example.com/h", "name": "CRM", "subscriptions": ["message_created"] }))
        .await;
    let listed = api.get("webhooks").await.json()["payload"]["webhooks"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["id"], made["id"]);
    let path = format!("webhooks/{}", made["id"]);
    assert_eq!(api.get(&path).await.json()["payload"]["webhook"], listed[0]);
    let deleted = api.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    assert_eq!(api.get("webhooks").await.json(), json!({ "payload": { "webhooks": [] } }));
    for gone in [api.get(&path).await, api.delete(&path).await, api.patch(&path, &json!({ "name": "x" })).await] {
        assert_eq!((gone.status, gone.chatwoot_error()), (404, json!({ "error": "Resource could not be found" })));
    }
}

#[tokio::test]
async fn a_webhook_shows_chatwoots_members_and_hachoks_and_its_secret_once() {
    let app = App::start();
    let api = app.api("admin");
    let made = api.webhook(&json!({ "url": "https://crm.example.com/h", "name": "CRM", "subscriptions": ["team_changed", "message_created"] })).await;
    assert!(made["id"].is_i64(), "{made}");
    assert_eq!(made["account_id"], 1);
    assert_eq!(made["name"], "CRM");
    assert_eq!(made["url"], "https://crm.example.com/h");
    let mut events = made["subscriptions"].as_array().cloned().unwrap_or_default();
    events.sort_by_key(Value::to_string);
    assert_eq!(events, ["message_created", "team_changed"]);
    assert_eq!((&made["enabled"], &made["status"]), (&json!(true), &json!("active")));
    assert_eq!(made["inbox_ids"], json!([]));
    assert_eq!(made["authorization"], json!({ "type": "none" }));
    assert_eq!(made["headers"], json!({}));
    assert_eq!(made["timeout_s"], 15);
    assert!(made["created_at"].as_str().is_some_and(|at| at.ends_with('Z') && at.contains('T')), "{made}");
    assert!(made["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{made}");
    let listed = api.get("webhooks").await.json()["payload"]["webhooks"][0].clone();
    assert_eq!(listed["secret"], Value::Null);
    assert!(listed.as_object().is_some_and(|members| members.contains_key("secret")), "{listed}");
}

#[tokio::test]
async fn flat_and_nested_bodies_are_accepted_and_unknown_members_ignored() {
    let app = App::start();
    let api = app.api("admin");
    let flat = api.webhook(&json!({ "url": "https://a.example.com/", "subscriptions": ["message_created"], "account_id": 9, "webhook_type": 1 })).await;
    assert_eq!(flat["account_id"], 1);
    let nested =
        json!({ "webhook": { "url": "https://b.example.com/", "name": "B", "subscriptions": ["message_created"] } });
    assert_eq!(api.webhook(&nested).await["name"], "B");
}

#[tokio::test]
async fn without_subscriptions_chatwoots_eight_defaults_apply() {
    let app = App::start();
    let api = app.api("admin");
    for (at, body) in
        [json!({ "url": "https://a.example.com/" }), json!({ "url": "https://b.example.com/", "subscriptions": null })]
            .iter()
            .enumerate()
    {
        let made = api.webhook(body).await;
        let mut events: Vec<_> =
            made["subscriptions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        events.sort_unstable();
        let defaults = [
            "contact_created",
            "contact_updated",
            "conversation_created",
            "conversation_status_changed",
            "conversation_updated",
            "message_created",
            "message_updated",
            "webwidget_triggered",
        ];
        assert_eq!(events, defaults, "{at}");
    }
}

#[tokio::test]
async fn all_four_authorizations_are_shown_without_their_secrets() {
    let app = App::start();
    let api = app.api("admin");
    for (sent, shown) in [
        (json!({ "type": "none" }), json!({ "type": "none" })),
        (json!({ "type": "bearer", "token": "canary-1" }), json!({ "type": "bearer", "token": null })),
        (
            json!({ "type": "basic", "login": "anna", "password": "canary-2" }),
            json!({ "type": "basic", "login": "anna", "password": null }),
        ),
        (
            json!({ "type": "custom", "header": "X-Api-Key", "value": "canary-3" }),
            json!({ "type": "custom", "header": "X-Api-Key", "value": null }),
        ),
    ] {
        let url = format!("https://{}.example.com/", sent["type"].as_str().unwrap_or_default());
        let answer = api.post("webhooks", &json!({ "url": url, "authorization": sent })).await;
        assert_eq!(answer.json()["payload"]["webhook"]["authorization"], shown);
        assert!(!answer.text.contains("canary"), "{answer:?}");
    }
    assert!(!api.get("webhooks").await.text.contains("canary"));
}

#[tokio::test]
async fn headers_are_shown_and_hidden_ones_are_null() {
    let app = App::start();
    let api = app.api("admin");
    let headers = json!({ "X-Source": "desk", "X-Tenant-Key": { "value": "canary", "hidden": true } });
    let made = api.webhook(&json!({ "url": "https://a.example.com/", "headers": headers })).await;
    assert_eq!(made["headers"], json!({ "X-Source": "desk", "X-Tenant-Key": null }));
}

#[tokio::test]
async fn a_secret_may_be_chosen_on_create() {
    let app = App::start();
    let api = app.api("admin");
    let made = api.webhook(&json!({ "url": "https://a.example.com/", "secret": "abcdefghijklmnopqrstuvwx" })).await;
    assert_eq!(made["secret"], "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4");
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(api.webhook(&json!({ "url": "https://b.example.com/", "secret": own })).await["secret"], own);
}

#[tokio::test]
async fn inbox_id_selects_one_inbox_as_in_chatwoot() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.accepted(crate::support::event_in("message_updated", 7)).await;
    let inbox = api.get("inboxes").await.json()["payload"][0]["id"].clone();
    let mut body = webhook(&receiver.at("/a"));
    body["inbox_id"] = inbox.clone();
    let made = api.webhook(&body).await;
    assert_eq!(made["inbox_ids"], json!([inbox]));
}

#[tokio::test]
async fn the_same_url_twice_is_refused() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/" });
    api.webhook(&body).await;
    let again = api.post("webhooks", &body).await;
    assert_eq!((again.status, again.json()["attributes"].clone()), (422, json!(["url"])), "{again:?}");
    assert_eq!(again.json()["message"], "Url has already been taken");
    assert_eq!(api.get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn put_works_like_patch() {
    let app = App::start();
    let api = app.api("admin");
    let made = api.webhook(&json!({ "url": "https://a.example.com/", "name": "A" })).await;
    let path = format!("webhooks/{}", made["id"]);
    let answer: Answer = api.call(Method::PUT, &path, &json!({ "name": "B" })).await;
    let changed = answer.json()["payload"]["webhook"].clone();
    assert_eq!((&changed["name"], &changed["url"]), (&json!("B"), &json!("https://a.example.com/")), "{answer:?}");
}

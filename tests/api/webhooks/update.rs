use serde_json::json;

use crate::support::{App, Receiver, event, webhook};

#[tokio::test]
async fn a_null_keeps_a_stored_secret_and_a_value_replaces_it() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = json!({ "type": "bearer", "token": "first" });
    body["headers"] = json!({ "X-Key": { "value": "hidden-one", "hidden": true }, "X-Plain": "plain" });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for (change, bearer, key) in [
        (json!({ "name": "kept" }), "Bearer first", "hidden-one"),
        (json!({ "authorization": { "type": "bearer", "token": null } }), "Bearer first", "hidden-one"),
        (json!({ "headers": { "X-Key": null, "X-Plain": "plain" } }), "Bearer first", "hidden-one"),
        (json!({ "authorization": { "type": "bearer", "token": "second" } }), "Bearer second", "hidden-one"),
        (json!({ "headers": { "X-Key": { "value": "hidden-two", "hidden": true } } }), "Bearer second", "hidden-two"),
    ] {
        let answer = api.patch(&path, &change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let before = receiver.seen("/a").len();
        api.accepted(event("message_created")).await;
        let seen = receiver.await_requests("/a", before + 1).await.swap_remove(before);
        assert_eq!((seen.header("authorization"), seen.header("x-key")), (bearer, key), "{change}");
    }
    assert_eq!(receiver.seen("/a").last().map(|last| last.header("x-plain").to_owned()), Some(String::new()));
}

#[tokio::test]
async fn authorization_none_deletes_a_stored_secret() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = json!({ "type": "bearer", "token": "first" });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    assert_eq!(api.patch(&path, &json!({ "authorization": { "type": "none" } })).await.status, 200);
    api.accepted(event("message_created")).await;
    assert_eq!(receiver.first("/a").await.header("authorization"), "");
    let back = api.patch(&path, &json!({ "authorization": { "type": "bearer", "token": null } })).await;
    assert_eq!((back.status, back.json()["attributes"].clone()), (422, json!(["authorization"])), "{back:?}");
}

#[tokio::test]
async fn another_scheme_needs_its_own_secret_in_the_api() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/", "authorization": { "type": "bearer", "token": "first" } });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    let change = json!({ "authorization": { "type": "basic", "login": "anna", "password": null } });
    let answer = api.patch(&path, &change).await;
    assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!(["authorization"])), "{answer:?}");
}

#[tokio::test]
async fn a_stored_secret_is_not_sent_to_another_origin() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/x", "authorization": { "type": "bearer", "token": "first" } });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for url in ["https://b.example.com/x", "https://a.example.com:8443/x"] {
        for change in
            [json!({ "url": url }), json!({ "url": url, "authorization": { "type": "bearer", "token": null } })]
        {
            let answer = api.patch(&path, &change).await;
            assert_eq!(answer.status, 422, "{change}: {answer:?}");
            assert_eq!(answer.json()["attributes"], json!(["authorization"]), "{change}");
        }
    }
    assert_eq!(api.patch(&path, &json!({ "url": "https://a.example.com/y" })).await.status, 200);
    let change = json!({ "url": "https://b.example.com/x", "authorization": { "type": "bearer", "token": "second" } });
    assert_eq!(api.patch(&path, &change).await.status, 200);
}

#[tokio::test]
async fn a_hidden_header_is_not_sent_to_another_origin() {
    let app = App::start();
    let api = app.api("admin");
    let headers = json!({ "X-Key": { "value": "hidden", "hidden": true } });
    let path = format!(
        "webhooks/{}",
        api.webhook(&json!({ "url": "https://a.example.com/", "headers": headers })).await["id"]
    );
    let answer = api.patch(&path, &json!({ "url": "https://b.example.com/" })).await;
    assert_eq!(answer.status, 422, "{answer:?}");
}

#[tokio::test]
async fn an_update_keeps_attributes_that_it_does_not_name() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({
        "url": "https://a.example.com/", "name": "A", "subscriptions": ["team_changed"], "timeout_s": 7,
        "headers": { "X-Source": "desk" },
    });
    let made = api.webhook(&body).await;
    let path = format!("webhooks/{}", made["id"]);
    let changed = api.patch(&path, &json!({ "enabled": false })).await.json()["payload"]["webhook"].clone();
    assert_eq!((&changed["enabled"], &changed["status"]), (&json!(false), &json!("disabled")));
    for member in ["url", "name", "subscriptions", "timeout_s", "headers", "inbox_ids", "authorization"] {
        assert_eq!(changed[member], made[member], "{member}");
    }
    let on = api.patch(&path, &json!({ "enabled": true })).await.json()["payload"]["webhook"].clone();
    assert_eq!((&on["enabled"], &on["status"]), (&json!(true), &json!("active")));
}

use serde_json::{Value, json};

use crate::support::{App, Place};

#[tokio::test]
async fn every_bad_value_names_its_attribute() {
    let app = App::start();
    let api = app.api("admin");
    let long = "a".repeat(121);
    let many: Value = (0..21).map(|n| (format!("X-{n}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    for (body, attribute) in [
        (json!({ "url": "" }), "url"),
        (json!({ "url": null }), "url"),
        (json!({ "url": "example.com" }), "url"),
        (json!({ "url": "javascript:alert(1)" }), "url"),
        (json!({ "url": "ftp://a.example.com/" }), "url"),
        (json!({ "url": "https://anna:secret@a.example.com/" }), "url"),
        (json!({ "url": "https://a.example.com/#x" }), "url"),
        (json!({ "url": "https://10.0.0.1/" }), "url"),
        (json!({ "url": "https://169.254.169.254/" }), "url"),
        (json!({ "url": "https://[::ffff:10.0.0.1]/" }), "url"),
        (json!({ "url": "https://2130706433/" }), "url"),
        (json!({ "url": "https://a.example.com:22/" }), "url"),
        (json!({ "url": format!("https://a.example.com/{}", "a".repeat(2048)) }), "url"),
        (json!({ "url": "https:\\\\a.example.com/" }), "url"),
        (json!({ "url": "https://a.example.com/a b" }), "url"),
        (json!({ "name": long }), "name"),
        (json!({ "subscriptions": [] }), "subscriptions"),
        (json!({ "subscriptions": ["message_exploded"] }), "subscriptions"),
        (json!({ "subscriptions": ["webhook_test"] }), "subscriptions"),
        (json!({ "subscriptions": "message_created" }), "subscriptions"),
        (json!({ "inbox_ids": [999] }), "inbox_ids"),
        (json!({ "inbox_id": 999 }), "inbox_ids"),
        (json!({ "authorization": { "type": "digest" } }), "authorization"),
        (json!({ "authorization": { "type": "bearer" } }), "authorization"),
        (json!({ "authorization": { "type": "bearer", "token": "a b" } }), "authorization"),
        (json!({ "authorization": { "type": "bearer", "token": "a\r\nX-Evil: 1" } }), "authorization"),
        (json!({ "authorization": { "type": "bearer", "token": "a".repeat(4097) } }), "authorization"),
        (json!({ "authorization": { "type": "basic", "login": "a:b", "password": "c" } }), "authorization"),
        (json!({ "authorization": { "type": "basic", "login": "", "password": "c" } }), "authorization"),
        (json!({ "authorization": { "type": "custom", "header": "Host", "value": "c" } }), "authorization"),
        (json!({ "authorization": { "type": "custom", "header": "X-A", "value": "c\nX-Evil: 1" } }), "authorization"),
        (json!({ "headers": { "X Y": "v" } }), "headers"),
        (json!({ "headers": { "Content-Length": "0" } }), "headers"),
        (json!({ "headers": { "webhook-id": "v" } }), "headers"),
        (json!({ "headers": { "X-A": "v\r\nX-Evil: 1" } }), "headers"),
        (json!({ "headers": { "X-A": "v", "x-a": "w" } }), "headers"),
        (json!({ "headers": many }), "headers"),
        (json!({ "timeout_s": 4 }), "timeout_s"),
        (json!({ "timeout_s": 21 }), "timeout_s"),
        (json!({ "secret": "short" }), "secret"),
        (json!({ "secret": "whsec_***" }), "secret"),
    ] {
        let mut body = body;
        if body.get("url").is_none() {
            body["url"] = json!("https://a.example.com/");
        }
        let answer = api.post("webhooks", &body).await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        assert_eq!(answer.json()["attributes"], json!([attribute]), "{body}: {answer:?}");
        assert!(answer.json()["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
    }
    assert_eq!(api.get("webhooks").await.json(), json!({ "payload": { "webhooks": [] } }));
}

#[tokio::test]
async fn error_messages_are_those_of_chatwoot() {
    let app = App::start();
    let api = app.api("admin");
    for (body, message, attributes) in [
        (json!({ "url": "nonsense" }), "Url is invalid", json!(["url"])),
        (
            json!({ "url": "https://a.example.com/", "subscriptions": ["x"] }),
            "Subscriptions Invalid events",
            json!(["subscriptions"]),
        ),
        (
            json!({ "url": "nonsense", "subscriptions": [] }),
            "Url is invalid, Subscriptions Invalid events",
            json!(["url", "subscriptions"]),
        ),
    ] {
        let answer = api.post("webhooks", &body).await.chatwoot_error();
        assert_eq!(answer, json!({ "message": message, "attributes": attributes }));
    }
    let empty = api.post("webhooks", &json!({})).await;
    assert_eq!(empty.status, 422);
    assert_eq!(empty.chatwoot_error(), json!({ "error": "param is missing or the value is empty: webhook" }));
}

#[tokio::test]
async fn a_bad_change_changes_nothing() {
    let app = App::start();
    let api = app.api("admin");
    let made = api.webhook(&json!({ "url": "https://a.example.com/", "name": "A" })).await;
    let path = format!("webhooks/{}", made["id"]);
    let answer = api.patch(&path, &json!({ "name": "B", "subscriptions": [] })).await;
    assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!(["subscriptions"])));
    assert_eq!(api.get(&path).await.json()["payload"]["webhook"]["name"], "A");
}

#[tokio::test]
async fn without_an_allow_list_plain_http_and_loopback_are_refused() {
    let app = App::at(Place::bare());
    let api = app.api("admin");
    for url in [
        "http://a.example.com/",
        "https://127.0.0.1:8443/",
        "https://localhost/",
        "https://desk.local/",
        "https://desk/",
    ] {
        let answer = api.post("webhooks", &json!({ "url": url })).await;
        assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!(["url"])), "{url}: {answer:?}");
    }
    assert_eq!(api.post("webhooks", &json!({ "url": "https://a.example.com/" })).await.status, 200);
}

#[tokio::test]
async fn a_url_of_hachok_itself_is_refused() {
    let app = App::start();
    let answer = app.api("admin").post("webhooks", &json!({ "url": format!("{}/api/v1/events", app.url) })).await;
    assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!(["url"])), "{answer:?}");
}

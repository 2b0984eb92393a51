use serde_json::json;
use standardwebhooks::Webhook;

use crate::delivery::signed_by;
use crate::support::{App, Receiver, event, webhook};

#[tokio::test]
async fn a_rotated_key_signs_together_with_the_new_one() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let answer = api.post(&format!("webhooks/{}/secret", made["id"]), &json!({ "overlap": "24h" })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rotated = answer.json()["payload"]["webhook"].clone();
    let (old, new) = (made["secret"].as_str().unwrap_or_default(), rotated["secret"].as_str().unwrap_or_default());
    assert!(new.starts_with("whsec_") && new != old, "{rotated}");
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    assert_eq!(request.header("webhook-signature").split(' ').count(), 2, "{request:?}");
    assert!(signed_by(&request, old) && signed_by(&request, new));
    assert!(Webhook::new(new).is_ok());
}

#[tokio::test]
async fn without_overlap_only_the_new_key_signs() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let answer = api.post(&format!("webhooks/{}/secret", made["id"]), &json!({ "overlap": "0" })).await;
    let new = answer.json()["payload"]["webhook"]["secret"].as_str().unwrap_or_default().to_owned();
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    assert!(signed_by(&request, &new));
    assert!(!signed_by(&request, made["secret"].as_str().unwrap_or_default()));
}

#[tokio::test]
async fn an_unknown_overlap_is_refused_and_rotates_nothing() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let answer = api.post(&format!("webhooks/{}/secret", made["id"]), &json!({ "overlap": "a year" })).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    api.accepted(event("message_created")).await;
    assert!(signed_by(&receiver.first("/a").await, made["secret"].as_str().unwrap_or_default()));
}

#[tokio::test]
async fn a_rotated_key_stops_signing_after_the_overlap() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let answer = api.post(&format!("webhooks/{}/secret", made["id"]), &json!({})).await;
    let new = answer.json()["payload"]["webhook"]["secret"].as_str().unwrap_or_default().to_owned();
    api.accepted(event("message_created")).await;
    let (first, old) = (receiver.first("/a").await, made["secret"].as_str().unwrap_or_default());
    assert!(signed_by(&first, old) && signed_by(&first, &new), "24 hours unless said otherwise");
    app.run_sql("UPDATE webhooks SET version = version + 1, old_secret_until = old_secret_until - 90000000000");
    api.accepted(event("message_created")).await;
    let second = receiver.await_requests("/a", 2).await.swap_remove(1);
    assert!(!signed_by(&second, old) && signed_by(&second, &new));
}

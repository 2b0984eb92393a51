use std::time::Duration;

use serde_json::{Value, json};

use crate::delivery::{after_attempt, delivery_when, signed_by};
use crate::support::{App, Receiver, Reply, event, webhook};

#[tokio::test]
async fn a_failed_delivery_is_pending_and_due_again_in_about_five_seconds() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Full(503, vec![], "busy".into()), Reply::Status(204)]);
    let secret = api.webhook(&webhook(&receiver.at("/a"))).await["secret"].as_str().unwrap_or_default().to_owned();
    api.accepted(event("message_created")).await;

    let waiting = after_attempt(&api, 1).await;
    assert_eq!((&waiting["status"], &waiting["reason"]), (&json!("pending"), &Value::Null), "{waiting}");
    let attempt = &waiting["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["cause"]), (&json!("failed"), &json!("http_status")));
    assert_eq!(attempt["response"]["body"], "busy");
    let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap_or_default().parse().expect("RFC 3339") };
    let ended =
        time(&attempt["started_at"]) + jiff::SignedDuration::from_millis(attempt["duration_ms"].as_i64().unwrap_or(0));
    let pause = time(&waiting["next_attempt_at"]).duration_since(ended).as_secs_f64();
    assert!((3.9..6.5).contains(&pause), "{pause} s");

    let seen = receiver.await_requests("/a", 2).await;
    let (first, second) = (&seen[0], &seen[1]);
    let between = second.at.duration_since(first.at).expect("a later time");
    assert!(between > Duration::from_millis(3900), "{between:?}");
    for name in ["webhook-id", "x-hachok-delivery", "x-hachok-event"] {
        assert_eq!(first.header(name), second.header(name), "{name}");
    }
    assert_eq!((first.header("x-hachok-attempt"), second.header("x-hachok-attempt")), ("1", "2"));
    assert_eq!(first.body, second.body);
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"));
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
    assert!(signed_by(first, &secret) && signed_by(second, &secret));

    let done = delivery_when(&api, "a success", |delivery| delivery["status"] == "success").await;
    assert_eq!(done["attempts"].as_array().map(Vec::len), Some(2), "{done}");
    assert_eq!((&done["attempts"][1]["number"], &done["next_attempt_at"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn a_retry_uses_the_current_url_and_authorization() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/old", [Reply::Status(500)]);
    let made = api.webhook(&webhook(&receiver.at("/old"))).await;
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    let change = json!({ "url": receiver.at("/new"), "authorization": { "type": "bearer", "token": "fresh" } });
    assert_eq!(api.patch(&format!("webhooks/{}", made["id"]), &change).await.status, 200);
    let request = receiver.first("/new").await;
    assert_eq!((request.header("authorization"), request.header("x-hachok-attempt")), ("Bearer fresh", "2"));
}

#[tokio::test]
async fn deleting_a_webhook_ends_its_deliveries_and_keeps_the_log() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    assert_eq!(api.delete(&format!("webhooks/{}", made["id"])).await.status, 200);
    let ended = delivery_when(&api, "the end", |delivery| delivery["status"] == "failed").await;
    assert_eq!((&ended["reason"], &ended["next_attempt_at"]), (&json!("webhook_deleted"), &Value::Null));
    assert_eq!(receiver.seen("/a").len(), 1);
}

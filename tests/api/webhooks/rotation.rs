use serde_json::json;
use standardwebhooks::Webhook;

use crate::delivery::signed_by;
use crate::support::{Answer, App, Receiver, event, webhook};

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

#[tokio::test]
async fn a_second_rotation_within_ten_minutes_needs_force() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let path = format!("webhooks/{}/secret", made["id"]);
    let first = api.post(&path, &json!({})).await;
    assert_eq!(first.status, 200, "{first:?}");
    let refused = api.post(&path, &json!({})).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    let secret =
        |answer: &Answer| answer.json()["payload"]["webhook"]["secret"].as_str().unwrap_or_default().to_owned();
    assert!(signed_by(&request, made["secret"].as_str().unwrap_or_default()), "the first secret still signs");
    assert!(signed_by(&request, &secret(&first)));
    let forced = api.post(&path, &json!({ "force": true })).await;
    assert_eq!(forced.status, 200, "{forced:?}");
    app.run_sql("UPDATE webhooks SET secret_created_at = secret_created_at - 601000000");
    assert_eq!(api.post(&path, &json!({})).await.status, 200, "after ten minutes");
}

#[tokio::test]
async fn of_rotations_at_the_same_time_one_is_made() {
    let app = App::start();
    let api = app.api("admin");
    let path = format!("webhooks/{}/secret", api.webhook(&json!({ "url": "https://a.example.com/" })).await["id"]);
    let body = json!({});
    let answers = futures_util::future::join_all((0..8).map(|_| api.post(&path, &body))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn an_own_secret_signs_and_its_overlap_can_be_ended() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let path = format!("webhooks/{}", made["id"]);
    let own = "an-own-secret-of-32-characters--";
    let answer = api.post(&format!("{path}/secret"), &json!({ "secret": own, "overlap": "7d" })).await;
    let rotated = answer.json()["payload"]["webhook"].clone();
    let (old, new) = (made["secret"].as_str().unwrap_or_default(), rotated["secret"].as_str().unwrap_or_default());
    assert!(new.starts_with("whsec_"), "{rotated}");
    assert!(rotated["previous_secret_expires_at"].is_string(), "{rotated}");
    assert!(rotated["secret_created_at"].as_str() > made["secret_created_at"].as_str(), "{rotated}");
    let ended = api.delete(&format!("{path}/secret/previous")).await;
    assert_eq!(ended.json()["payload"]["webhook"]["previous_secret_expires_at"], json!(null), "{ended:?}");
    assert_eq!(ended.json()["payload"]["webhook"]["secret"], json!(null), "{ended:?}");
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    assert!(signed_by(&request, new) && !signed_by(&request, old));
    for body in [json!({ "secret": "short" }), json!({ "secret": 5 }), json!({ "force": "yes" })] {
        let refused = api.post(&format!("{path}/secret"), &body).await;
        assert_eq!(refused.status, 422, "{body}: {refused:?}");
    }
    assert_eq!(api.delete("webhooks/999/secret/previous").await.status, 404);
}

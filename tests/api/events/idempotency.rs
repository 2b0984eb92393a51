use tokio::task::JoinSet;

use crate::support::{Answer, App, Receiver, event, webhook};

#[tokio::test]
async fn the_same_key_and_body_return_the_first_id() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let first = api.send_once("order-17", event("message_created")).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, ""));
    let again = api.send_once("order-17", event("message_created")).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (202, "true"));
    assert_eq!(again.json(), first.json());
    assert_eq!(api.deliveries("").await.len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let app = App::start();
    let api = app.api("ingest");
    assert_eq!(api.send_once("k", event("message_created")).await.status, 202);
    let codes = api.send_once("k", event("message_updated")).await.problem(422);
    assert!(codes.iter().any(|code| code == "idempotency_mismatch"), "{codes:?}");
}

#[tokio::test]
async fn a_key_belongs_to_the_account_not_to_the_token() {
    let app = App::start();
    let first = app.api("ingest").send_once("k", event("message_created")).await;
    let again = app.api("ingest").send_once("k", event("message_created")).await;
    assert_eq!(again.json()["id"], first.json()["id"]);
}

#[tokio::test]
async fn a_refused_event_does_not_use_up_its_key() {
    let app = App::start();
    let api = app.api("ingest");
    assert_eq!(api.send_once("k", event("message_exploded")).await.status, 422);
    assert_eq!(api.send_once("k", event("message_created")).await.status, 202);
}

#[tokio::test]
async fn an_idempotency_key_survives_a_restart() {
    let mut app = App::start();
    let first = app.api("ingest").send_once("k", event("message_created")).await;
    app.kill();
    app.start_again();
    let again = app.api("ingest").send_once("k", event("message_created")).await;
    assert_eq!(again.json()["id"], first.json()["id"]);
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn concurrent_duplicates_make_one_event() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let mut duplicates = JoinSet::new();
    for _ in 0..12 {
        let request = api.event_request(event("message_created")).header("idempotency-key", "duplicate");
        duplicates.spawn(async { Answer::of(request).await });
    }
    let answers = duplicates.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    let first = answers[0].json()["id"].clone();
    assert!(answers.iter().all(|answer| answer.json()["id"] == first), "{answers:?}");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 11);
    assert_eq!(api.deliveries("").await.len(), 1);
}

#[tokio::test]
async fn a_key_is_1_to_255_printable_characters() {
    let app = App::start();
    let api = app.api("ingest");
    assert_eq!(api.send_once(&"k".repeat(255), event("message_created")).await.status, 202);
    for key in ["k".repeat(256), String::new()] {
        let status = api.send_once(&key, event("message_created")).await.status;
        assert!(matches!(status, 400 | 422), "{} characters: {status}", key.len());
    }
}

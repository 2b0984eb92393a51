//! `Idempotency-Key` in the management API.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::routes;
use crate::support::{Answer, Api, App, Receiver, event, webhook};

async fn post_once(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let request = api.request(Method::POST, path).header("content-type", "application/json");
    Answer::of(request.header("idempotency-key", key).body(body.to_string())).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == "true"
}

async fn names(api: &Api) -> Vec<Value> {
    let list = api.get("webhooks").await.json()["payload"]["webhooks"].clone();
    list.as_array().into_iter().flatten().map(|webhook| webhook["name"].clone()).collect()
}

#[tokio::test]
async fn a_repeated_create_is_answered_as_the_first_one() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/", "name": "First" });
    let first = post_once(&api, "webhooks", "create 1", &body).await;
    assert_eq!((first.status, is_replayed(&first)), (200, false), "{first:?}");
    let id = first.json()["payload"]["webhook"]["id"].clone();
    // What happened since then does not change the answer.
    assert_eq!(api.patch(&format!("webhooks/{id}"), &json!({ "name": "Renamed" })).await.status, 200);
    let again = post_once(&api, "webhooks", "create 1", &body).await;
    assert!(is_replayed(&again), "{again:?}");
    assert_eq!((again.status, &again.text), (200, &first.text));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
        assert!(!first.header(name).is_empty(), "{name}");
    }
    assert_eq!(names(&api).await, ["Renamed"]);
}

#[tokio::test]
async fn the_secret_of_an_answer_is_kept_for_ten_minutes_and_the_answer_for_seven_days() {
    const AGE: &str = "UPDATE request_answers SET created_at = created_at - ";
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/" });
    let first = post_once(&api, "webhooks", "k", &body).await.json()["payload"]["webhook"].clone();
    app.run_sql(&format!("{AGE}590000000"));
    assert_eq!(post_once(&api, "webhooks", "k", &body).await.json()["payload"]["webhook"], first);
    app.run_sql(&format!("{AGE}11000000"));
    let later = post_once(&api, "webhooks", "k", &body).await.json()["payload"]["webhook"].clone();
    assert_eq!((&later["id"], &later["secret"]), (&first["id"], &Value::Null));
    app.run_sql(&format!("{AGE}{}", 7 * 86_400_000_000_i64));
    let forgotten = post_once(&api, "webhooks", "k", &body).await;
    assert_eq!(forgotten.status, 422, "the URL is taken: {forgotten:?}");
}

#[tokio::test]
async fn the_secret_of_an_answer_is_stored_sealed() {
    let app = App::on_sqlite();
    let api = app.api("admin");
    let made = post_once(&api, "webhooks", "k", &json!({ "url": "https://a.example.com/" })).await.json();
    let secret = made["payload"]["webhook"]["secret"].as_str().expect("a secret");
    let stored = app.stored_bytes();
    assert!(!stored.windows(secret.len()).any(|part| part == secret.as_bytes()));
    // A name with the same value is no secret, and does not keep the secret in the answer.
    let own = "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB";
    let body = json!({ "url": "https://b.example.com/", "name": own, "secret": own });
    let first = post_once(&api, "webhooks", "k2", &body).await;
    assert_eq!(first.json()["payload"]["webhook"]["secret"], own, "{first:?}");
    assert_eq!(post_once(&api, "webhooks", "k2", &body).await.text, first.text);
    app.run_sql("UPDATE request_answers SET created_at = created_at - 601000000");
    let later = post_once(&api, "webhooks", "k2", &body).await.json()["payload"]["webhook"].clone();
    assert_eq!((&later["name"], &later["secret"]), (&json!(own), &Value::Null));
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/", "name": "First" });
    assert_eq!(post_once(&api, "webhooks", "k", &body).await.status, 200);
    let other = json!({ "url": "https://b.example.com/", "name": "Second" });
    for (path, body) in [("webhooks", &other), ("inboxes", &body), ("webhooks?lang=en", &body)] {
        let refused = post_once(&api, path, "k", body).await;
        assert_eq!(refused.status, 422, "{path}: {refused:?}");
        assert!(refused.text.contains("Idempotency-Key"), "{refused:?}");
    }
    assert_eq!(names(&api).await, ["First"]);
    assert_eq!(api.get("inboxes").await.json()["payload"], json!([]));
}

#[tokio::test]
async fn a_refused_request_is_run_again() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["enabled"] = json!(false);
    let id = api.webhook(&body).await["id"].clone();
    let since = json!({ "since": "2026-01-01T00:00:00Z" });
    let path = format!("webhooks/{id}/recoveries");
    assert_eq!(post_once(&api, &path, "k", &since).await.status, 409);
    assert_eq!(api.patch(&format!("webhooks/{id}"), &json!({ "enabled": true })).await.status, 200);
    let started = post_once(&api, &path, "k", &since).await;
    assert_eq!((started.status, is_replayed(&started)), (200, false), "{started:?}");
}

#[tokio::test]
async fn a_key_is_printable_ascii_and_needs_a_token() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/" });
    for key in ["", &"k".repeat(256)] {
        assert_eq!(post_once(&api, "webhooks", key, &body).await.status, 400, "{key:?}");
    }
    let request = api.request(Method::POST, "webhooks").header("content-type", "application/json");
    let bytes = reqwest::header::HeaderValue::from_bytes("ключ".as_bytes()).expect("a value");
    assert_eq!(Answer::of(request.header("idempotency-key", bytes).body(body.to_string())).await.status, 400);
    assert_eq!(names(&api).await, [] as [Value; 0]);
    assert_eq!(post_once(&api, "webhooks", "k", &body).await.status, 200);
    let anonymous = api.plain(Method::POST, "webhooks").header("content-type", "application/json");
    assert_eq!(Answer::of(anonymous.header("idempotency-key", "k").body(body.to_string())).await.status, 401);
    for scope in ["read", "ingest"] {
        let answer = post_once(&app.api(scope), "webhooks", "k", &body).await;
        assert!(matches!(answer.status, 401 | 403) && !answer.text.contains("whsec_"), "{scope}: {answer:?}");
    }
}

/// Keys belong to the account: a script whose token was replaced does not repeat what it did.
#[tokio::test]
async fn another_token_with_the_same_key_gets_the_same_thing() {
    let app = App::start();
    let (api, other) = (app.api("admin"), app.api("admin"));
    let body = json!({ "url": "https://a.example.com/" });
    let first = post_once(&api, "webhooks", "k", &body).await.json();
    let again = post_once(&other, "webhooks", "k", &body).await;
    assert!(is_replayed(&again), "{again:?}");
    assert_eq!(again.json(), first);
}

#[tokio::test]
async fn requests_at_the_same_time_make_one_thing() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/", "name": "Once" });
    let answers = futures_util::future::join_all((0..12).map(|_| post_once(&api, "webhooks", "k", &body))).await;
    let ids: BTreeSet<String> =
        answers.iter().map(|answer| answer.json()["payload"]["webhook"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{answers:?}");
    let secrets: BTreeSet<String> =
        answers.iter().map(|answer| answer.json()["payload"]["webhook"]["secret"].to_string()).collect();
    assert!(secrets.len() == 1 && secrets.iter().all(|secret| secret.contains("whsec_")), "{secrets:?}");
    assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1, "{answers:?}");
    assert_eq!(names(&api).await, ["Once"]);
}

#[tokio::test]
async fn of_other_requests_with_the_same_key_at_the_same_time_one_is_made() {
    let app = App::start();
    let api = app.api("admin");
    let bodies: Vec<Value> = (0..8).map(|place| json!({ "name": format!("Inbox {place}") })).collect();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| post_once(&api, "inboxes", "k", body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422, 422, 422, 422, 422], "{answers:?}");
    let refused = answers.iter().find(|answer| answer.status == 422).expect("a refusal");
    assert_eq!(refused.json()["code"], "idempotency_mismatch", "{refused:?}");
}

/// A body for each POST of the management API, so that a new route has to be thought of here.
fn body_for(path: &str) -> Value {
    match path {
        "/webhooks" => json!({ "url": "https://c.example.com/" }),
        "/webhooks/{id}/secret" => json!({ "force": true }),
        "/webhooks/{id}/test" => json!({ "event": "message_created" }),
        "/webhooks/{id}/recoveries" => json!({ "since": "2026-01-01T00:00:00Z" }),
        "/inboxes" => json!({ "name": "Shop" }),
        "/events/{id}/deliveries" => json!({ "webhook_id": 1 }),
        "/deliveries/{id}/redelivery" | "/deliveries/{id}/cancellation" => json!({}),
        "/users" => json!({ "email": "new@example.com", "role": "viewer" }),
        "/tokens" => json!({ "name": "Reports", "scopes": ["read"] }),
        other => panic!("say in this test what a POST to {other} needs"),
    }
}

#[tokio::test]
async fn every_post_of_the_management_api_acts_once_for_a_key() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin,accounts");
    let webhook = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let event_id = api.accepted(event("message_created")).await;
    api.accepted(event("message_created")).await;
    receiver.await_requests("/a", 2).await;
    crate::support::eventually("both", || async { (api.deliveries("status=success").await.len() == 2).then_some(()) })
        .await;
    let ids: Vec<String> =
        api.deliveries("").await.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect();
    // One for a recovery, the newer one for a cancellation.
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'exhausted'");
    app.run_sql(
        "UPDATE deliveries SET status = 'pending', reason = NULL, finished_at = NULL, next_attempt_at = 4000000000000000 \
         WHERE id = (SELECT MAX(id) FROM deliveries)",
    );
    let posts = routes::management().into_iter().filter(|route| route.methods.contains(&"post"));
    for (place, route) in posts.enumerate() {
        let of = match route.path.as_str() {
            "/deliveries/{id}/cancellation" => ids[0].clone(),
            path if path.starts_with("/deliveries") => ids[1].clone(),
            path if path.starts_with("/events") => event_id.clone(),
            _ => webhook.to_string(),
        };
        let (path, key) = (route.path.replace("{id}", &of), format!("key {place}"));
        let (path, body) = (path.trim_start_matches('/'), body_for(&route.path));
        let first = post_once(&api, path, &key, &body).await;
        assert!((200..300).contains(&first.status) && !is_replayed(&first), "{path}: {first:?}");
        let again = post_once(&api, path, &key, &body).await;
        assert!(is_replayed(&again), "{path}: {again:?}");
        assert_eq!((again.status, again.text), (first.status, first.text), "{path}");
        let mut other = body;
        other["name"] = json!("Another request");
        assert_eq!(post_once(&api, path, &key, &other).await.status, 422, "{path}");
    }
}

/// An answer of more than 64 KiB is not stored, because it may hold a payload and what a receiver answered.
#[tokio::test]
async fn a_large_answer_is_rendered_again_and_the_test_is_sent_once() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let path = format!("webhooks/{}/test", api.webhook(&webhook(&receiver.at("/a"))).await["id"]);
    let body =
        json!({ "event": "message_created", "body": { "event": "message_created", "content": "x".repeat(100_000) } });
    let first = post_once(&api, &path, "k", &body).await;
    assert_eq!(first.status, 200, "{first:?}");
    let again = post_once(&api, &path, "k", &body).await;
    assert!(is_replayed(&again), "{again:?}");
    assert_eq!(again.json()["payload"]["delivery"]["id"], first.json()["payload"]["delivery"]["id"]);
    assert_eq!(receiver.seen("/a").len(), 1);
}

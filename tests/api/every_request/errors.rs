//! Codes and places of errors, and the id of each request.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, App, Receiver, webhook};

/// `pointer` and `code` of each entry of `errors`.
fn places(answer: &Answer) -> Vec<(String, String)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
    let body = answer.json();
    let entries = body["errors"].as_array().unwrap_or_else(|| panic!("errors: {answer:?}"));
    for entry in entries {
        assert!(entry["field"].is_string() && entry["detail"].as_str().is_some_and(|text| !text.is_empty()), "{entry}");
    }
    assert_eq!(body["code"], entries[0]["code"], "{body}");
    entries.iter().map(|entry| (text(entry, "pointer"), text(entry, "code"))).collect()
}

#[tokio::test]
async fn each_problem_of_a_webhook_has_an_entry_with_its_place_and_code() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let url = receiver.at("/a");
    for (body, expected) in [
        (json!({ "url": "nonsense" }), vec![("/url", "invalid")]),
        (json!({ "url": "ftp://a.example.com/" }), vec![("/url", "not_https")]),
        (json!({ "url": "https://169.254.169.254/" }), vec![("/url", "private_address")]),
        (json!({ "url": url, "name": "a".repeat(121) }), vec![("/name", "too_long")]),
        (json!({ "url": url, "subscriptions": ["x"] }), vec![("/subscriptions", "unknown_event")]),
        (json!({ "url": url, "subscriptions": [] }), vec![("/subscriptions", "required")]),
        (json!({ "url": url, "inbox_ids": [99] }), vec![("/inbox_ids", "unknown_inbox")]),
        (json!({ "url": url, "timeout_s": 900 }), vec![("/timeout_s", "out_of_range")]),
        (
            json!({ "url": url, "authorization": { "type": "basic", "login": "a:b", "password": "" } }),
            vec![("/authorization/login", "invalid"), ("/authorization/password", "required")],
        ),
        (
            json!({ "url": url, "headers": { "X-A": "1", "Host": "b", "X/~": "c" } }),
            vec![("/headers/Host", "reserved"), ("/headers/X~1~0", "invalid")],
        ),
        (
            json!({ "url": "nonsense", "headers": { "Host": "b" }, "secret": "short" }),
            vec![("/url", "invalid"), ("/headers/Host", "reserved"), ("/secret", "too_short")],
        ),
    ] {
        let answer = api.post("webhooks", &body).await;
        let mut found = places(&answer);
        let mut expected: Vec<_> = expected.into_iter().map(|(at, code)| (at.to_owned(), code.to_owned())).collect();
        found.sort();
        expected.sort();
        assert_eq!((answer.status, found), (422, expected), "{body}");
    }
    let made = api.webhook(&webhook(&url)).await;
    let again = api.post("webhooks", &webhook(&url)).await;
    assert_eq!(places(&again), [("/url".into(), "taken".into())]);
    let path = format!("webhooks/{}", made["id"]);
    let hidden = json!({ "headers": { "X-Key": { "value": "k", "hidden": true } } });
    assert_eq!(api.patch(&path, &hidden).await.status, 200);
    let moved = api.patch(&path, &json!({ "url": "https://b.example.com/" })).await;
    assert_eq!(places(&moved), [("/headers/X-Key".into(), "secret_needed".into())]);
}

#[tokio::test]
async fn an_error_of_the_query_or_the_whole_request_has_no_place_in_the_body() {
    let app = App::start();
    let api = app.api("admin");
    let made = api.webhook(&webhook("https://a.example.com/")).await;
    for (method, path, field, code) in [
        (Method::GET, "deliveries?status=lost".to_owned(), "status", "invalid"),
        (Method::GET, "deliveries?limit=0".to_owned(), "limit", "out_of_range"),
        (Method::GET, format!("webhooks/{}/statistics?range=1y", made["id"]), "range", "invalid"),
        (Method::GET, "webhooks/99".to_owned(), "", "not_found"),
        (Method::GET, "/api/v1/nothing".to_owned(), "", "not_found"),
        (Method::DELETE, "webhooks".to_owned(), "", "method_not_allowed"),
    ] {
        let answer = Answer::of(api.request(method, &path)).await;
        assert_eq!(answer.json()["errors"][0]["field"], field, "{path}");
        assert_eq!(places(&answer), [("-".to_owned(), code.to_owned())], "{path}");
    }
    let bad = Answer::of(api.request(Method::POST, "webhooks").body("{").header("content-type", "application/json"));
    assert_eq!(places(&bad.await)[0].1, "invalid_json");
}

#[tokio::test]
async fn an_error_of_ingest_names_its_place_too() {
    let app = App::start();
    let api = app.api("ingest");
    for (body, pointer, code) in [
        ("{", "", "invalid_json"),
        (r#"{"event":"nothing"}"#, "/event", "unknown_event"),
        (r#"{"a":1}"#, "/event", "missing_event"),
    ] {
        let answer = api.send(body).await;
        assert_eq!(places(&answer), [(pointer.to_owned(), code.to_owned())], "{body}");
        assert_eq!(answer.json()["request_id"], answer.header("x-request-id"), "{body}");
    }
    let batch = api.send(r#"[{"event":{"event":"message_created"},"idempotencyKey":"a"}]"#).await.json();
    assert_eq!(batch[0]["errors"][0]["pointer"], "/idempotencyKey", "{batch}");
    assert_eq!(batch[0]["request_id"], Value::Null, "the answer as a whole has it");
}

#[tokio::test]
async fn every_answer_has_the_id_of_its_request() {
    let app = App::start();
    let (api, client) = (app.api("admin"), crate::support::http());
    let paths = [
        "webhooks",
        "webhooks/9",
        "/api",
        "/api/v1/nothing",
        "/sign-in",
        "/nothing",
        "/webhooks",
        "/healthz",
        "/static/x",
    ];
    for path in paths {
        let made = api.get(path).await;
        assert_eq!(made.header("x-request-id").len(), 32, "{path}");
        assert_ne!(made.header("x-request-id"), api.get(path).await.header("x-request-id"), "{path}");
        let given = Answer::of(api.request(Method::GET, path).header("x-request-id", "Caller-7")).await;
        assert_eq!(given.header("x-request-id"), "Caller-7", "{path}");
        for refused in ["a b", "", &"a".repeat(65), &"a".repeat(10_000)] {
            let answer = Answer::of(api.request(Method::GET, path).header("x-request-id", refused)).await;
            assert_eq!(answer.header("x-request-id").len(), 32, "{path}: {refused}");
        }
    }
    for (path, status) in [("/nothing", 404), ("/invite/nothing", 404)] {
        let page = app.visitor().get(path).await;
        let id = page.header("x-request-id").to_owned();
        assert!(page.status == status && page.text("main").contains(&format!("Request ID: {id}")), "{path}");
    }
    let refused = client.post(format!("{}/api/v1/accounts/1/webhooks", app.url)).header("expect", "100-continue");
    let refused = Answer::of(refused.header("x-request-id", "big").body(vec![b'a'; 5 << 20])).await;
    assert_eq!((refused.status, refused.header("x-request-id")), (413, "big"));
    assert_eq!((&refused.json()["code"], &refused.json()["request_id"]), (&json!("too_large"), &json!("big")));
}

#[tokio::test]
async fn a_401_has_the_challenge_that_fits() {
    let app = App::start();
    let unknown = Api::new(&app.url, "hk_unknown");
    let read = app.api("read");
    let post = async |api: &Api, path: &str| api.post(path, &json!({ "event": "message_created" })).await;
    let plain = |path: &str| {
        let request = unknown.plain(Method::POST, path).header("content-type", "application/json");
        Answer::of(request.body("{}"))
    };
    let realm = r#"Bearer realm="Hachok""#;
    for (answer, status, challenge) in [
        (plain("webhooks").await, 401, realm.to_owned()),
        (post(&unknown, "webhooks").await, 401, format!(r#"{realm}, error="invalid_token""#)),
        (post(&read, "webhooks").await, 401, format!(r#"{realm}, error="insufficient_scope", scope="admin""#)),
        (plain("/api/v1/events").await, 401, realm.to_owned()),
        (post(&unknown, "/api/v1/events").await, 401, format!(r#"{realm}, error="invalid_token""#)),
        (post(&read, "/api/v1/events").await, 403, format!(r#"{realm}, error="insufficient_scope", scope="ingest""#)),
    ] {
        assert_eq!((answer.status, answer.header("www-authenticate")), (status, challenge.as_str()), "{answer:?}");
    }
}

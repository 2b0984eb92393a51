use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Api, App, Place, Receiver, event, webhook};

async fn refused(api: &Api, body: impl Into<Vec<u8>>, status: u16, code: &str) {
    let codes = api.send(body).await.problem(status);
    assert!(codes.iter().any(|known| known == code), "{code} in {codes:?}");
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let app = App::start();
    let api = app.api("ingest");
    for body in ["", "{", "{\"event\":\"message_created\"", "null", "17", "\"message_created\"", "{'event':1}"] {
        refused(&api, body, 400, "invalid_json").await;
    }
    refused(&api, b"{\"event\":\"message_created\",\"a\":\"\xff\"}".to_vec(), 400, "invalid_json").await;
}

#[tokio::test]
async fn a_body_nested_too_deep_is_refused() {
    let app = App::start();
    let api = app.api("ingest");
    let nested =
        |depth: usize| format!("{{\"event\":\"message_created\",\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    refused(&api, nested(64), 400, "too_deep").await;
    refused(&api, nested(100_000), 400, "too_deep").await;
    assert_eq!(api.send(nested(62)).await.status, 202);
}

#[tokio::test]
async fn a_missing_or_unknown_event_is_refused() {
    let app = App::start();
    let api = app.api("ingest");
    for body in [json!({}), json!({ "event": null }), json!({ "event": 7 }), json!({ "event": "" })] {
        let codes = api.send(body.to_string()).await.problem(422);
        assert!(codes.iter().any(|code| code == "missing_event" || code == "unknown_event"), "{body}: {codes:?}");
    }
    refused(&api, json!({ "id": 1 }).to_string(), 422, "missing_event").await;
    for name in ["message_exploded", "Message_Created", "webhook_test"] {
        refused(&api, event(name), 422, "unknown_event").await;
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let app = App::at(Place::new().set("HACHOK_MAX_PAYLOAD", "2048"));
    let api = app.api("ingest");
    let sized = |size: usize| {
        let empty = r#"{"event":"message_created","pad":""}"#;
        empty.replace("\"\"", &format!("\"{}\"", "a".repeat(size - empty.len())))
    };
    assert_eq!(api.send(sized(2048)).await.status, 202);
    refused(&api, sized(2049), 413, "too_large").await;
    refused(&api, sized(300_000), 413, "too_large").await;
}

#[tokio::test]
async fn only_json_is_accepted() {
    let app = App::start();
    let api = app.api("ingest");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let request = api.request(Method::POST, "/api/v1/events").header("content-type", kind);
        Answer::of(request.body(event("message_created"))).await.problem(415);
    }
    Answer::of(api.request(Method::POST, "/api/v1/events").body(event("message_created"))).await.problem(415);
    let request = api.request(Method::POST, "/api/v1/events").header("content-type", "application/json; charset=utf-8");
    assert_eq!(Answer::of(request.body(event("message_created"))).await.status, 202);
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_so_is_a_wrong_scope() {
    let app = App::start();
    let body = || event("message_created");
    let anonymous = Api::new(&app.url, "hk_0000");
    anonymous.send(body()).await.problem(401);
    let request = anonymous.plain(Method::POST, "/api/v1/events").header("content-type", "application/json");
    Answer::of(request.body(body())).await.problem(401);
    app.api("read").send(body()).await.problem(403);
    assert_eq!(app.api("ingest").send(body()).await.status, 202);
    assert_eq!(app.api("admin").send(body()).await.status, 202);
}

#[tokio::test]
async fn a_token_in_the_query_is_no_token() {
    let app = App::start();
    let token = app.token("ingest");
    let anonymous = Api::new(&app.url, "x");
    for name in ["token", "access_token", "api_access_token"] {
        let request = anonymous.plain(Method::POST, &format!("/api/v1/events?{name}={token}"));
        let request = request.header("content-type", "application/json").body(event("message_created"));
        Answer::of(request).await.problem(401);
    }
}

#[tokio::test]
async fn deliveries_of_hachok_are_refused_as_events() {
    let app = App::start();
    let api = app.api("ingest");
    let request = api.event_request(event("message_created")).header("webhook-id", "evt_1");
    let codes = Answer::of(request.header("user-agent", "Hachok/0.1.0")).await.problem(400);
    assert!(codes.iter().any(|code| code == "loop"), "{codes:?}");
}

#[tokio::test]
async fn a_refused_event_stores_nothing() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.send(r#"{"event":"message_exploded","inbox":{"id":5}}"#).await.problem(422);
    api.send(r#"{"event":"message_created","inbox":{"id":5}"#).await.problem(400);
    assert_eq!(api.deliveries("").await.len(), 0);
    assert_eq!(api.get("inboxes").await.json()["payload"], json!([]));
}

#[tokio::test]
async fn an_unknown_method_or_path_of_the_api_is_a_problem_in_json() {
    let app = App::start();
    let api = app.api("admin");
    let answer = api.get("/api/v1/events").await;
    answer.problem(405);
    assert_eq!(answer.header("allow"), "POST, OPTIONS");
    let known = [
        ("webhooks", "GET, HEAD, POST, OPTIONS"),
        ("/api/v1/profile", "GET, HEAD, OPTIONS"),
        ("webhooks/1/secret", "POST, OPTIONS"),
        ("webhooks/1/test", "POST, OPTIONS"),
        ("deliveries", "GET, HEAD, OPTIONS"),
        ("deliveries/dlv_1", "GET, HEAD, OPTIONS"),
        ("deliveries/dlv_1/redelivery", "POST, OPTIONS"),
    ];
    for (path, allowed) in known {
        let answer = api.delete(path).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
    assert_eq!(api.get("/api/v1/nothing").await.status, 404);
    let trace = Method::from_bytes(b"TRACE").unwrap_or_default();
    assert!(matches!(Answer::of(api.request(trace, "/api/v1/events")).await.status, 404 | 405));
}

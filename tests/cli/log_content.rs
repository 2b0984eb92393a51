//! What the log reports of requests and attempts, by which ids, and that it holds no secret at any level.

use serde_json::{Value, json};

use crate::pages::good_form;
use crate::support::{Api, App, PASSWORD, Place, Receiver, Reply, eventually, webhook};

fn logging(filter: &str) -> App {
    App::at(Place::new().set("HACHOK_LOG_FORMAT", "json").set("RUST_LOG", filter))
}

/// The lines with that message, each with its fields and those of its spans.
fn lines(app: &App, message: &str) -> Vec<Value> {
    let log = app.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines
        .filter(|line| line["fields"]["message"] == message)
        .map(|line| {
            let mut all = line["fields"].clone();
            for span in line["spans"].as_array().into_iter().flatten() {
                for (name, value) in span.as_object().expect("fields") {
                    all[name.as_str()] = value.clone();
                }
            }
            all["level"] = line["level"].clone();
            all
        })
        .collect()
}

/// The first line with that message and value; it may come a moment after the response.
async fn line(app: &App, message: &str, name: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    eventually(message, || async { lines(app, message).into_iter().find(|line| line[name] == value) }).await
}

#[tokio::test]
async fn what_happened_to_a_request_and_an_attempt_is_found_by_its_ids() {
    let (app, receiver) = (logging("hachok=debug"), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    receiver.answers("/down", [Reply::Status(500)]);
    let hook = api.webhook(&webhook(&receiver.at("/down"))).await;
    let event = api.accepted(r#"{"event":"message_created"}"#).await;

    let stored = line(&app, "event stored", "event_id", event.as_str()).await;
    assert_eq!(
        (&stored["event"], &stored["deliveries"], &stored["level"]),
        (&json!("message_created"), &json!(1), &json!("DEBUG"))
    );
    assert!(stored["token_id"].is_i64() && stored["method"] == "POST", "{stored}");
    let answered = line(&app, "request answered", "status", 202).await;
    assert_eq!((&answered["route"], &answered["token_id"]), (&json!("/api/v1/events"), &stored["token_id"]));
    assert!(answered["duration_ms"].is_number() && answered["request_id"].is_string(), "{answered}");

    let attempt = line(&app, "attempt ended", "status", 500).await;
    let delivery = api.deliveries("").await.remove(0);
    assert_eq!((&attempt["delivery_id"], &attempt["webhook_id"]), (&delivery["id"], &hook["id"]));
    assert_eq!((&attempt["attempt"], &attempt["cause"]), (&json!(1), &json!("http_status")), "{attempt}");

    let refused = admin.submit(good_form(&admin, "not a URL").await).await;
    assert_eq!(refused.status, 422);
    let refused = line(&app, "request answered", "status", 422).await;
    assert_eq!((&refused["route"], &refused["method"]), (&json!("/webhooks"), &json!("POST")));
    assert!(refused["user_id"].is_i64(), "{refused}");

    let wrong = Api::new(&app.url, "hk_wrong").send("{}").await;
    assert_eq!(wrong.status, 401);
    let refused = line(&app, "token refused", "reason", "unknown").await;
    let answered = line(&app, "request answered", "status", 401).await;
    assert_eq!((&answered["route"], &answered["request_id"]), (&json!("/api/v1/events"), &refused["request_id"]));
    assert_eq!(refused["request_id"], wrong.header("x-request-id"));

    let path = format!("webhooks/{}", hook["id"]);
    assert_eq!(api.patch(&path, &json!({ "enabled": false })).await.status, 200);
    let off = line(&app, "webhook turned off by an administrator", "webhook_id", hook["id"].clone()).await;
    assert_eq!(off["level"], "INFO");
}

#[tokio::test]
async fn start_and_stop_are_logged_by_default() {
    let mut app = App::at(Place::new().set("HACHOK_LOG_FORMAT", "json"));
    assert_eq!(app.stop(), Some(0));
    for message in ["started", "stopping", "stopped"] {
        assert_eq!(lines(&app, message).len(), 1, "{message}: {}", app.log());
    }
    assert_eq!(lines(&app, "started")[0]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn no_secret_and_no_body_is_in_the_log_at_any_level() {
    let (mut app, receiver) = (logging("trace"), Receiver::start());
    let link = app.set_up_link();
    app.visitor().open(&link).await;
    let visitor = app.admin().await;
    let token = app.token("admin");
    let api = Api::new(&app.url, &token);
    receiver.answers("/canary-of-the-path?key=canary-of-the-query", [Reply::Status(500)]);
    let mut body = webhook(&receiver.at("/canary-of-the-path?key=canary-of-the-query"));
    body["authorization"] = json!({ "type": "bearer", "token": "canary-of-the-login" });
    body["headers"] = json!({ "X-Key": { "value": "canary-of-the-header", "hidden": true } });
    let secret = api.webhook(&body).await["secret"].as_str().expect("a secret").to_owned();
    api.accepted(r#"{"event":"message_created","content":"canary-of-the-body"}"#).await;
    let sent = receiver.first("/canary-of-the-path?key=canary-of-the-query").await;
    line(&app, "attempt ended", "status", 500).await;
    visitor.open("/deliveries?q=canary-of-a-search").await;
    let (_, session) = visitor.session();
    let link = link.split("token=").nth(1).expect("a token");
    assert_eq!(app.stop(), Some(0));
    let log = app.log();
    assert!(log.contains("TRACE"), "the log is not at trace: {log:.300}");
    let signature = sent.header("webhook-signature").to_owned();
    for secret in ["canary", PASSWORD, &secret, &session, link, &signature, &token] {
        assert!(!secret.is_empty());
        let found = log.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{secret} is in the log: {}", found.unwrap_or_default());
    }
}

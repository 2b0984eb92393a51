use std::time::Duration;

use serde_json::{Value, json};

use crate::delivery::after_attempt;
use crate::support::ports::ClosedPort;
use crate::support::{App, Receiver, Reply, event, webhook};

/// The first attempt, to a receiver that gives this reply.
async fn attempt(reply: Reply) -> Value {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [reply]);
    let mut body = webhook(&receiver.at("/a"));
    body["timeout_s"] = json!(5);
    api.webhook(&body).await;
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await["attempts"][0].clone()
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_never_followed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for code in [301, 302, 303, 307, 308] {
        let location = vec![("location", receiver.at("/target"))];
        receiver.answers(&format!("/{code}"), [Reply::Full(code, location, vec![])]);
        api.webhook(&webhook(&receiver.at(&format!("/{code}")))).await;
    }
    api.accepted(event("message_created")).await;
    for listed in api.deliveries("").await {
        let id = listed["id"].as_str().unwrap_or_default().to_owned();
        let attempt = crate::support::eventually("an end", || async {
            let attempt = api.delivery(&id).await["attempts"][0].clone();
            (attempt["outcome"] == "failed").then_some(attempt)
        })
        .await;
        assert_eq!(attempt["cause"], "redirect", "{attempt}");
        assert!(attempt["response"]["headers"].to_string().contains("/target"), "{attempt}");
    }
    assert!(receiver.seen("/target").is_empty());
}

#[tokio::test]
async fn a_redirect_counts_as_delivered_where_the_webhook_says_so_and_is_not_followed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    let location = vec![("location", receiver.at("/target"))];
    receiver.answers("/a", [Reply::Full(302, location, b"moved".to_vec())]);
    assert_eq!(api.webhook(&webhook(&receiver.at("/a"))).await["redirect_is_success"], false);
    api.accepted(event("message_created")).await;
    let failed = after_attempt(&api, 1).await;
    assert_eq!(failed["attempts"][0]["cause"], "redirect");
    let page = admin.open(&format!("/deliveries/{}", failed["id"].as_str().expect("an id"))).await;
    assert!(page.says("turn on “A redirect (3xx) counts as delivered”"), "{}", page.text("main"));

    let form = admin.open("/webhooks/1/edit").await.form("#f-url");
    assert_eq!(form.value("redirect_is_success"), "");
    admin.submit(form.tick("redirect_is_success", "1")).await.leads_to();
    let edit = admin.open("/webhooks/1/edit").await;
    assert!(edit.has("details.more[open]") && edit.form("#f-url").value("redirect_is_success") == "1");
    let copy = admin.open("/webhooks/new?from=1").await.form("#f-url");
    assert_eq!(copy.value("redirect_is_success"), "1");
    assert!(admin.open("/webhooks/1").await.says("A redirect (3xx) counts as delivered"));

    // The failed delivery succeeds with its next attempt, and the series of failures ends.
    let done = after_attempt(&api, 2).await;
    let attempt = &done["attempts"][1];
    assert_eq!(
        (&done["status"], &attempt["outcome"], &attempt["cause"]),
        (&json!("success"), &json!("succeeded"), &Value::Null)
    );
    assert_eq!(attempt["response"]["status"], 302);
    let statistics = api.get("webhooks/1/statistics?range=24h").await.json();
    assert!(statistics.to_string().contains("\"success\":1"), "{statistics}");
    assert!(receiver.seen("/target").is_empty());
    let log = admin.open("/deliveries").await;
    assert_eq!((log.texts("#log .code"), log.has("#log .code.bad")), (vec!["302".to_owned()], false));

    let kept = api.patch("webhooks/1", &json!({ "name": "B" })).await.json();
    assert_eq!(kept["payload"]["webhook"]["redirect_is_success"], true);
    let wrong = api.patch("webhooks/1", &json!({ "redirect_is_success": "yes" })).await;
    assert_eq!((wrong.status, &wrong.json()["attributes"]), (422, &json!(["redirect_is_success"])));
    let off = api.patch("webhooks/1", &json!({ "redirect_is_success": false })).await.json();
    assert_eq!(off["payload"]["webhook"]["redirect_is_success"], false);
}

#[tokio::test]
async fn other_answers_are_failures_with_their_status() {
    for status in [400, 401, 404, 500, 504] {
        let attempt = attempt(Reply::Status(status)).await;
        assert_eq!((&attempt["outcome"], &attempt["cause"]), (&json!("failed"), &json!("http_status")));
        assert_eq!(attempt["response"]["status"], status);
    }
}

#[tokio::test]
async fn any_answer_of_200_to_299_is_a_success() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(attempt(Reply::Status(status)).await["outcome"], "succeeded", "{status}");
    }
}

#[tokio::test]
async fn an_answer_is_a_success_when_its_head_is_complete() {
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this".to_vec();
    let attempt = attempt(Reply::Raw(short)).await;
    assert_eq!((&attempt["outcome"], &attempt["response"]["status"]), (&json!("succeeded"), &json!(200)));
}

#[tokio::test]
async fn a_huge_answer_is_cut_at_16_kib() {
    let attempt = attempt(Reply::Full(200, vec![], vec![b'x'; 1 << 20])).await;
    assert_eq!(attempt["outcome"], "succeeded");
    assert_eq!(attempt["response"]["body"].as_str().map(str::len), Some(16 * 1024));
}

#[tokio::test]
async fn a_closed_connection_is_a_reset() {
    let attempt = attempt(Reply::Close).await;
    assert_eq!((&attempt["cause"], &attempt["response"]), (&json!("connect_reset"), &Value::Null));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_invalid_http() {
    assert_eq!(attempt(Reply::Raw(b"220 mail.example ESMTP\r\n\r\n".to_vec())).await["cause"], "invalid_http");
}

#[tokio::test]
async fn no_answer_is_a_timeout_after_the_time_of_the_webhook() {
    let attempt = attempt(Reply::Hang).await;
    assert_eq!(attempt["cause"], "timeout");
    assert!(attempt["duration_ms"].as_i64().is_some_and(|ms| (4900..8000).contains(&ms)), "{attempt}");
}

#[tokio::test]
async fn a_slow_answer_within_the_time_is_a_success() {
    let attempt = attempt(Reply::After(Duration::from_secs(2), Box::new(Reply::Status(200)))).await;
    assert_eq!(attempt["outcome"], "succeeded");
    assert!(attempt["duration_ms"].as_i64().is_some_and(|ms| ms >= 2000), "{attempt}");
}

#[tokio::test]
async fn a_closed_port_is_connect_refused() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let closed_port = ClosedPort::new();
    api.webhook(&webhook(&closed_port.at("/"))).await;
    api.webhook(&json!({ "url": receiver.at("/b"), "subscriptions": ["team_changed"] })).await;
    api.accepted(event("message_created")).await;
    assert_eq!(after_attempt(&api, 1).await["attempts"][0]["cause"], "connect_refused");
}

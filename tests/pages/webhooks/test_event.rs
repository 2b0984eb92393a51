use crate::pages::make_webhook;
use crate::support::ports::ClosedPort;
use crate::support::{App, Page, Receiver, Reply, Visitor};

/// Without scripts, a test redirects to its delivery, which shows the answer.
async fn result(visitor: &Visitor, answer: Page) -> String {
    visitor.open(&answer.leads_to()).await.text("main")
}

#[tokio::test]
async fn a_test_is_sent_like_a_delivery_and_shows_the_answer() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    receiver.answers("/a", [Reply::Full(418, vec![], "I am a <teapot>".into())]);
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
    assert_eq!(form.value("event"), "webhook_test");
    let text = result(&admin, admin.submit(form).await).await;
    assert!(text.contains("418") && text.contains("I am a <teapot>"), "{text}");
    let request = receiver.first("/a").await;
    assert_eq!((request.header("x-hachok-test"), request.header("x-hachok-event")), ("1", "webhook_test"));
    assert!(request.header("webhook-signature").starts_with("v1,"));
    assert_eq!(request.json()["event"], "webhook_test");
}

#[tokio::test]
async fn a_test_may_use_any_event_with_a_changed_body() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
    let body = "{\"event\":\"team_changed\",\"n\": 1.0}";
    let text = result(&admin, admin.submit(form.set("event", "team_changed").set("body", body)).await).await;
    assert!(text.contains("200"), "{text}");
    let request = receiver.first("/a").await;
    assert_eq!(
        (request.header("x-hachok-event"), String::from_utf8_lossy(&request.body).as_ref()),
        ("team_changed", body)
    );
}

#[tokio::test]
async fn an_invalid_test_is_refused_and_not_sent() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
    let page = admin.submit(form.clone().set("body", "{not json")).await.expect(422);
    assert!(!page.error("body").is_empty(), "{}", page.text("main"));
    assert!(page.body.contains("{not json"), "what was typed stays");
    let page = admin.submit(form.set("event", "message_exploded")).await.expect(422);
    assert!(page.text("#errsum").contains("Select an event from the catalogue"), "{}", page.text("main"));
    assert!(receiver.seen("/a").is_empty());
}

#[tokio::test]
async fn a_test_explains_why_a_receiver_cannot_be_reached() {
    let app = App::start();
    let admin = app.admin().await;
    let closed_port = ClosedPort::new();
    let (id, _) = make_webhook(&admin, &closed_port.at("/")).await;
    for (language, words) in [("en", "Connection refused"), ("uk", "У зʼєднанні відмовлено")] {
        let form = admin.open(&format!("/webhooks/{id}/test?lang={language}")).await.form("[name=body]");
        let text = result(&admin, admin.submit(form).await).await;
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn htmx_gets_the_answer_beside_the_form() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    receiver.answers("/a", [Reply::Full(418, vec![], "I am a <teapot>".into())]);
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
    let page = admin.submit_htmx(form).await.expect(200);
    assert!(!page.body.contains("<html"), "{}", page.body);
    let text = page.text("#result");
    assert!(text.contains("418") && text.contains("I am a <teapot>"), "{text}");
}

#[tokio::test]
async fn a_failed_test_claims_nothing_about_the_webhook_or_the_retry_schedule() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    for (status, words) in
        [(410, "The test changed nothing here"), (429, "send the test again"), (503, "Check the service")]
    {
        let path = format!("/{status}");
        receiver.answers(&path, [Reply::Status(status)]);
        let (id, _) = make_webhook(&admin, &receiver.at(&path)).await;
        let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
        let text = result(&admin, admin.submit(form).await).await;
        assert!(text.contains(words) && text.contains("Test events are not retried"), "{status}: {text}");
        for claim in ["was turned off", "was paused", "stopped trying", "Next attempt"] {
            assert!(!text.contains(claim), "{status}: {text}");
        }
        let api = app.api("read").get(&format!("webhooks/{id}")).await.json();
        assert_eq!(api["payload"]["webhook"]["enabled"], true, "{api}");
    }
}

#[tokio::test]
async fn save_and_send_test_saves_sends_once_and_shows_the_answer() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    receiver.answers("/a", [Reply::Full(418, vec![], "I am a <teapot>".into())]);
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let edit = admin.open(&format!("/webhooks/{id}/edit")).await;
    assert!(edit.has("button[name=then][value=test]") && !admin.open("/webhooks/new").await.has("button[value=test]"));
    let form = edit.form("#f-url").set("name", "Teapot").set("then", "test");
    let target = admin.submit(form.clone()).await.leads_to();
    let page = admin.open(&target).await;
    assert!(target.starts_with(&format!("/webhooks/{id}/test?sent=dlv_")), "{target}");
    assert!(page.text("#result").contains("418") && page.text("h1").contains("Teapot"), "{}", page.text("main"));
    assert_eq!(admin.submit(form).await.leads_to(), target, "a double click");
    let seen = receiver.seen("/a");
    assert_eq!((seen.len(), seen[0].header("x-hachok-test")), (1, "1"));
    // The delivery of another webhook is not shown.
    let (other, _) = make_webhook(&admin, &receiver.at("/b")).await;
    let sent = target.split("sent=").nth(1).unwrap_or_default();
    assert!(!admin.open(&format!("/webhooks/{other}/test?sent={sent}")).await.text("#result").contains("418"));
}

use serde_json::json;

use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::{App, Receiver, Reply, event, event_in, eventually, webhook};

#[tokio::test]
async fn the_log_shows_the_status_of_each_delivery() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    receiver.answers("/bad", [Reply::Status(503)]);
    make_webhook(&admin, &receiver.at("/good")).await;
    api.webhook(&json!({ "url": receiver.at("/bad"), "subscriptions": ["team_changed"] })).await;
    api.accepted(event_in("message_created", 7)).await;
    api.accepted(event("team_changed")).await;
    eventually("a success and a failure", || async {
        let text = admin.open("/deliveries").await.text("#log");
        (text.contains("Success") && text.contains("503")).then_some(())
    })
    .await;
    let page = admin.open("/deliveries").await;
    assert_eq!(page.links().iter().filter(|link| link.starts_with("/deliveries/dlv_")).count(), 2);
    let filtered = async |query: &str| admin.open(&format!("/deliveries?{query}")).await.text("#log");
    let one = filtered("status=success").await;
    assert!(one.contains("Message created") && !one.contains("Team changed"), "{one}");
    let other = filtered("status=pending").await;
    assert!(other.contains("Team changed") && !other.contains("Message created"), "{other}");
    let by_event = filtered("event=team_changed").await;
    assert!(by_event.contains("Team changed") && !by_event.contains("Message created"), "{by_event}");
    let none = admin.open("/deliveries?status=failed").await;
    assert!(none.says("Nothing matches the filters") && none.says("Clear filters"), "{}", none.text("main"));
    assert!(admin.open("/deliveries?lang=uk").await.text("#log").contains("Успішно"));
    admin.open("/deliveries?status=nonsense&event=%3Cscript%3E&webhook=x&cursor=x&lang=en").await;
}

#[tokio::test]
async fn a_delivery_shows_the_request_the_answer_and_the_cause() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let headers = vec![("x-answer", "teapot".to_owned())];
    receiver.answers("/a", [Reply::Full(503, headers, "зачекайте".into()), Reply::Status(200)]);
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    let path = format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default());
    let page = admin.open(&path).await;
    for words in ["The receiver returned 503", "зачекайте", "x-answer", "teapot", "Webhook-Id", "User-Agent", "Привіт"]
    {
        assert!(page.says(words), "{words} in {}", page.text("main"));
    }
    assert!(page.says(delivery["event_id"].as_str().unwrap_or_default()));
    let request = receiver.first("/a").await;
    assert!(!page.body.contains(request.header("webhook-signature")));
    assert!(admin.open(&format!("{path}?lang=uk")).await.says("Отримувач відповів 503"));
    eventually("the success of the second attempt", || async {
        let page = admin.open(&format!("{path}?lang=en")).await;
        (page.says("Success") && page.says("200")).then_some(())
    })
    .await;
    assert!(admin.open(&format!("/webhooks/{id}/deliveries")).await.links().contains(&path));
    assert_eq!(admin.get("/deliveries/dlv_0000000000000").await.status, 404);
}

#[tokio::test]
async fn a_delivery_is_sent_again() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    make_webhook(&admin, &receiver.at("/a")).await;
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    let first = after_attempt(&api, 1).await;
    let path = format!("/deliveries/{}", first["id"].as_str().unwrap_or_default());
    let page = admin.open(&path).await;
    assert!(page.says("The receiver may process this event twice"), "{}", page.text("main"));
    let target = admin.submit(page.form_to(&format!("{path}/redelivery"))).await.leads_to();
    assert!(target.starts_with("/deliveries/dlv_") && !target.starts_with(&path), "{target}");
    let seen = receiver.await_requests("/a", 2).await;
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn retries_are_cancelled() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    receiver.answers("/a", [Reply::Status(500)]);
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    let path = format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default());
    let form = admin.open(&path).await.form_to(&format!("{path}/cancellation"));
    admin.submit(form).await.leads_to();
    let ended = after_attempt(&api, 1).await;
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("failed"), &json!("cancelled")));
    assert!(admin.open(&path).await.find_form(&format!("form[action='{path}/cancellation']")).is_none());
}

#[tokio::test]
async fn the_log_has_pages() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    make_webhook(&admin, &receiver.at("/a")).await;
    let api = app.api("admin");
    for _ in 0..60 {
        api.accepted(event("message_created")).await;
    }
    let mut path = "/deliveries".to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let page = admin.open(&path).await;
        seen.extend(page.links().into_iter().filter(|link| link.starts_with("/deliveries/dlv_")));
        match page.attribute("a[rel=next]", "href") {
            Some(older) => path = if older.starts_with('?') { format!("/deliveries{older}") } else { older },
            None => break,
        }
    }
    assert_eq!(seen.len(), 60);
}

#[tokio::test]
async fn filters_are_read_from_the_address() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    make_webhook(&admin, &receiver.at("/a")).await;
    app.api("admin").accepted(event("message_created")).await;
    let shown = async |query: &str| admin.open(&format!("/deliveries?{query}")).await;
    assert!(shown("from=2026-01-01").await.text("#log").contains("Message created"));
    let none = shown("from=2099-01-01").await;
    assert!(none.text("#log").contains("Nothing matches the filters"));
    assert_eq!(none.form("[name=status]").value("from"), "2099-01-01T00:00", "the filters keep it");
}

#[tokio::test]
async fn cancelled_deliveries_and_tests_do_not_count_as_failures() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(503)]);
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    let delivery = eventually("an attempt", || async {
        api.deliveries("")
            .await
            .first()
            .filter(|line| line["attempt_count"] == 1)
            .and_then(|line| line["id"].as_str().map(ToOwned::to_owned))
    })
    .await;
    let path = format!("/deliveries/{delivery}/cancellation");
    let form = eventually("a delivery to cancel", || async {
        admin.open(&format!("/deliveries/{delivery}")).await.find_form(&format!("form[action='{path}']"))
    })
    .await;
    admin.submit(form).await.leads_to();
    receiver.answers("/a", [Reply::Status(418)]);
    api.post(&format!("webhooks/{id}/test"), &json!({})).await;
    assert_eq!(api.deliveries("status=failed").await.len(), 2);
    let list = admin.open("/webhooks").await;
    assert_eq!(list.texts(".stats b")[2], "0", "{}", list.text(".stats"));
    // The attempt before the cancellation failed; that of the test does not count.
    assert!(list.text("nav .count.bad").contains("1 failed attempt in"), "{}", list.text("nav"));
}

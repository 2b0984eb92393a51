use serde_json::json;

use crate::delivery::after_attempt;
use crate::support::{App, Receiver, event, event_in, webhook};

#[tokio::test]
async fn an_empty_list_shows_how_to_send_the_first_event() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/deliveries").await;
    assert!(page.links().contains(&"/received".to_owned()), "a tab of the log");
    let page = admin.open("/received").await;
    assert!(page.text("#curl").contains(&format!("curl {}/api/v1/events", app.url)), "{}", page.text("main"));
    assert!(page.says("hachok token add --name desk --scope ingest"), "{}", page.text("main"));
    let page = admin.open("/received?event=team_changed").await;
    assert!(page.says("Nothing matches the filters") && !page.has("#curl"), "{}", page.text("main"));
}

#[tokio::test]
async fn the_list_of_received_events_shows_their_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let sent = api.accepted(event_in("message_created", 7)).await;
    let lost = api.accepted(event_in("team_changed", 7)).await;
    let page = admin.open("/received").await;
    let row = |id: &str| page.text(&format!("#{id}"));
    assert!(row(&sent).contains("Message created") && row(&sent).contains("1 delivery"), "{}", row(&sent));
    assert!(row(&lost).contains("No webhook is subscribed to this event"), "{}", row(&lost));
    assert!(row(&sent).contains("Channel 7"));
    let unmatched = admin.open("/received?outcome=none").await;
    assert!(unmatched.has(&format!("#{lost}")) && !unmatched.has(&format!("#{sent}")));
    let named = admin.open("/received?event=message_created").await;
    assert!(named.has(&format!("#{sent}")) && !named.has(&format!("#{lost}")));
    let uk = admin.open("/received?lang=uk").await;
    assert!(uk.says("Жоден вебхук не підписано на цю подію") && uk.says("1 доставка"), "{}", uk.text("main"));
    let odd = admin.open("/received?event=message_exploded&lang=en").await;
    assert!(odd.says("These filters were not recognised and are ignored: Event") && odd.has(&format!("#{sent}")));
}

#[tokio::test]
async fn a_received_event_shows_which_webhooks_got_it_and_why_others_did_not() {
    let (app, receiver) = (App::start(), Receiver::start());
    let viewer = app.signed_in("viewer").await;
    let api = app.api("admin");
    let make = async |name: &str, events: &[&str]| {
        let made = api.webhook(&json!({ "url": receiver.at("/a"), "name": name, "subscriptions": events })).await;
        made["id"].as_i64().unwrap_or_default()
    };
    // The API refuses the same URL twice, as Chatwoot does.
    let _ = make("Gets it", &["message_created"]).await;
    let other = json!({ "url": receiver.at("/b"), "name": "Teams", "subscriptions": ["team_changed"] });
    api.webhook(&other).await;
    let body = r#"{"event":"message_created","message_type":"incoming","n": 1.50}"#;
    let id = api.accepted(body).await;
    let delivery = after_attempt(&api, 1).await;
    let page = viewer.open(&format!("/received/{id}")).await;
    assert!(page.text("#deliveries").contains("Gets it"), "{}", page.text("main"));
    assert!(page.links().contains(&format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default())));
    assert!(page.says("Not subscribed to this event") && page.says("Teams"), "{}", page.text("main"));
    assert!(page.text("#body").contains("\"n\" : 1.50"), "{}", page.text("#body"));
    assert_eq!(viewer.get(&format!("/received/{id}/body")).await.body, body);
    let derived = page.links().into_iter().find(|link| link.starts_with("/received/evt_") && !link.contains(&id));
    let derived = viewer.open(&derived.expect("the derived event")).await;
    assert!(derived.says("Message received") && derived.links().contains(&format!("/received/{id}")));
    assert!(derived.says("No webhook is subscribed to this event"));
    assert!(!page.has("#send"), "a viewer cannot send");
    assert_eq!(viewer.get("/received/evt_0000000000000").await.status, 404);
}

#[tokio::test]
async fn an_event_is_sent_to_any_webhook_that_is_on() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, viewer) = (app.admin().await, app.signed_in("viewer").await);
    let api = app.api("admin");
    let id = api.accepted(event("team_changed")).await;
    let hook = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let form = admin.open(&format!("/received/{id}")).await.form("#f-webhook");
    assert_eq!(form.value("webhook"), "", "none is selected");
    let form = form.set("webhook", "1");
    let token = viewer.open("/received").await.form_to("/sign-out").value("_csrf").to_owned();
    assert_eq!(viewer.submit(form.clone().set("_csrf", &token)).await.status, 403);
    let target = admin.submit(form.clone()).await.leads_to();
    let request = receiver.first("/a").await;
    assert_eq!((request.header("webhook-id"), request.header("x-hachok-event")), (id.as_str(), "team_changed"));
    assert_eq!(request.body, event("team_changed").as_bytes());
    assert!(admin.open(&target).await.says("The event is being sent"));
    let page = admin.open(&format!("/received/{id}")).await;
    assert!(page.text("#deliveries").contains("Sent by hand"), "{}", page.text("main"));
    let (list, _) = (api.get("received").await.json(), ());
    assert_eq!(
        (&list["payload"][0]["delivery_count"], &list["payload"][0]["unmatched"]),
        (&json!(1), &json!("unsubscribed"))
    );
    api.patch(&format!("webhooks/{hook}"), &json!({ "enabled": false })).await;
    // Without its once-token the form counts as another form.
    let form = form.set("once", "");
    assert_eq!(admin.submit(form.clone()).await.status, 409);
    assert_eq!(admin.submit(form.set("webhook", "99")).await.status, 404);
    assert_eq!(receiver.seen("/a").len(), 1);
}

#[tokio::test]
async fn a_test_event_cannot_be_sent_to_other_webhooks() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    let hook = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let before = admin.open(&format!("/received/{}", api.accepted(event("message_created")).await)).await;
    let answer = api.post(&format!("webhooks/{hook}/test"), &json!({ "event": "webhook_test" })).await.json();
    let id = answer["payload"]["delivery"]["event_id"].as_str().unwrap_or_default().to_owned();
    let page = admin.open(&format!("/received/{id}")).await;
    assert!(page.text(".meta").contains("Test") && !page.has("#f-webhook"), "{}", page.text("main"));
    let mut forged = before.form("#f-webhook");
    forged.action = format!("/received/{id}/delivery");
    assert_eq!(admin.submit(forged).await.status, 400);
}

#[tokio::test]
async fn a_rare_event_is_found_among_many() {
    let app = App::start();
    let admin = app.admin().await;
    let api = app.api("admin");
    api.accepted(event("message_updated")).await;
    let body = if app.is_sqlite() { "x'7b7d'" } else { "'\\x7b7d'::bytea" };
    app.run_sql(&format!(
        "INSERT INTO events (id, name, body, created_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 10050) SELECT i, CASE i WHEN 1 THEN 'ticket_created' ELSE 'ticket_updated' END, {body}, 1 FROM n"
    ));
    let page = admin.open("/received?event=ticket_created").await;
    assert!(
        page.says("The newest 10,000 events were searched") && !page.says("evt_0000000000001"),
        "{}",
        page.text("main")
    );
    let older = page.attribute("#older", "href").expect("a way on");
    let page = admin.open(&older).await;
    assert!(page.has("#evt_0000000000001"), "{}", page.text("main"));
    let page = admin.open("/received?outcome=none").await;
    assert!(page.says("Message updated") && !page.has("#older"), "the index finds the one at once");
}

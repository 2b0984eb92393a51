//! A recovery continues after a kill, and no webhook holds up what it sends to others.

use hachok::clock;
use hachok::domain::id::IdSource;
use serde_json::{Value, json};

use super::rig::{FaultyReceiver, Store, status};
use crate::support::chatwoot::{Chatwoot, assert_not_stored, connect};
use crate::support::{Api, App, PASSWORD, Place, Receiver, Visitor, event, eventually, webhook};

/// More than a recovery creates in one second.
const FAILED_DELIVERIES: usize = 60;

#[tokio::test]
async fn a_recovery_survives_a_kill_and_sends_each_event_once() {
    // On Postgres an interrupted attempt is repeated when its lease ends: here after 10 s instead of 90 s.
    let place = Place::new().set("HACHOK_LEASE_SCALE", "9");
    let (mut app, receiver) = (App::at(place), Receiver::start());
    let api = app.api("admin");
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    for _ in 0..FAILED_DELIVERIES {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/a", FAILED_DELIVERIES).await;
    eventually("the delivery of all events", || async {
        api.deliveries("status=pending").await.is_empty().then_some(())
    })
    .await;
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'exhausted'");

    let begun = api.post(&format!("webhooks/{id}/recoveries"), &json!({ "since": "2026-01-01T00:00:00Z" })).await;
    let recovery = begun.json()["payload"]["recovery"].clone();
    assert_eq!(recovery["count"], FAILED_DELIVERIES);
    receiver.await_requests("/a", FAILED_DELIVERIES + 1).await;
    app.kill();
    app.start_again();

    let api = app.api("admin");
    let done = eventually("the end of the recovery", || async {
        let found = api.get(&format!("recoveries/{}", recovery["id"])).await.json()["payload"]["recovery"].clone();
        (found["status"] == "done" && found["success"] == FAILED_DELIVERIES).then_some(found)
    })
    .await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(FAILED_DELIVERIES), &json!(0)));
    // An interrupted attempt may have reached the receiver; it is repeated, and its row says `interrupted`.
    let mut explained = 0;
    for delivery in api.deliveries("limit=100").await {
        let whole = api.delivery(delivery["id"].as_str().unwrap_or_default()).await;
        let attempts = whole["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
        explained += attempts.iter().filter(|attempt: &&Value| attempt["outcome"] == "interrupted").count();
    }
    let seen = receiver.seen("/a").len();
    assert!(
        (2 * FAILED_DELIVERIES..=2 * FAILED_DELIVERIES + explained).contains(&seen),
        "{seen} requests, {explained} interrupted"
    );
}

/// With a limit of five due deliveries, ingest is refused when a sixth is due, and accepted again afterwards.
#[tokio::test]
async fn events_are_refused_while_too_many_deliveries_are_due() {
    use crate::support::Reply;
    use std::time::Duration;

    // The first answer takes 6 s, and the webhook has one permit: nothing else is sent to it meanwhile.
    let place = Place::new().set("HACHOK_DUE_LIMIT", "5").set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1");
    let (app, receiver) = (App::at(place), Receiver::start());
    let (api, desk) = (app.api("admin"), Chatwoot::start());
    let page = connect(&app.admin().await, &desk).await;
    let slow = Reply::After(Duration::from_secs(6), Box::new(Reply::Status(204)));
    receiver.answers("/a", [slow, Reply::Status(204)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let refused = eventually("a refused event", || async {
        let answer = api.send(event("message_created")).await;
        (answer.status != 202).then_some(answer)
    })
    .await;
    assert_eq!((refused.status, refused.problem(503)[0].as_str()), (503, "overloaded"));
    assert!(!refused.header("retry-after").is_empty());
    assert_not_stored(&desk.emit(r#"{"event":"message_created","id":1,"account":{"id":3}}"#, None).await);
    eventually("an accepted event", || async {
        let answer = api.send(event("message_created")).await;
        (answer.status == 202).then_some(())
    })
    .await;
    eventually("the delivery of all accepted events", || async {
        api.deliveries("status=pending").await.is_empty().then_some(())
    })
    .await;
    assert!(api.deliveries("status=failed").await.is_empty());
    let visitor = app.visitor();
    visitor.sign_in("admin@example.com", PASSWORD).await;
    let counted = visitor.open(&page).await.text("[aria-labelledby=h-refusals] tbody");
    assert!(counted.starts_with("The server was overloaded, or its database did not respond 1"), "{counted}");
}

/// Gives a webhook deliveries that failed permanently, each of its own event.
fn fail(store: &mut Store, webhook: i64, count: i64) {
    let first = IdSource::first_at(clock::now().before(std::time::Duration::from_secs(600))) + webhook * 100_000;
    let numbers = format!("WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {count})");
    let body = if store.is_sqlite() { "CAST('{}' AS BLOB)" } else { "'{}'" };
    store.run(&format!(
        "INSERT INTO events (id, name, body, created_at) {numbers} SELECT {first} + id, 'message_created', {body}, 0 FROM n"
    ));
    store.run(&format!(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, reason, origin, attempts, steps, created_at, \
         finished_at) {numbers} SELECT {first} + id, {first} + id, 'message_created', {webhook}, 'failed', 'exhausted', \
         'event', 10, 10, 0, 1 FROM n"
    ));
}

async fn progress(api: &Api, page: &str) -> Value {
    api.get(page.trim_start_matches('/')).await.json()["payload"]["recovery"].clone()
}

/// Starts a recovery of all webhooks; returns its page.
async fn recover_all(admin: &Visitor) -> String {
    let page = admin.open("/deliveries/resend").await;
    let counted = admin.submit(page.form("form[action='/deliveries/resend']")).await;
    admin.submit(counted.form("#found form")).await.leads_to()
}

async fn says_in_both_languages(admin: &Visitor, page: &str, en: &str, uk: &str) {
    let shown = admin.open(page).await;
    assert!(shown.says(en), "{}", shown.text("main"));
    let shown = admin.open(&format!("{page}?lang=uk")).await;
    assert!(shown.says(uk), "{}", shown.text("main"));
    admin.open(&format!("{page}?lang=en")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_of_all_webhooks_is_not_held_up_by_one_that_is_dead_and_says_what_it_did_not_send() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    receiver.answers("/dead", status(503));
    for (path, name) in [("/dead", "Dead"), ("/healthy", "Healthy")] {
        let mut wanted = webhook(&receiver.at(path));
        wanted["name"] = json!(name);
        api.webhook(&wanted).await;
    }
    fail(&mut Store::of(&app), 1, 150);
    fail(&mut Store::of(&app), 2, 50);
    let page = recover_all(&admin).await;
    eventually("the deliveries to the healthy webhook", || async {
        (progress(&api, &page).await["success"] == 50).then_some(())
    })
    .await;
    let waiting = json!([{ "webhook_id": 1, "count": 50, "because": "pending_deliveries" }]);
    let found = eventually("one hundred that are pending", || async {
        let found = progress(&api, &page).await;
        (found["unsent"] == waiting).then_some(found)
    })
    .await;
    assert_eq!((&found["status"], &found["sent"]), (&json!("running"), &json!(150)));
    says_in_both_languages(
        &admin,
        &page,
        "Webhook “Dead”: 50 deliveries are waiting for earlier ones to finish.",
        "Вебхук «Dead»: 50 доставок чекають, доки завершаться попередні.",
    )
    .await;

    assert_eq!(api.delete("webhooks/1").await.status, 200);
    let done = eventually("the end of the recovery", || async {
        let found = progress(&api, &page).await;
        (found["status"] == "done").then_some(found)
    })
    .await;
    assert_eq!(done["unsent"], json!([{ "webhook_id": 1, "count": 50, "because": "webhook_deleted" }]));
    says_in_both_languages(
        &admin,
        &page,
        "Webhook “Dead”: 50 deliveries were not sent, because the webhook was deleted.",
        "Вебхук «Dead»: 50 доставок не надіслано, бо його видалено.",
    )
    .await;
    assert_eq!(Store::of(&app).orphans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_waits_for_a_webhook_that_is_turned_off_and_continues_when_it_is_on() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    let mut wanted = webhook(&receiver.at("/a"));
    wanted["name"] = json!("Switched");
    api.webhook(&wanted).await;
    fail(&mut Store::of(&app), 1, 120);
    let page = recover_all(&admin).await;
    receiver.wait_for_requests("/a", 1, std::time::Duration::from_secs(20)).await;
    assert_eq!(api.patch("webhooks/1", &json!({ "enabled": false })).await.status, 200);
    let waiting = eventually("a recovery that waits", || async {
        let found = progress(&api, &page).await;
        (found["unsent"][0]["because"] == "webhook_off").then_some(found)
    })
    .await;
    let left = waiting["unsent"][0]["count"].as_u64().expect("a number");
    assert_eq!((&waiting["status"], waiting["sent"].as_u64()), (&json!("running"), Some(120 - left)));
    says_in_both_languages(&admin, &page, "until it is turned on", "доки його ввімкнуть").await;
    // Longer than two steps take.
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
    for _ in 0..25 {
        let found = progress(&api, &page).await;
        assert_eq!((&found["status"], &found["sent"]), (&json!("running"), &waiting["sent"]));
        ticks.tick().await;
    }
    assert_eq!(api.patch("webhooks/1", &json!({ "enabled": true })).await.status, 200);
    let done = eventually("the end of the recovery", || async {
        let found = progress(&api, &page).await;
        (found["status"] == "done" && found["success"] == 120).then_some(found)
    })
    .await;
    assert_eq!((&done["sent"], &done["unsent"]), (&json!(120), &json!([])));
    assert_eq!(receiver.heard("/a").len(), 120, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_send_what_a_recovery_sends_once() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let other = (!Store::of(&app).is_sqlite()).then(|| App::at(app.for_another_process()));
    let (api, admin) = (app.api("admin"), app.admin().await);
    for path in ["/a", "/b", "/c"] {
        api.webhook(&webhook(&receiver.at(path))).await;
    }
    (1..=3).for_each(|webhook| fail(&mut Store::of(&app), webhook, 60));
    let page = recover_all(&admin).await;
    eventually("all deliveries", || async { (progress(&api, &page).await["success"] == 180).then_some(()) }).await;
    assert_eq!(receiver.ledger().len(), 180, "each once");
    drop(other);
}

/// A recovery that an older version started has no progress by webhook.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_recovery_continues_after_the_upgrade_from_a_version_without_progress_by_webhook() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    fail(&mut Store::of(&app), 1, 120);
    let page = recover_all(&admin).await;
    receiver.wait_for_requests("/a", 1, std::time::Duration::from_secs(20)).await;
    assert_eq!(app.stop(), Some(0));
    let mut store = Store::of(&app);
    store.run("UPDATE recoveries SET first_id = (SELECT MIN(next_id) FROM recovery_webhooks)");
    store.run("DROP TABLE recovery_webhooks");
    store.run("DELETE FROM __diesel_schema_migrations WHERE version = '20261128000012'");
    drop(store);
    app.start_again();
    let api = app.api("admin");
    let found = eventually("the end of the recovery", || async {
        let found = progress(&api, &page).await;
        (found["status"] == "done").then_some(found)
    })
    .await;
    assert_eq!((&found["sent"], &found["unsent"]), (&json!(120), &json!([])));
    receiver.until("all", std::time::Duration::from_secs(20), |heard| heard.len() >= 120).await;
    assert_eq!(receiver.ledger().len(), 120, "each once");
}

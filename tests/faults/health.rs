//! Attempts that end after the webhook's condition has changed: pauses, failing, probes.

use std::time::Duration;

use hachok::db::webhooks::health;
use hachok::domain::id::WebhookId;
use hachok::domain::timestamp::Timestamp;
use serde_json::json;

use super::rig::Store;
use crate::support::{Api, App, Receiver, Reply, event, eventually, webhook};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(20);

async fn status(api: &Api) -> String {
    api.get("webhooks").await.json()["payload"]["webhooks"][0]["status"].as_str().unwrap_or_default().into()
}

fn retry_after(status: u16, seconds: u16) -> Reply {
    Reply::Full(status, vec![("retry-after", seconds.to_string())], Vec::new())
}

fn after(ms: u64, reply: Reply) -> Reply {
    Reply::After(Duration::from_millis(ms), Box::new(reply))
}

#[tokio::test]
async fn a_success_that_was_on_its_way_does_not_end_a_pause() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [after(700, Reply::Status(200)), retry_after(429, 600), Reply::Status(204)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    api.accepted(event("message_created")).await;
    eventually("the pause", || async { (status(&api).await == "paused").then_some(()) }).await;
    eventually("the success", || async { (api.deliveries("status=success").await.len() == 1).then_some(()) }).await;
    assert_eq!(status(&api).await, "paused");
    api.accepted(event("message_created")).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    // When the other webhook has the next event, this one would have had both.
    api.accepted(event("message_created")).await;
    receiver.first("/b").await;
    assert_eq!(receiver.seen("/a").len(), 2);
    assert_eq!(api.deliveries("webhook=1&status=pending").await.len(), 3);
}

/// Whichever of several 429s comes last, the pause ends at the latest time that one of them asked for.
#[tokio::test]
async fn a_pause_ends_at_the_latest_time_that_any_answer_asked_for() {
    let (app, receiver) = (App::start(), Receiver::start());
    let mut store = Store::of(&app);
    let api = app.api("admin");
    receiver.answers("/a", [after(300, retry_after(429, 900)), after(900, retry_after(429, 60))]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for requests in 1..=2 {
        api.accepted(event("message_created")).await;
        receiver.await_requests("/a", requests).await;
    }
    store.until("both answers", "(SELECT COUNT(*) AS n FROM attempts) AS counted WHERE n = 2", PROGRESS_TIMEOUT).await;
    let in_ten_minutes = hachok::clock::now().after(Duration::from_secs(600)).micros();
    assert_eq!(store.count(&format!("webhooks WHERE paused_until > {in_ten_minutes}")), 1);
}

#[tokio::test]
async fn failures_that_were_on_their_way_do_not_double_the_wait_for_the_probe() {
    let (app, receiver) = (App::start(), Receiver::start());
    let mut store = Store::of(&app);
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500), after(500, Reply::Status(500))]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    store.until("a failure", "webhooks WHERE failures = 1", PROGRESS_TIMEOUT).await;
    // Ten failures in a row count only after two minutes, so the streak is made older.
    app.run_sql("UPDATE webhooks SET failures = 9, failing_since = failing_since - 130000000");
    for _ in 0..10 {
        api.accepted(event("message_created")).await;
    }
    store
        .until("eleven attempts", "(SELECT COUNT(*) AS n FROM attempts) AS counted WHERE n = 11", PROGRESS_TIMEOUT)
        .await;
    store.until("nineteen failures", "webhooks WHERE failures >= 19", PROGRESS_TIMEOUT).await;
    assert_eq!(status(&api).await, "failing");
    assert_eq!(store.count("webhooks WHERE probe_wait_ms = 30000"), 1);
    let in_half_a_minute = hachok::clock::now().after(Duration::from_secs(31)).micros();
    assert_eq!(store.count(&format!("webhooks WHERE probe_at < {in_half_a_minute}")), 1);
}

/// Each probe that fails doubles the wait; the one that succeeds ends it.
#[tokio::test]
async fn a_probe_is_sent_alone_and_its_success_ends_failing() {
    let (app, receiver) = (App::start(), Receiver::start());
    let mut store = Store::of(&app);
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500), after(1500, Reply::Status(500)), Reply::Status(204)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for _ in 0..3 {
        api.accepted(event("message_created")).await;
        if store.count("webhooks WHERE failures = 0") == 1 {
            store.until("a failure", "webhooks WHERE failures = 1", PROGRESS_TIMEOUT).await;
            app.run_sql("UPDATE webhooks SET failures = 10, failing_since = 1, probe_wait_ms = 30000, probe_at = 1");
        }
    }
    app.run_sql("UPDATE deliveries SET next_attempt_at = 1 WHERE lease IS NULL");
    receiver.await_requests("/a", 2).await;
    store.until("the probe's lease", "webhooks WHERE probe_lease IS NOT NULL", PROGRESS_TIMEOUT).await;
    assert_eq!(store.count("deliveries WHERE lease IS NOT NULL"), 1, "one probe at a time");
    store.until("the wait", "webhooks WHERE probe_wait_ms = 60000 AND probe_lease IS NULL", PROGRESS_TIMEOUT).await;
    assert_eq!(receiver.seen("/a").len(), 2);
    app.run_sql("UPDATE webhooks SET probe_at = 1");
    app.run_sql("UPDATE deliveries SET next_attempt_at = 1 WHERE status = 'pending' AND lease IS NULL");
    eventually("all are delivered", || async { (api.deliveries("status=success").await.len() == 3).then_some(()) })
        .await;
    assert_eq!(status(&api).await, "active");
}

/// Two processes, or two looks of one, get one probe between them; a lease that ends without an answer frees it.
#[tokio::test]
async fn one_process_gets_the_probe() {
    let app = App::start();
    let api = app.api("admin");
    api.webhook(&json!({ "url": "https://example.com/", "subscriptions": ["message_created"] })).await;
    let (mut one, mut other) = (Store::of(&app), Store::of(&app));
    let now = Timestamp::from_seconds(1_800_000_000);
    one.run(&format!("UPDATE webhooks SET failures = 10, failing_since = 1, probe_at = {}", now.micros()));
    let early = now.before(Duration::from_secs(1));
    assert!(!health::begin_probe(one.conn(), WebhookId(1), 7, early).expect("an answer"), "before its time");
    assert!(health::begin_probe(one.conn(), WebhookId(1), 7, now).expect("an answer"));
    assert!(!health::begin_probe(other.conn(), WebhookId(1), 8, now).expect("an answer"), "two probes");
    health::release_probe(other.conn(), WebhookId(1), 8).expect("an answer");
    assert!(
        !health::begin_probe(other.conn(), WebhookId(1), 8, now).expect("an answer"),
        "another lease frees nothing"
    );
    health::release_probe(one.conn(), WebhookId(1), 7).expect("an answer");
    assert!(health::begin_probe(other.conn(), WebhookId(1), 8, now).expect("an answer"));
}

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::delivery::{after_attempt, delivery_when};
use crate::support::{App, Place, Receiver, Reply, event, webhook};

/// Limit of the wait for an attempt after a kill: on Postgres it is repeated when its lease ends.
const REPEAT_TIMEOUT: Duration = Duration::from_secs(120);

/// With the feature `fault-injection` a lease lasts 10 s instead of 90 s.
fn with_short_leases() -> App {
    App::at(Place::new().set("HACHOK_LEASE_SCALE", "9"))
}

#[tokio::test]
async fn a_stop_waits_for_requests_in_flight_and_exits_0() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::After(Duration::from_secs(1), Box::new(Reply::Status(200)))]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    app.start_again();
    let delivery = after_attempt(&app.api("admin"), 1).await;
    assert_eq!((&delivery["status"], &delivery["attempts"][0]["outcome"]), (&json!("success"), &json!("succeeded")));
    assert_eq!(receiver.seen("/a").len(), 1);
}

#[tokio::test]
async fn a_stop_under_load_interrupts_nothing_and_loses_nothing() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::After(Duration::from_millis(200), Box::new(Reply::Status(200)))]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let mut accepted = BTreeSet::new();
    for _ in 0..40 {
        accepted.insert(api.accepted(event("message_created")).await);
    }
    receiver.await_requests("/a", 5).await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    app.start_again();
    let seen = receiver.await_requests("/a", 40).await;
    let arrived: BTreeSet<_> = seen.iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(arrived, accepted);
    assert!(seen.iter().all(|request| request.header("x-hachok-attempt") == "1"), "no attempt was interrupted");
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let mut app = App::start();
    let before = std::time::Instant::now();
    assert_eq!(app.stop(), Some(0));
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
}

#[tokio::test]
async fn an_attempt_that_a_kill_interrupted_is_repeated_and_marked() {
    let (mut app, receiver) = (with_short_leases(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Hang, Reply::Status(200)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    app.kill();
    app.start_again();
    let seen = receiver.await_requests_for(REPEAT_TIMEOUT, "/a", 2).await;
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_eq!(seen[0].body, seen[1].body);
    assert_eq!((seen[0].header("x-hachok-attempt"), seen[1].header("x-hachok-attempt")), ("1", "2"));
    let api = app.api("admin");
    let done = delivery_when(&api, "a success", |delivery| delivery["status"] == "success").await;
    let outcomes: Vec<_> =
        done["attempts"].as_array().into_iter().flatten().map(|attempt| attempt["outcome"].clone()).collect();
    assert_eq!(outcomes, ["interrupted", "succeeded"]);
}

#[tokio::test]
async fn every_event_that_was_accepted_before_a_kill_arrives_after_it() {
    let (mut app, receiver) = (with_short_leases(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let mut senders = JoinSet::new();
    for _ in 0..60 {
        let request = api.event_request(event("message_created"));
        senders.spawn(async { request.send().await.ok() });
    }
    let mut accepted = BTreeSet::new();
    while let Some(answer) = senders.join_next().await {
        let Some(answer) = answer.expect("a sender") else { continue };
        assert_eq!(answer.status(), 202);
        let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        accepted.insert(body["id"].as_str().unwrap_or_default().to_owned());
        if accepted.len() == 20 {
            app.kill();
        }
    }
    app.start_again();
    let missing = || {
        let seen = receiver.seen("/a");
        let arrived: BTreeSet<_> = seen.iter().map(|request| request.header("webhook-id").to_owned()).collect();
        accepted.difference(&arrived).count()
    };
    let mut count = receiver.seen("/a").len();
    while missing() > 0 {
        count = receiver.await_requests_for(REPEAT_TIMEOUT, "/a", count + 1).await.len();
    }
    assert!(accepted.len() >= 20, "{}", accepted.len());
}

#[tokio::test]
async fn a_scheduled_retry_survives_a_restart() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500), Reply::Status(200)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    assert_eq!(app.stop(), Some(0));
    app.start_again();
    let seen = receiver.await_requests("/a", 2).await;
    assert_eq!(seen[1].header("x-hachok-attempt"), "2");
}

/// On Postgres, an event that is accepted while its webhook is deleted creates a delivery for a deleted webhook.
#[tokio::test]
async fn pending_deliveries_of_a_deleted_webhook_are_ended() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    assert_eq!(api.delete(&format!("webhooks/{id}")).await.status, 200);
    app.stop();
    app.run_sql("UPDATE deliveries SET status = 'pending', reason = NULL, next_attempt_at = 1, finished_at = NULL");
    app.start_again();
    let ended = |delivery: &serde_json::Value| delivery["status"] == "failed";
    let delivery = delivery_when(&app.api("admin"), "its end", ended).await;
    assert_eq!((&delivery["reason"], &delivery["next_attempt_at"]), (&json!("webhook_deleted"), &json!(null)));
}

/// Deleting a webhook and recording its results lock the same rows. Without a common order Postgres aborts one of them
/// as a deadlock.
#[tokio::test]
async fn webhooks_are_deleted_under_load_without_a_deadlock() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut ids = Vec::new();
    for number in 0..10 {
        let made = api.webhook(&webhook(&receiver.at(&format!("/{number}")))).await;
        ids.push(made["id"].to_string());
    }
    let posts = async {
        for _ in 0..12 {
            let some = (0..16).map(|_| api.accepted(event("message_created")));
            futures_util::future::join_all(some).await;
        }
    };
    let deletions = async {
        for id in &ids {
            assert_eq!(api.delete(&format!("webhooks/{id}")).await.status, 200);
        }
    };
    tokio::join!(posts, deletions);
    // Postgres publishes the statistics of a connection when it ends.
    app.stop();
    let found = app.query_postgres("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    assert_eq!(found.as_deref().unwrap_or("0"), "0");
}

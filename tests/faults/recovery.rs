//! A recovery goes on where a kill cut it off.

use serde_json::{Value, json};

use crate::support::{App, Place, Receiver, event, eventually, webhook};

/// More than are made in one second.
const FAILED: usize = 60;

#[tokio::test]
async fn a_recovery_survives_a_kill_and_sends_each_event_once() {
    // On Postgres what the kill cut off comes back when its lease ends: ten seconds instead of ninety.
    let place = Place::new().set("HACHOK_LEASE_SCALE", "9");
    let (mut app, receiver) = (App::at(place), Receiver::start());
    let api = app.api("admin");
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    for _ in 0..FAILED {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/a", FAILED).await;
    eventually("all are delivered", || async { api.deliveries("status=pending").await.is_empty().then_some(()) }).await;
    app.age("UPDATE deliveries SET status = 'failed', reason = 'exhausted'");

    let begun = api.post(&format!("webhooks/{id}/recoveries"), &json!({ "since": "2026-01-01T00:00:00Z" })).await;
    let recovery = begun.json()["payload"]["recovery"].clone();
    assert_eq!(recovery["count"], FAILED);
    receiver.await_requests("/a", FAILED + 1).await;
    app.kill();
    app.start_again();

    let api = app.api("admin");
    let done = eventually("the recovery is done", || async {
        let found = api.get(&format!("recoveries/{}", recovery["id"])).await.json()["payload"]["recovery"].clone();
        (found["status"] == "done" && found["delivered"] == FAILED).then_some(found)
    })
    .await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(FAILED), &json!(0)));
    // An attempt that the kill cut off may have arrived: it is made again, and its row says so.
    let mut explained = 0;
    for delivery in api.deliveries("limit=100").await {
        let whole = api.delivery(delivery["id"].as_str().unwrap_or_default()).await;
        let attempts = whole["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
        explained += attempts.iter().filter(|attempt: &&Value| attempt["outcome"] == "interrupted").count();
    }
    let seen = receiver.seen("/a").len();
    assert!((2 * FAILED..=2 * FAILED + explained).contains(&seen), "{seen} requests, {explained} interrupted");
}

/// With five due deliveries as the limit, the sixth that waits closes the door, and it opens again.
#[tokio::test]
async fn a_queue_that_is_too_long_takes_nothing_in_until_it_is_shorter() {
    use crate::support::Reply;
    use std::time::Duration;

    // The first answer takes six seconds: meanwhile nothing else is sent there.
    let place = Place::new().set("HACHOK_DUE_LIMIT", "5").set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1");
    let (app, receiver) = (App::at(place), Receiver::start());
    let api = app.api("admin");
    let slow = Reply::After(Duration::from_secs(6), Box::new(Reply::Status(204)));
    receiver.answers("/a", [slow, Reply::Status(204)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let refused = eventually("the door is closed", || async {
        let answer = api.send(event("message_created")).await;
        (answer.status != 202).then_some(answer)
    })
    .await;
    assert_eq!((refused.status, refused.problem(503)[0].as_str()), (503, "overloaded"));
    assert!(!refused.header("retry-after").is_empty());
    eventually("the door is open again", || async {
        let answer = api.send(event("message_created")).await;
        (answer.status == 202).then_some(())
    })
    .await;
    eventually("all that was accepted is delivered", || async {
        api.deliveries("status=pending").await.is_empty().then_some(())
    })
    .await;
    assert!(api.deliveries("status=failed").await.is_empty());
}

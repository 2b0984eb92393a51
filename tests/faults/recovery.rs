//! A recovery continues after a kill.

use serde_json::{Value, json};

use crate::support::{App, Place, Receiver, event, eventually, webhook};

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
        (found["status"] == "done" && found["delivered"] == FAILED_DELIVERIES).then_some(found)
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
    let api = app.api("admin");
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
}

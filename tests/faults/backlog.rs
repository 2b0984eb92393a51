//! A webhook with a full backlog: nothing is lost, the oldest go first, and no other webhook notices.

use std::time::Duration;

use serde_json::json;

use super::fairness::p95;
use super::rig::{FaultyReceiver, HelpDesk, Step, Store, status};
use crate::support::{App, Place, eventually, webhook};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(90);
/// The limit of one webhook; ten times as many due deliveries in total are an overload.
const LIMIT: u64 = 50;

fn place() -> Place {
    // One request at a time, so that the order of arrival is the order of sending.
    Place::new().set("HACHOK_BACKLOG_PER_WEBHOOK", &LIMIT.to_string()).set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_its_limit_a_webhook_gets_new_events_behind_the_older_ones_and_no_other_notices() {
    let (app, receiver) = (App::at(place()), FaultyReceiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    receiver.answers("/a", vec![Step::Hang]);
    let subscription = json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"], "timeout_s": 5 });
    let made = api.webhook(&subscription).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    let page = format!("/webhooks/{}", made["id"]);
    let full = "More than 50 deliveries have been waiting since";
    assert!(!admin.open(&page).await.says(full));
    // More than ten times the limit, which would be an overload if all of them counted.
    let events = LIMIT * 10 + 20;
    for number in 0..events {
        api.accepted(json!({ "event": "team_changed", "number": number }).to_string()).await;
    }
    eventually("a full backlog", || async { admin.open(&page).await.says(full).then_some(()) }).await;
    assert!(admin.open(&format!("{page}?lang=uk")).await.says("чекає понад 50 доставок"));
    admin.open(&format!("{page}?lang=en")).await;
    // Each event is accepted: `HelpDesk` fails otherwise.
    let beside = p95(&HelpDesk::new(&app), &receiver, 50).await;
    println!("p95 of another webhook beside a full backlog {beside:?}");
    assert!(beside <= Duration::from_millis(300), "{beside:?}");

    receiver.answers("/a", status(200));
    let numbers = |receiver: &FaultyReceiver| {
        let firsts = receiver.heard("/a").into_iter().filter(|heard| heard.attempt == 1);
        firsts.filter_map(|heard| heard.number).collect::<Vec<_>>()
    };
    receiver.until("all events", PROGRESS_TIMEOUT, |_| numbers(&receiver).len() as u64 >= events).await;
    assert_eq!(numbers(&receiver), (0..events).collect::<Vec<_>>(), "the oldest first, each once");
    eventually("the end of the backlog", || async { (!admin.open(&page).await.says(full)).then_some(()) }).await;
    let mut store = Store::of(&app);
    // A request that hung may have hung twice; its next attempt would be in five minutes.
    store.run("UPDATE deliveries SET next_attempt_at = 1 WHERE status = 'pending' AND leased_until IS NULL");
    store.until_quiet(PROGRESS_TIMEOUT).await;
    assert!(api.deliveries("status=failed").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_receiver_that_is_back_gets_its_whole_backlog() {
    let (app, receiver) = (App::at(place()), FaultyReceiver::start());
    let api = app.api("admin");
    receiver.answers("/a", status(503));
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"] })).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    for number in 0..200 {
        api.accepted(json!({ "event": "team_changed", "number": number }).to_string()).await;
    }
    let mut store = Store::of(&app);
    store.until("a full backlog", "webhooks WHERE backlog_full_since IS NOT NULL", PROGRESS_TIMEOUT).await;
    let beside = p95(&HelpDesk::new(&app), &receiver, 50).await;
    assert!(beside <= Duration::from_millis(300), "{beside:?}");
    receiver.answers("/a", status(200));
    let shared = tokio::sync::Mutex::new(store);
    eventually("the delivery of all", || async {
        let mut store = shared.lock().await;
        // What failed is due by its schedule, in up to 5 min, and the probe in 30 s: here now.
        store.run("UPDATE deliveries SET next_attempt_at = 1 WHERE status = 'pending' AND leased_until IS NULL");
        store.run("UPDATE webhooks SET probe_at = 1 WHERE probe_at IS NOT NULL");
        (store.count("deliveries WHERE webhook_id = 1 AND status = 'success'") == 200).then_some(())
    })
    .await;
    let ended = "webhooks WHERE id = 1 AND backlog_full_since IS NULL";
    shared.into_inner().until("the end of the backlog", ended, PROGRESS_TIMEOUT).await;
}

//! A webhook with a full backlog: nothing is lost, the oldest go first, and no other webhook notices.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::fairness::p95;
use super::mass_changes::{hold, pending};
use super::rig::{FaultyReceiver, HelpDesk, Step, Store, status};
use crate::support::{App, Place, eventually, webhook};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(90);
/// The limit of one webhook; ten times as many due deliveries in total are an overload.
const LIMIT: u64 = 50;

fn place() -> Place {
    Place::new().set("HACHOK_BACKLOG_PER_WEBHOOK", &LIMIT.to_string())
}

/// Beside the backlog another webhook waits at most 300 ms (p95), or on a busy machine half as long again as alone.
fn assert_not_delayed(alone: Duration, beside: Duration) {
    let bound = (alone * 3 / 2 + Duration::from_millis(50)).max(Duration::from_millis(300));
    assert!(beside <= bound, "{alone:?} alone, {beside:?} beside a backlog");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_its_limit_a_webhook_gets_new_events_behind_the_older_ones_and_no_other_notices() {
    let (app, receiver) = (App::at(place()), FaultyReceiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    receiver.answers("/a", vec![Step::Hang]);
    let subscription = json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"], "timeout_s": 5 });
    let made = api.webhook(&subscription).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    let desk = HelpDesk::new(&app);
    let alone = p95(&desk, &receiver, 20).await;
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
    let waiting = api.deliveries("status=waiting").await;
    assert!(!waiting.is_empty() && waiting.iter().all(|one| one["waiting_because"] == "backlog"), "{waiting:?}");
    let shown = api.get(&format!("webhooks/{}", made["id"])).await.json();
    assert!(shown["payload"]["webhook"]["backlog_full_since"].is_string(), "{shown}");
    admin.open(&format!("{page}?lang=en")).await;
    // Each event is accepted: `HelpDesk` fails otherwise.
    let beside = p95(&desk, &receiver, 50).await;
    println!("p95 of another webhook beside a full backlog {beside:?}");
    assert_not_delayed(alone, beside);

    receiver.answers("/a", status(200));
    let numbers = |receiver: &FaultyReceiver| {
        let firsts = receiver.heard("/a").into_iter().filter(|heard| heard.attempt == 1);
        firsts.filter_map(|heard| heard.number).collect::<Vec<_>>()
    };
    receiver.until("all events", PROGRESS_TIMEOUT, |_| numbers(&receiver).len() as u64 >= events).await;
    let arrived = numbers(&receiver);
    assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len() as u64, events, "each arrives");
    assert_eq!(arrived.len() as u64, events, "each is sent for the first time once");
    // Up to ten are in flight, so an event may arrive that many places early or late.
    let places = arrived.iter().zip(0_u64..);
    let moved = places.map(|(number, place)| number.abs_diff(place)).max();
    assert!(moved <= Some(2 * 10), "not the oldest first: {arrived:?}");
    eventually("the end of the backlog", || async { (!admin.open(&page).await.says(full)).then_some(()) }).await;
    deliver_all(Store::of(&app), events).await;
}

/// Waits until webhook 1 has got that many deliveries.
async fn deliver_all(store: Store, count: u64) {
    let store = tokio::sync::Mutex::new(store);
    eventually("the delivery of all", || async {
        let mut store = store.lock().await;
        // What failed is due by its schedule, in up to 5 min, and the probe in 30 s: here now.
        store.run("UPDATE deliveries SET next_attempt_at = 1 WHERE status = 'pending' AND leased_until IS NULL");
        store.run("UPDATE webhooks SET probe_at = 1 WHERE probe_at IS NOT NULL");
        (store.count("deliveries WHERE webhook_id = 1 AND status = 'success'") as u64 == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_receiver_that_is_back_gets_its_whole_backlog() {
    let (app, receiver) = (App::at(place()), FaultyReceiver::start());
    let api = app.api("admin");
    receiver.answers("/a", status(503));
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"] })).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    let desk = HelpDesk::new(&app);
    let alone = p95(&desk, &receiver, 20).await;
    for number in 0..200 {
        api.accepted(json!({ "event": "team_changed", "number": number }).to_string()).await;
    }
    let mut store = Store::of(&app);
    store.until("a full backlog", "webhooks WHERE backlog_full_since IS NOT NULL", PROGRESS_TIMEOUT).await;
    let beside = p95(&desk, &receiver, 50).await;
    assert_not_delayed(alone, beside);
    receiver.answers("/a", status(200));
    deliver_all(store, 200).await;
    let ended = "webhooks WHERE id = 1 AND backlog_full_since IS NULL";
    Store::of(&app).until("the end of the backlog", ended, PROGRESS_TIMEOUT).await;
}

/// `HACHOK_TEST_PENDING=600000` tests another number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_pending_deliveries_of_one_webhook_cost_the_others_nothing() {
    let (app, receiver) = (App::at(place()), FaultyReceiver::start());
    let api = app.api("admin");
    receiver.answers("/a", vec![Step::Hang]);
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"] })).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    let desk = HelpDesk::new(&app);
    let alone = p95(&desk, &receiver, 50).await;
    let mut store = Store::of(&app);
    hold(&mut store, pending(), hachok::clock::now().before(Duration::from_secs(60)));
    store.until("a full backlog", "webhooks WHERE backlog_full_since IS NOT NULL", PROGRESS_TIMEOUT).await;
    let beside = p95(&desk, &receiver, 50).await;
    println!("p95 of another webhook alone {alone:?}, beside {} pending {beside:?}", pending());
    assert_not_delayed(alone, beside);
}

use std::time::{Duration, Instant};

use serde_json::json;

use super::rig::{FaultyReceiver, HelpDesk, Store, check, slowly, webhooks};
use crate::support::{App, Place, event};

const STOP_TIMEOUT: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_interrupts_nothing_that_is_answered_within_a_second() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 5).await;
    let (desk, mut store) = (HelpDesk::new(&app), Store::of(&app));
    let load = desk.load(50);
    // With quick answers a stop often finds nothing in flight.
    for pause_ms in [800, 0, 0, 0] {
        paths.iter().for_each(|path| receiver.answers(path, slowly(Duration::from_millis(pause_ms))));
        desk.until_more(100, STOP_TIMEOUT).await;
        let asked = Instant::now();
        assert_eq!(app.stop(), Some(0), "{}", app.log());
        let took = asked.elapsed();
        assert!(took < STOP_TIMEOUT, "{took:?}");
        println!("answers after {pause_ms} ms: a stop under load in {took:?}");
        assert_eq!(store.count("attempts WHERE outcome = 'interrupted'"), 0);
        assert_eq!(store.count("deliveries WHERE leased_until IS NOT NULL"), 0);
        app.start_again();
        desk.posts_to(vec![app.url.clone()]);
    }
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut store, &paths).await;
    assert_eq!((verdict.duplicates, verdict.interrupted), (0, 0), "{verdict}");
    println!("four stops under load: {verdict}");
}

/// An upgrade without a pause: each of two processes in turn is stopped and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_two_processes_restarted_in_turn_under_load_send_nothing_twice() {
    let (first, receiver) = (App::on_postgres(), FaultyReceiver::start());
    let paths = webhooks(&first.api("admin"), &receiver, 5).await;
    paths.iter().for_each(|path| receiver.answers(path, slowly(Duration::from_millis(800))));
    let desk = HelpDesk::new(&first);
    let second = App::at(first.for_another_process());
    let mut apps = [first, second];
    desk.posts_to(apps.iter().map(|app| app.url.clone()).collect());
    let load = desk.load(50);
    for turn in [0, 1, 0, 1] {
        desk.until_more(50, STOP_TIMEOUT).await;
        // A proxy sends new requests to the other one.
        desk.posts_to(vec![apps[1 - turn].url.clone()]);
        assert_eq!(apps[turn].stop(), Some(0), "{}", apps[turn].log());
        apps[turn].start_again();
        desk.posts_to(apps.iter().map(|app| app.url.clone()).collect());
    }
    desk.until_more(50, STOP_TIMEOUT).await;
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&apps[0]), &paths).await;
    assert_eq!((verdict.duplicates, verdict.interrupted), (0, 0), "{verdict}");
    println!("two processes, each restarted twice: {verdict}");
}

/// While the process that commits a lease is slow to begin the attempt, no attempt is in flight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_between_a_lease_and_its_attempt_sends_the_event_once() {
    for point in ["ingest-after-commit", "claim-after-commit"] {
        let place = Place::new().set("HACHOK_FAULT_SLEEP", point).set("HACHOK_TIME_SCALE", "20");
        let (mut app, receiver) = (App::at(place), FaultyReceiver::start());
        let api = app.api("admin");
        let path = &webhooks(&api, &receiver, 1).await[0];
        let mut store = Store::of(&app);
        if point == "claim-after-commit" {
            api.accepted(event("message_created")).await;
            store.until("a delivery", "deliveries WHERE status = 'success'", STOP_TIMEOUT).await;
            let id = api.deliveries("limit=1").await[0]["id"].as_str().expect("an id").to_owned();
            assert_eq!(api.post(&format!("deliveries/{id}/redelivery"), &json!({})).await.status, 202);
        } else {
            let request = api.event_request(event("message_created"));
            drop(tokio::spawn(request.send()));
        }
        store.until("a lease", "deliveries WHERE leased_until IS NOT NULL", STOP_TIMEOUT).await;
        assert_eq!(app.stop(), Some(0), "{}", app.log());
        app.change("HACHOK_FAULT_SLEEP", "");
        app.start_again();
        store.until_quiet(STOP_TIMEOUT).await;
        let deliveries = usize::try_from(store.count("deliveries")).expect("a number");
        assert_eq!(receiver.heard(path).len(), deliveries, "{point}");
        assert_eq!(store.count("attempts WHERE outcome = 'interrupted'"), 0, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_in_flight_at_a_stop_ends_and_is_not_repeated() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    let path = &webhooks(&api, &receiver, 1).await[0];
    receiver.answers(path, slowly(Duration::from_secs(2)));
    let id = api.get("webhooks").await.json()["payload"]["webhooks"][0]["id"].clone();
    drop(tokio::spawn(async move { api.post(&format!("webhooks/{id}/test"), &json!({})).await }));
    receiver.wait_for_requests(path, 1, STOP_TIMEOUT).await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    let mut store = Store::of(&app);
    assert_eq!(store.count("deliveries WHERE status = 'success'"), 1);
    assert_eq!(store.count("attempts WHERE outcome = 'interrupted'"), 0);
}

use std::time::Duration;

use hachok::clock;
use hachok::db::DbConnection;
use hachok::db::deliveries::queue::record;
use hachok::db::deliveries::queue::rows::Lease;
use hachok::domain::deliveries::Next;
use hachok::domain::id::IdSource;

use super::rig::{
    FaultyReceiver, HelpDesk, Posted, Store, check, deliver, finished, status, webhooks, with_short_leases,
};
use crate::support::{App, Place, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_named_point_loses_no_accepted_event() {
    let (mut app, receiver) =
        (App::at(with_short_leases(Place::new()).set("HACHOK_TIME_SCALE", "20")), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, mut store) = (HelpDesk::new(&app), Store::of(&app));
    let mut events = 0;
    for point in ["ingest-before-commit", "ingest-after-commit", "claim-after-commit", "send-before-record"] {
        for _ in 0..3 {
            nothing_is_due(&mut store).await;
            app.kill();
            again(&mut app, &desk, point);
            // The first attempt of a delivery is made without a claim; the point needs a second attempt.
            let code = if point == "claim-after-commit" { 503 } else { 200 };
            paths.iter().for_each(|path| receiver.answers(path, status(code)));
            let posted = desk.post().await;
            assert_eq!(app.exit_code(), None, "{point} was passed");
            paths.iter().for_each(|path| receiver.answers(path, status(200)));
            again(&mut app, &desk, "");
            events += i64::from(point != "ingest-before-commit");
            assert_eq!(store.count("events"), events, "{point}: all of an event is stored or nothing");
            assert!(!point.starts_with("ingest") || posted == Posted::Broken, "{point}: {posted:?}");
        }
    }
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut store, &paths).await;
    assert!(verdict.interrupted >= 9, "{verdict}");
    println!("12 kills at named points: {verdict}");
}

fn again(app: &mut App, desk: &HelpDesk, fault: &str) {
    app.change("HACHOK_FAULT", fault);
    app.start_again();
    desk.posts_to(vec![app.url.clone()]);
}

/// Waits until nothing is pending: another delivery would reach the named point before that of the test does.
async fn nothing_is_due(store: &mut Store) {
    let store = tokio::sync::Mutex::new(store);
    eventually("an empty queue", || async {
        let mut store = store.lock().await;
        (store.count("deliveries WHERE status = 'pending' AND leased_until IS NULL") == 0).then_some(())
    })
    .await;
}

const OLD_DELIVERIES: i64 = 1500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_a_batch_of_retention_removes_all_of_it_or_nothing() {
    let (mut app, receiver) = (App::at(Place::new().set("HACHOK_RETENTION_DAYS", "1")), FaultyReceiver::start());
    webhooks(&app.api("admin"), &receiver, 1).await;
    app.kill();
    let mut store = Store::of(&app);
    store.in_one_commit(|conn| (0..OLD_DELIVERIES).for_each(|number| delivered_three_days_ago(conn, number)));
    for (batch, left) in [(1, OLD_DELIVERIES), (2, OLD_DELIVERIES - 500), (2, OLD_DELIVERIES - 1000)] {
        app.change("HACHOK_FAULT", &format!("retention-in-batch:{batch}"));
        assert_eq!(app.run(&["serve", "--bind", "127.0.0.1:0"]).code, None);
        for table in ["deliveries", "events", "attempts"] {
            assert_eq!(store.count(table), left, "{table}");
        }
    }
    app.change("HACHOK_FAULT", "");
    app.start_again();
    let store = tokio::sync::Mutex::new(store);
    eventually("empty tables", || async {
        let mut store = store.lock().await;
        let left: i64 = ["deliveries", "events", "attempts"].iter().map(|table| store.count(table)).sum();
        (left == 0).then_some(())
    })
    .await;
    store.into_inner().assert_whole();
}

fn delivered_three_days_ago(conn: &mut DbConnection, number: i64) {
    let then = clock::now().before(Duration::from_secs(3 * 24 * 3600));
    let id = IdSource::first_at(then) + number;
    let lease = Lease { token: number + 1, until: then.after(Duration::from_secs(90)) };
    deliver(conn, id, Some(lease), then);
    let done = finished(id, (1, lease), Next::Done, then);
    assert_eq!(record::record(conn, &[done], then).expect("a record"), [record::Written::Applied]);
}

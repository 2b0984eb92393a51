//! Deletion, sending and discarding of held deliveries, and expiry work on any number of deliveries, in steps.
//!
//! `HACHOK_TEST_PENDING=600000` tests another number of pending deliveries.

use std::time::{Duration, Instant};

use hachok::clock;
use hachok::domain::id::IdSource;
use hachok::domain::timestamp::Timestamp;
use serde_json::json;

use super::rig::{Cluster, FaultyReceiver, Step, Store, number, webhooks};
use crate::support::{Api, App, Place, Visitor, event, eventually, webhook};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a click may take. It takes 20 to 90 ms here, with 600,000 deliveries as with 20,000; other tests run beside it.
const ANSWER_MAX: Duration = Duration::from_millis(500);

pub(super) fn pending() -> u64 {
    number("HACHOK_TEST_PENDING", 20_000)
}

/// Two webhooks; the first one is off and holds that many deliveries, half of them due in a year.
struct Desk {
    app: App,
    receiver: FaultyReceiver,
    api: Api,
    admin: Visitor,
}

impl Desk {
    async fn with_held(count: u64) -> Self {
        Self::holding(count, clock::now()).await
    }

    async fn holding(count: u64, made: Timestamp) -> Self {
        Self::at(Place::new(), count, made).await
    }

    async fn at(place: Place, count: u64, made: Timestamp) -> Self {
        let (app, receiver) = (App::at(place), FaultyReceiver::start());
        let (api, admin) = (app.api("admin"), app.admin().await);
        webhooks(&api, &receiver, 2).await;
        assert_eq!(api.patch("webhooks/1", &json!({ "enabled": false })).await.status, 200);
        hold(&mut Store::of(&app), count, made.before(Duration::from_secs(60)));
        Self { app, receiver, api, admin }
    }

    fn store(&self) -> Store {
        Store::of(&self.app)
    }

    /// Turns the first webhook on and settles what it holds. Returns how long the answer took.
    async fn settle(&self, choice: &str) -> Duration {
        let form = self.admin.open("/webhooks/1/held").await.form_to("/webhooks/1/held");
        let begun = Instant::now();
        assert_eq!(self.admin.submit(form.set("choice", choice)).await.leads_to(), "/webhooks/1");
        begun.elapsed()
    }

    /// Posts events one after another until the change has ended; the second webhook gets each within 300 ms (p95).
    async fn assert_the_other_is_not_delayed(&self, ended: impl Fn(&mut Store) -> bool) -> usize {
        let mut waits = Vec::new();
        let mut store = self.store();
        while !ended(&mut store) || waits.len() < 20 {
            let posted = Instant::now();
            self.api.accepted(event("message_created")).await;
            let arrived = self.receiver.wait_for_requests("/w2", waits.len() + 1, PROGRESS_TIMEOUT).await;
            let arrived = arrived.last().map_or_else(Instant::now, |heard| heard.began);
            waits.push(arrived.saturating_duration_since(posted));
            assert!(waits.len() < 50_000, "the change does not end");
        }
        waits.sort_unstable();
        let p95 = waits[waits.len() * 95 / 100];
        println!("p95 of the other webhook {p95:?} for {} events", waits.len());
        assert!(p95 <= Duration::from_millis(300), "{p95:?}");
        waits.len()
    }
}

/// Gives webhook 1 pending deliveries from that time, half of them due, on either database.
pub(super) fn hold(store: &mut Store, count: u64, made: Timestamp) {
    let first = IdSource::first_at(made);
    let body = if store.is_sqlite() { "CAST('{}' AS BLOB)" } else { "'{}'" };
    store.run(&format!("INSERT INTO events (id, name, body, created_at) VALUES (7, 'message_created', {body}, 0)"));
    store.run(&format!(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, next_attempt_at, created_at) \
         WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {count}) \
         SELECT {first} + id, 7, 'message_created', 1, 'pending', 'event', id % 2, id % 2, \
         id + (id % 2) * 4000000000000000, 0 FROM n"
    ));
}

/// The most deliveries that one transaction changed: all of them got the same time.
fn largest_step(store: &mut Store, column: &str) -> i64 {
    let groups = format!("SELECT {column} FROM deliveries WHERE event_id = 7 GROUP BY {column} HAVING COUNT(*) >");
    let of = |rows: i64| format!("({groups} {rows}) AS large");
    assert!(store.count(&of(0)) > 1, "more than one step");
    if store.count(&of(500)) > 0 { 501 } else { 500 }
}

const HELD: &str = "deliveries WHERE event_id = 7 AND status = 'pending'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_ends_any_number_of_deliveries_in_steps_that_delay_no_other_webhook() {
    let desk = Desk::with_held(pending()).await;
    let begun = Instant::now();
    assert_eq!(desk.api.delete("webhooks/1").await.status, 200);
    let answered = begun.elapsed();
    let ended = |store: &mut Store| store.count(HELD) == 0;
    desk.assert_the_other_is_not_delayed(ended).await;
    println!("deletion of {} answered after {answered:?}, done after {:?}", pending(), begun.elapsed());
    assert!(answered <= ANSWER_MAX, "{answered:?}");
    let mut store = desk.store();
    let failed = "deliveries WHERE webhook_id = 1 AND reason = 'webhook_deleted' AND event_id = 7";
    assert_eq!(store.count(failed), pending() as i64);
    assert_eq!(largest_step(&mut store, "finished_at"), 500);
    assert_eq!((store.orphans(), desk.receiver.heard("/w1").len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_deliveries_are_discarded_in_steps_and_then_the_webhook_is_on() {
    let desk = Desk::with_held(pending()).await;
    let answered = desk.settle("discard").await;
    assert!(answered <= ANSWER_MAX, "{answered:?}");
    let shown = desk.api.get("webhooks/1").await.json()["payload"]["webhook"].clone();
    assert_eq!((&shown["enabled"], &shown["status"]), (&json!(true), &json!("active")));
    let on = |store: &mut Store| store.count("webhooks WHERE id = 1 AND enabled") == 1;
    let events = desk.assert_the_other_is_not_delayed(on).await;
    println!("discarding {} answered after {answered:?}", pending());
    // What was accepted meanwhile is sent, and nothing of what was discarded.
    let sent = desk.receiver.wait_for_requests("/w1", events, PROGRESS_TIMEOUT).await;
    assert!(sent.iter().all(|heard| heard.attempt == 1) && sent.len() == events, "{} requests", sent.len());
    let mut store = desk.store();
    assert_eq!(store.count("deliveries WHERE event_id = 7 AND reason = 'cancelled'"), pending() as i64);
    assert_eq!(largest_step(&mut store, "finished_at"), 500);
    assert_eq!(store.orphans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_deliveries_become_due_in_steps_and_are_then_sent_the_oldest_first() {
    let desk = Desk::with_held(pending()).await;
    desk.receiver.answers("/w1", vec![Step::Hang]);
    let answered = desk.settle("send").await;
    assert!(answered <= ANSWER_MAX, "{answered:?}");
    let on = |store: &mut Store| store.count("webhooks WHERE id = 1 AND enabled") == 1;
    desk.assert_the_other_is_not_delayed(on).await;
    println!("sending {} answered after {answered:?}", pending());
    let mut store = desk.store();
    assert_eq!(store.count(&format!("{HELD} AND next_attempt_at > 3000000000000000")), 0);
    // Half of them were due before.
    assert_eq!(largest_step(&mut store, "next_attempt_at"), 500);
    desk.receiver.wait_for_requests("/w1", 1, PROGRESS_TIMEOUT).await;
    assert_eq!(store.orphans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turning_a_webhook_off_changes_no_delivery_and_stops_a_change_of_what_it_holds() {
    let desk = Desk::with_held(pending()).await;
    desk.settle("discard").await;
    let begun = Instant::now();
    assert_eq!(desk.api.patch("webhooks/1", &json!({ "enabled": false })).await.status, 200);
    assert!(begun.elapsed() <= ANSWER_MAX, "{:?}", begun.elapsed());
    let mut store = desk.store();
    assert_eq!(store.count("webhooks WHERE id = 1 AND NOT enabled AND settle IS NULL"), 1);
    let left = store.count(HELD);
    // Two more choices: the last one counts.
    desk.settle("send").await;
    desk.settle_again(left).await;
}

impl Desk {
    /// Discards what is left, while it is being made due.
    async fn settle_again(&self, left: i64) {
        assert_eq!(self.api.patch("webhooks/1", &json!({ "enabled": false })).await.status, 200);
        self.settle("discard").await;
        let store = tokio::sync::Mutex::new(self.store());
        eventually("the end of the change", || async {
            let mut store = store.lock().await;
            (store.count("webhooks WHERE id = 1 AND enabled") == 1).then_some(())
        })
        .await;
        let mut store = store.into_inner();
        assert!(left > 0 && store.count(HELD) == 0, "{left} were left");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_deliveries_expire_in_steps() {
    let old = clock::now().before(Duration::from_secs(8 * 24 * 3600));
    let mut desk = Desk::holding(pending(), old).await;
    desk.app.kill();
    desk.app.start_again();
    let mut store = desk.store();
    let (begun, mut seen) = (Instant::now(), std::collections::BTreeSet::new());
    while store.count(HELD) > 0 {
        let expired = store.count("deliveries WHERE event_id = 7 AND reason = 'expired'");
        assert_eq!(expired % 500, 0, "each step is a transaction of 500");
        seen.insert(expired);
        assert!(begun.elapsed() < PROGRESS_TIMEOUT, "{expired} have expired");
    }
    assert!(seen.len() > 2, "{seen:?}");
    assert_eq!(store.orphans(), 0);
}

/// Several persons at once, and events for the webhook meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_twice_at_once_while_held_deliveries_are_sent_and_events_come_leaves_no_orphan() {
    let desk = Desk::with_held(pending().min(20_000)).await;
    desk.settle("send").await;
    let events = futures_util::future::join_all((0..100).map(|_| desk.api.send(event("message_created"))));
    let (first, second, answers) = tokio::join!(desk.api.delete("webhooks/1"), desk.api.delete("webhooks/1"), events);
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    assert!(answers.iter().all(|answer| answer.status == 202));
    let store = tokio::sync::Mutex::new(desk.store());
    eventually("the end of all deliveries", || async {
        let mut store = store.lock().await;
        (store.count("deliveries WHERE webhook_id = 1 AND status = 'pending'") == 0).then_some(())
    })
    .await;
    desk.receiver.wait_for_requests("/w2", 100, PROGRESS_TIMEOUT).await;
    store.into_inner().until_quiet(PROGRESS_TIMEOUT).await;
    assert_eq!(desk.store().orphans(), 0);
    assert!(!desk.app.log().contains("deadlock"), "{}", desk.app.log());
}

/// Two processes serve the database: one deletes the webhook while both accept events for it and send them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_deletion_beside_the_events_of_two_processes_deadlocks_with_nothing() {
    let (one, receiver) = (App::on_postgres(), FaultyReceiver::start());
    let two = App::at(one.for_another_process());
    let apis = [one.api("admin"), two.api("admin")];
    receiver.answers("/w1", super::rig::slowly(Duration::from_millis(20)));
    for round in 0..4 {
        let id = apis[0].webhook(&webhook(&receiver.at("/w1"))).await["id"].clone();
        let posts = apis.iter().cycle().take(200).map(|api| api.send(event("message_created")));
        let delete = async {
            receiver.wait_for_requests("/w1", round * 20 + 10, PROGRESS_TIMEOUT).await;
            apis[round % 2].delete(&format!("webhooks/{id}")).await.status
        };
        let (answers, deleted) = tokio::join!(futures_util::future::join_all(posts), delete);
        assert_eq!(deleted, 200);
        assert!(answers.iter().all(|answer| answer.status == 202));
    }
    let place: &Place = &one;
    Store::of(place).until_quiet(PROGRESS_TIMEOUT).await;
    assert_eq!(Store::of(place).orphans(), 0);
    for app in [&one, &two] {
        assert!(!app.log().contains("deadlock"), "{}", app.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_database_that_is_cut_off_between_steps_delays_the_rest() {
    let cluster = Cluster::start();
    let desk = Desk::at(Place::on(&cluster.url()), 20_000, clock::now()).await;
    assert_eq!(desk.api.delete("webhooks/1").await.status, 200);
    cluster.end_at_once();
    cluster.begin();
    let left = desk.store().count(HELD);
    assert!(left > 0 && left % 500 == 0, "{left} are left");
    let store = tokio::sync::Mutex::new(desk.store());
    eventually("the rest", || async { (store.lock().await.count(HELD) == 0).then_some(()) }).await;
    assert_eq!(store.into_inner().orphans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_delivery_that_another_client_has_locked_delays_only_itself() {
    let desk = Desk::with_held(2_000).await;
    let mut client = desk.store();
    client.run("BEGIN");
    client.run("SELECT id FROM deliveries WHERE event_id = 7 ORDER BY next_attempt_at LIMIT 1 FOR UPDATE");
    assert_eq!(desk.api.delete("webhooks/1").await.status, 200);
    let store = tokio::sync::Mutex::new(desk.store());
    eventually("all but one", || async { (store.lock().await.count(HELD) == 1).then_some(()) }).await;
    desk.assert_the_other_is_not_delayed(|store| store.count(HELD) == 1).await;
    client.run("ROLLBACK");
    eventually("the locked one", || async { (store.lock().await.count(HELD) == 0).then_some(()) }).await;
    assert_eq!(store.into_inner().orphans(), 0);
}

#[cfg(feature = "fault-injection")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_or_between_steps_leaves_the_rest_to_the_next_start() {
    for (point, change) in [
        ("mass-change-in-step:4", "delete"),
        ("mass-change-between-steps:3", "delete"),
        ("mass-change-in-step:3", "discard"),
        ("mass-change-between-steps:3", "discard"),
        ("mass-change-in-step:3", "send"),
    ] {
        let mut desk = Desk::with_held(4_000).await;
        desk.receiver.answers("/w1", vec![Step::Hang]);
        desk.app.kill();
        desk.app.change("HACHOK_FAULT", point);
        desk.app.start_again();
        let api = desk.app.api("admin");
        if change == "delete" {
            assert_eq!(api.delete("webhooks/1").await.status, 200);
        } else {
            let admin = desk.app.visitor();
            admin.sign_in("admin@example.com", crate::support::PASSWORD).await;
            let form = admin.open("/webhooks/1/held").await.form_to("/webhooks/1/held");
            assert_eq!(admin.submit(form.set("choice", change)).await.leads_to(), "/webhooks/1");
        }
        assert_eq!(desk.app.exit_code(), None, "{point} was passed");
        let mut store = desk.store();
        let left = match change {
            "send" => "deliveries WHERE event_id = 7 AND next_attempt_at > 3000000000000000",
            _ => HELD,
        };
        let before = store.count(left);
        assert!(before > 0 && before % 500 == 0, "{point} {change}: {before} are left");
        desk.app.change("HACHOK_FAULT", "");
        desk.app.start_again();
        let store = tokio::sync::Mutex::new(store);
        eventually("the rest", || async { (store.lock().await.count(left) == 0).then_some(()) }).await;
        let is_settled = "webhooks WHERE id = 1 AND settle IS NULL AND (enabled OR deleted_at IS NOT NULL)";
        eventually("the end", || async { (store.lock().await.count(is_settled) == 1).then_some(()) }).await;
        assert_eq!(store.into_inner().orphans(), 0, "{point} {change}");
    }
}

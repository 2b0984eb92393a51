//! Several processes on one Postgres database, at the level of the queries. `kills` shows them under kills.

use std::time::Duration;

use hachok::db::deliveries::queue;
use hachok::db::deliveries::queue::claim::Share;
use hachok::db::deliveries::queue::rows::Lease;
use hachok::db::events::routes;
use hachok::db::system::task_locks::{self, Task};
use hachok::db::webhooks as stored;
use hachok::db::webhooks::health::{self, HealthChange};
use hachok::domain::id::WebhookId;
use hachok::domain::timestamp::Timestamp;
use hachok::domain::webhooks::health::{Pace, Signal};

use super::rig::{FaultyReceiver, Store, deliver, webhooks};
use crate::support::{App, event};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A database with one webhook and no running server, opened by two connections as if from two processes.
async fn two(mut app: App) -> (App, Store, Store) {
    let receiver = FaultyReceiver::start();
    webhooks(&app.api("admin"), &receiver, 1).await;
    app.kill();
    let stores = (Store::of(&app), Store::of(&app));
    (app, stores.0, stores.1)
}

fn claim(store: &mut Store, token: i64, most: i64) -> Vec<i64> {
    let lease = Lease { token, until: NOW.after(Duration::from_secs(90)) };
    let share = Share { firsts: most, retries: 0 };
    let claimed = queue::claim::claim(store.conn(), &[(WebhookId(1), share)], NOW, lease);
    let mut ids: Vec<i64> = claimed.expect("a claim").iter().map(|delivery| delivery.id.0).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_claim_skips_rows_that_another_process_is_claiming() {
    let (_app, mut one, mut other) = two(App::on_postgres()).await;
    (1..=6).for_each(|id| deliver(one.conn(), id, None, NOW));
    // A claim that waits for the lock of the other fails.
    other.run("SET lock_timeout = '2s'");
    one.run("BEGIN");
    assert_eq!(claim(&mut one, 1, 3), [1, 2, 3]);
    assert_eq!(claim(&mut other, 2, 2), [4, 5]);
    one.run("ROLLBACK");
    assert_eq!(claim(&mut other, 3, 9), [1, 2, 3, 6]);
    assert_eq!(claim(&mut one, 4, 9), [0; 0]);
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_one_process_holds_a_task_until_its_lease_ends() {
    let (_app, mut one, mut other) = two(App::on_postgres()).await;
    let acquire = |store: &mut Store, task, holder| task_locks::acquire(store.conn(), task, holder).expect("an answer");
    // The killed server may still hold a lock.
    one.run("DELETE FROM duties");
    assert!(acquire(&mut one, Task::Recovery, 1));
    assert!(!acquire(&mut other, Task::Recovery, 2), "two holders");
    assert!(acquire(&mut one, Task::Recovery, 1), "the holder renews it");
    assert!(acquire(&mut other, Task::Cleanup, 2), "another task");
    other.run("UPDATE duties SET held_until = held_until - 3000000 WHERE name = 'recovery'");
    assert!(acquire(&mut other, Task::Recovery, 2), "it has expired");
    assert!(!acquire(&mut one, Task::Recovery, 1));
}

#[tokio::test]
async fn on_sqlite_the_one_process_gets_every_duty() {
    let (_app, mut one, _) = two(App::on_sqlite()).await;
    for holder in [1, 2] {
        assert!(task_locks::acquire(one.conn(), Task::Recovery, holder).expect("an answer"));
    }
}

#[tokio::test]
async fn every_process_sees_that_a_webhook_has_recovered() {
    let (_app, mut one, mut other) = two(App::start()).await;
    let returned = |store: &mut Store| {
        let due = queue::claim::due_webhooks(store.conn(), NOW).expect("due webhooks");
        let states = routes::states(store.conn(), &[WebhookId(1)].into(), NOW).expect("states");
        (due.first().and_then(|due| due.returned_at), states.get(&WebhookId(1)).and_then(|state| state.returned_at))
    };
    deliver(one.conn(), 1, None, NOW);
    assert_eq!(returned(&mut other), (None, None));
    for on in [false, true] {
        assert!(stored::set_enabled(one.conn(), WebhookId(1), on, NOW).expect("a switch"));
    }
    let (due, state) = returned(&mut other);
    let now = hachok::clock::now();
    assert!(due.is_some_and(|at| now.since(at) < Duration::from_secs(60) && at.since(now) < Duration::from_secs(60)));
    assert_eq!(due, state);
    one.run("UPDATE webhooks SET failures = 30, failing_since = 1, probe_at = 1, probe_lease = 0");
    let change = health::record(one.conn(), &[(WebhookId(1), vec![Signal::default()])].into(), NOW, Pace::default())
        .expect("a record");
    assert_eq!(change, [(WebhookId(1), HealthChange::Recovered)]);
    assert_eq!(returned(&mut other), (Some(NOW), Some(NOW)));
}

/// Each process keeps the subscriptions of all webhooks in memory.
#[tokio::test]
async fn an_event_follows_what_another_process_has_just_changed() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let (api, mut other) = (app.api("admin"), Store::of(&app));
    webhooks(&api, &receiver, 1).await;
    let deliveries = || async { api.send(event("message_created")).await.json()["deliveries"].clone() };
    assert_eq!(deliveries().await, 1);
    assert!(stored::delete(other.conn(), WebhookId(1), NOW).expect("a change"));
    assert_eq!(deliveries().await, 0);
}

//! A process that is stopped for longer than its leases last. `HACHOK_LEASE_SCALE` shortens them from 90 s to 10 s.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{FaultyReceiver, Step, Store, slowly, status, with_short_leases};
use crate::support::{Api, App, Place, event, webhook};

const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs two processes. The attempt of the first hangs until the process is stopped, and gets `late` when it continues;
/// the second makes the next attempt meanwhile and gets `other`. Returns the delivery and the count of requests.
async fn after_a_pause(late: Vec<Step>, other: Vec<Step>) -> (Value, usize) {
    let first = App::at(with_short_leases(Place::on_postgres()));
    let receiver = FaultyReceiver::start();
    let api = first.api("admin");
    let mut wanted = webhook(&receiver.at("/a"));
    wanted["timeout_s"] = json!(20);
    api.webhook(&wanted).await;
    // The answer is in the socket of the first process when it continues.
    receiver.answers("/a", [vec![Step::Wait(Duration::from_secs(2))], late].concat());
    api.accepted(event("message_created")).await;
    receiver.wait_for_requests("/a", 1, WAIT_TIMEOUT).await;
    first.signal("STOP");
    receiver.answers("/a", other);
    let second = App::at(first.for_another_process().set("HACHOK_LEASE_SCALE", "9"));
    let heard = receiver.wait_for_requests("/a", 2, WAIT_TIMEOUT).await;
    assert_eq!((heard[0].attempt, heard[1].attempt), (1, 2));
    assert_eq!((&heard[0].event, heard[0].sum), (&heard[1].event, heard[1].sum));
    let mut store = Store::of(&first);
    store.until("the second attempt", "attempts WHERE number = 2", WAIT_TIMEOUT).await;
    first.signal("CONT");
    store.until("the end", "deliveries WHERE status = 'success' AND leased_until IS NULL", WAIT_TIMEOUT).await;
    // A clean stop shows that the first process has stored its result.
    let mut first = first;
    assert_eq!(first.stop(), Some(0));
    let api = Api::new(&second.url, &second.token("read"));
    let id = api.deliveries("").await[0]["id"].as_str().expect("an id").to_owned();
    (api.delivery(&id).await, receiver.heard("/a").len())
}

fn outcomes(delivery: &Value) -> Vec<&str> {
    let attempts = delivery["attempts"].as_array().into_iter().flatten();
    attempts.map(|attempt| attempt["outcome"].as_str().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_success_after_its_lease_counts() {
    let (delivery, requests) = after_a_pause(status(200), status(500)).await;
    assert_eq!((outcomes(&delivery), requests), (vec!["succeeded", "failed"], 2), "{delivery}");
    assert_eq!(delivery["status"], "success", "{delivery}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_failure_after_its_lease_changes_nothing() {
    let (delivery, requests) = after_a_pause(status(500), slowly(Duration::ZERO)).await;
    assert_eq!((outcomes(&delivery), requests), (vec!["interrupted", "succeeded"], 2), "{delivery}");
}

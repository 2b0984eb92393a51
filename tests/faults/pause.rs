//! A process that stands still for longer than its leases. `HACHOK_LEASE_SCALE` makes them nine times shorter: 10 s.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{Liar, Step, Store, short_leases, slowly, status};
use crate::support::{Api, App, event, webhook};

const BOUND: Duration = Duration::from_secs(30);

/// Two processes. The first one's attempt hangs until it stands still, then gets `late`; the second one's gets `other`
/// meanwhile. The delivery after the first goes on.
async fn after_standing_still(late: Vec<Step>, other: Vec<Step>) -> (Value, usize) {
    let first = App::at(short_leases());
    let liar = Liar::start();
    let api = first.api("admin");
    let mut wanted = webhook(&liar.at("/a"));
    wanted["timeout_s"] = json!(20);
    api.webhook(&wanted).await;
    // The answer waits in the first one's socket when it goes on.
    liar.answers("/a", [vec![Step::Wait(Duration::from_secs(2))], late].concat());
    api.accepted(event("message_created")).await;
    liar.until_heard("/a", 1, BOUND).await;
    first.signal("STOP");
    liar.answers("/a", other);
    let second = App::at(first.beside().set("HACHOK_LEASE_SCALE", "9"));
    let heard = liar.until_heard("/a", 2, BOUND).await;
    assert_eq!((heard[0].attempt, heard[1].attempt), (1, 2));
    assert_eq!((&heard[0].event, heard[0].sum), (&heard[1].event, heard[1].sum));
    let mut store = Store::of(&first);
    store.until("the second attempt", "attempts WHERE number = 2", BOUND).await;
    first.signal("CONT");
    store.until("the end", "deliveries WHERE status = 'success' AND leased_until IS NULL", BOUND).await;
    // The first one has had its say when it has ended in order.
    let mut first = first;
    assert_eq!(first.stop(), Some(0));
    let api = Api::new(&second.url, &second.token("read"));
    let id = api.deliveries("").await[0]["id"].as_str().expect("an id").to_owned();
    (api.delivery(&id).await, liar.heard("/a").len())
}

fn outcomes(delivery: &Value) -> Vec<&str> {
    let attempts = delivery["attempts"].as_array().into_iter().flatten();
    attempts.map(|attempt| attempt["outcome"].as_str().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_success_after_its_lease_counts() {
    let (delivery, requests) = after_standing_still(status(200), status(500)).await;
    assert_eq!((outcomes(&delivery), requests), (vec!["succeeded", "failed"], 2), "{delivery}");
    assert_eq!(delivery["status"], "success", "{delivery}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_failure_after_its_lease_changes_nothing() {
    let (delivery, requests) = after_standing_still(status(500), slowly(Duration::ZERO)).await;
    assert_eq!((outcomes(&delivery), requests), (vec!["interrupted", "succeeded"], 2), "{delivery}");
}

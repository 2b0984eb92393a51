use std::time::Duration;

use hachok::clock;
use hachok::db::deliveries::log;
use hachok::db::deliveries::queue::record;
use hachok::db::deliveries::queue::rows::Lease;
use hachok::domain::deliveries::{AttemptOutcome, Next};
use hachok::domain::id::DeliveryId;

use super::rig::{FaultyReceiver, Store, deliver, finished, webhooks};
use crate::support::App;

#[tokio::test]
async fn an_attempt_that_ends_while_the_log_is_read_is_shown_once() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    webhooks(&app.api("admin"), &receiver, 1).await;
    app.kill();
    let (mut store, now) = (Store::of(&app), clock::now());
    let (conn, lease) = (store.conn(), Lease { token: 1, until: now.after(Duration::from_secs(90)) });
    deliver(conn, 1, Some(lease), now);

    let read_before = log::find(conn, DeliveryId(1)).expect("a delivery").expect("a delivery");
    assert_eq!(log::attempts::attempts_of(conn, &read_before).expect("attempts").len(), 1);
    let done = finished(1, (1, lease), Next::RetryAt(now), now);
    assert_eq!(record::record(conn, &[done], now).expect("a record"), [record::Written::Applied]);
    let shown = log::attempts::attempts_of(conn, &read_before).expect("attempts");
    assert_eq!(shown.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(), [AttemptOutcome::Failed]);
}

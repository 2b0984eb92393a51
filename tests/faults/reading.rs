use std::time::Duration;

use bytes::Bytes;
use hachok::clock;
use hachok::db::deliveries::{self, Lease, NewDelivery};
use hachok::db::results::{self, Finished};
use hachok::db::{events, log};
use hachok::domain::catalogue::EventName;
use hachok::domain::delivery::{Attempt, AttemptOutcome, Next, Trigger};
use hachok::domain::event::Event;
use hachok::domain::id::{DeliveryId, EventId};

use super::rig::{Liar, Store, webhooks};
use crate::support::App;

#[tokio::test]
async fn an_attempt_that_ends_while_the_log_is_read_is_shown_once() {
    let (mut app, liar) = (App::start(), Liar::start());
    webhooks(&app.api("admin"), &liar, 1).await;
    app.kill();
    let (mut store, now, name) = (Store::of(&app), clock::now(), EventName::MessageCreated);
    let (conn, id, event_id) = (store.conn(), DeliveryId(1), EventId(1));
    let body = Bytes::from_static(b"{}");
    let event = Event { id: event_id, name, inbox_id: None, derived_from: None, body, created_at: now };
    events::insert(conn, &event, None).expect("an event");
    let lease = Lease { token: 1, until: now.after(Duration::from_secs(90)) };
    let (trigger, some_lease) = (Trigger::Event, Some(lease));
    let new = NewDelivery { id, event_id, event: name, webhook_id: 1, inbox_id: None, trigger, lease: some_lease, now };
    deliveries::insert(conn, &[new]).expect("a delivery");

    let read_before = log::find(conn, id).expect("a delivery").expect("a delivery");
    assert_eq!(log::attempts_of(conn, &read_before).expect("attempts").len(), 1);
    let attempt = Attempt {
        number: 1,
        started_at: now,
        duration_ms: Some(1),
        outcome: AttemptOutcome::Failed,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    };
    let next = Next::RetryAt(now);
    let done = Finished { id, webhook_id: 1, lease, attempt, detail: None, next, signal: None };
    assert_eq!(results::record(conn, &[done], now).expect("a record"), [results::Written::Applied]);
    let shown = log::attempts_of(conn, &read_before).expect("attempts");
    assert_eq!(shown.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(), [AttemptOutcome::Failed]);
}

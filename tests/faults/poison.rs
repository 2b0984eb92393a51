//! Deliveries whose attempts keep being interrupted by the end of the process.

use std::time::Duration;

use serde_json::json;

use super::rig::{FaultyReceiver, HelpDesk, Store, slowly, status};
use crate::support::{App, event, webhook};

const WAIT_TIMEOUT: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspect_delivery_delays_no_other() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    // At least one request is always in flight.
    receiver.answers("/busy", slowly(Duration::from_millis(500)));
    api.webhook(&webhook(&receiver.at("/busy"))).await;
    let subscribed = |path: &str, event: &str| json!({ "url": receiver.at(path), "subscriptions": [event] });
    let suspect = api.webhook(&subscribed("/suspect", "contact_created")).await;
    let suspect = format!("webhooks/{}", suspect["id"]);
    api.webhook(&subscribed("/retry", "team_changed")).await;
    assert_eq!(api.patch(&suspect, &json!({ "enabled": false })).await.status, 200);
    api.accepted(event("contact_created")).await;
    let mut store = Store::of(&app);
    store.run("UPDATE deliveries SET interruptions = 3, attempts = 3 WHERE event = 'contact_created'");
    let desk = HelpDesk::new(&app);
    let load = desk.load(15);
    desk.until_more(15, WAIT_TIMEOUT).await;
    assert_eq!(api.patch(&suspect, &json!({ "enabled": true })).await.status, 200);
    store
        .until(
            "the lease of the one that is sent alone",
            "deliveries WHERE interruptions = 3 AND attempts = 4",
            WAIT_TIMEOUT,
        )
        .await;
    receiver.answers("/retry", status(500));
    api.accepted(event("team_changed")).await;
    receiver.wait_for_requests("/retry", 1, WAIT_TIMEOUT).await;
    receiver.answers("/retry", status(200));
    receiver.wait_for_requests("/retry", 2, Duration::from_secs(12)).await;
    receiver.wait_for_requests("/suspect", 1, WAIT_TIMEOUT).await;
    load.stop().await;
}

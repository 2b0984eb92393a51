//! A row that the database refuses fails alone, though it is stored in one commit with others.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::rig::{FaultyReceiver, Store, webhooks};
use crate::support::{App, Place, event, eventually};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// Has the database refuse rows that match, on either database.
fn refuse(store: &mut Store, place: &Place, table: &str, condition: &str) {
    if place.database_url().starts_with("postgres") {
        store.run(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN \
             RAISE EXCEPTION 'refused by the test'; END IF; RETURN NEW; END $$"
        ));
        store.run(&format!("CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"));
    } else {
        store.run(&format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN {condition} BEGIN \
             SELECT RAISE(ABORT, 'refused by the test'); END"
        ));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_database_refuses_fails_alone() {
    let app = App::start();
    let (api, mut store) = (app.api("admin"), Store::of(&app));
    refuse(&mut store, &app, "events", "NEW.name = 'team_changed'");
    let names = (0..60).map(|number| if number % 20 == 7 { "team_changed" } else { "message_created" });
    let posts = names.map(|name| {
        let api = &api;
        async move { (name, api.send(event(name)).await.status) }
    });
    for (name, status) in join_all(posts).await {
        assert_eq!(status == 202, name == "message_created", "{name}: {status}");
    }
    assert_eq!(store.count("events"), 57);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_batch_that_the_database_refuses_fails_alone() {
    let app = App::start();
    let (api, mut store) = (app.api("admin"), Store::of(&app));
    refuse(&mut store, &app, "events", "NEW.name = 'team_changed'");
    let names: Vec<&str> =
        (0..60).map(|number| if number % 20 == 7 { "team_changed" } else { "message_created" }).collect();
    let batch = names.iter().map(|name| event(name)).collect::<Vec<_>>().join(",");
    let answer = api.send(format!("[{batch}]")).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let answer = answer.json();
    let is_stored = |item: &Value| item["status"] == 202;
    let stored: Vec<bool> = answer.as_array().expect("a list").iter().map(is_stored).collect();
    let expected: Vec<bool> = names.iter().map(|name| *name != "team_changed").collect();
    assert_eq!(stored, expected, "{answer}");
    assert_eq!(store.count("events"), 57);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_the_database_refuses_delays_its_webhook_alone() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    let paths = webhooks(&api, &receiver, 2).await;
    let mut store = Store::of(&app);
    refuse(
        &mut store,
        &app,
        "attempts",
        "(SELECT webhook_id FROM deliveries WHERE deliveries.id = NEW.delivery_id) = 1",
    );
    for _ in 0..20 {
        api.accepted(event("message_created")).await;
    }
    receiver.wait_for_requests(&paths[1], 20, PROGRESS_TIMEOUT).await;
    eventually("the other webhook's results", || async {
        (Store::of(&app).count("deliveries WHERE webhook_id = 2 AND status = 'success'") == 20).then_some(())
    })
    .await;
    assert_eq!(store.count("deliveries WHERE webhook_id = 1 AND status <> 'pending'"), 0);
    store.run(if app.database_url().starts_with("postgres") {
        "DROP TRIGGER refuse ON attempts"
    } else {
        "DROP TRIGGER refuse"
    });
    eventually("all results", || async {
        (Store::of(&app).count("deliveries WHERE status = 'success'") == 40).then_some(())
    })
    .await;
    assert_eq!(receiver.heard(&paths[0]).len(), 20, "no delivery is sent twice");
}

/// A panic while events are stored must not end the storing of events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_panic_while_an_event_is_stored_the_next_ones_are_stored() {
    let app = App::at(Place::new().set("HACHOK_FAULT_PANIC", "ingest:1"));
    let api = app.api("admin");
    assert_eq!(api.send(event("message_created")).await.status, 500);
    for _ in 0..3 {
        assert_eq!(api.send(event("message_created")).await.status, 202);
    }
}

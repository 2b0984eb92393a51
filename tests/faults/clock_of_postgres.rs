//! A clock of the Postgres server that is set while several processes run by it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::clock::{DAY, HOUR, Wall, delivery_of, refusal, shifts};
use super::rig::Store;
use crate::support::{App, Place, Receiver, Reply, WAIT_TIMEOUT, event, eventually, webhook};

/// The delivery of a webhook whose receiver asked for a wait of an hour.
async fn waiting_an_hour(app: &App, receiver: &Receiver) -> Value {
    let api = app.api("admin");
    receiver.answers("/later", [refusal(503)]);
    let webhook = api.webhook(&webhook(&receiver.at("/later"))).await;
    api.accepted(event("message_created")).await;
    eventually("an answer", || async {
        let delivery = delivery_of(&api, &webhook).await;
        (delivery["next_attempt_at"].is_string() && delivery["attempts"].as_array().is_some_and(|all| all.len() == 1))
            .then_some(delivery)
    })
    .await
}

/// The seconds until the next attempt of a delivery, by a clock that is ahead.
async fn wait_of(app: &App, delivery: &Value, ahead: i64) -> i64 {
    let delivery = app.api("admin").delivery(delivery["id"].as_str().expect("an id")).await;
    let due: Timestamp = delivery["next_attempt_at"].as_str().expect("a time").parse().expect("a time");
    due.duration_since(Timestamp::now() + SignedDuration::from_secs(ahead)).as_secs()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_one_of_two_processes_shifts_for_both() {
    for jump in [2 * HOUR, -30 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let first = App::at(wall.set_in(Place::on_postgres()));
        let second = App::at(wall.set_in(first.for_another_process()));
        let delivery = waiting_an_hour(&first, &receiver).await;
        wall.set(jump);
        eventually("a shift", || async { (shifts(&first) + shifts(&second) > 0).then_some(()) }).await;
        // Both deliver by the new clock.
        for (count, app) in [(1, &first), (2, &second)] {
            let api = app.api("admin");
            if count == 1 {
                let other = json!({ "url": receiver.at("/other"), "subscriptions": ["conversation_created"] });
                api.webhook(&other).await;
            }
            api.accepted(event("conversation_created")).await;
            receiver.await_requests("/other", count).await;
        }
        let wait = wait_of(&second, &delivery, jump).await;
        assert!((HOUR - 60..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s after a jump of {jump} s");
        assert_eq!((shifts(&first) + shifts(&second), receiver.seen("/later").len()), (1, 1), "{jump} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_process_that_starts_before_a_jump_is_handled_shifts_nothing_back() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    // With one request at a time each further event has to be claimed, and a claim compares the clocks.
    let first = App::at(wall.set_in(Place::on_postgres()).set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1"));
    let delivery = waiting_an_hour(&first, &receiver).await;
    let other = json!({ "url": receiver.at("/other"), "subscriptions": ["conversation_created"] });
    first.api("admin").webhook(&other).await;
    first.signal("STOP");
    wall.set(2 * HOUR);
    let second = App::at(wall.set_in(first.for_another_process()).set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1"));
    first.signal("CONT");
    eventually("a shift", || async { (shifts(&first) > 0).then_some(()) }).await;
    first.signal("STOP");
    for _ in 0..10 {
        second.api("admin").accepted(event("conversation_created")).await;
    }
    receiver.await_requests("/other", 10).await;
    first.signal("CONT");
    let wait = wait_of(&second, &delivery, 2 * HOUR).await;
    assert!((HOUR - 60..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s");
    assert_eq!((shifts(&first), shifts(&second), receiver.seen("/later").len()), (1, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_process_that_starts_while_another_shifts_waits_for_it() {
    let first = App::on_postgres();
    let mut shifting = Store::of(&first);
    shifting.run("BEGIN");
    shifting.run("SELECT FROM server_clock FOR UPDATE");
    let place = first.for_another_process();
    let starting = tokio::task::spawn_blocking(|| App::at(place));
    // Longer than other statements wait for a lock.
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' \
                 AND clock_timestamp() - query_start > interval '2.5 seconds'";
    let mut look = Store::of(&first);
    while look.count(waits) == 0 {
        assert!(!starting.is_finished(), "it did not wait");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    shifting.run("COMMIT");
    let second = starting.await.expect("a start");
    assert_eq!(second.visitor().get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_the_clock_of_this_machine_alone_changes_nothing() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    let app = App::at(Place::on_postgres().set("HACHOK_FAULT_CLOCK", &wall.file.to_string_lossy()));
    let delivery = waiting_an_hour(&app, &receiver).await;
    for jump in [30 * DAY, -30 * DAY] {
        wall.set(jump);
        app.api("admin").accepted(event("conversation_created")).await;
        let wait = wait_of(&app, &delivery, 0).await;
        assert!((HOUR - 120..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s after a jump of {jump} s");
    }
    assert_eq!((shifts(&app), receiver.seen("/later").len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_what_forms_and_the_api_store_does_not_depend_on_the_clock_of_this_machine() {
    for ahead in [30 * DAY, -30 * DAY] {
        let (wall, receiver) = (Wall::at(ahead), Receiver::start());
        let app = App::at(Place::on_postgres().set("HACHOK_FAULT_CLOCK", &wall.file.to_string_lossy()));
        let api = app.api("admin");
        let webhook = api.webhook(&webhook(&receiver.at("/a"))).await;
        let path = format!("webhooks/{}", webhook["id"]);
        // The old secret signs, too.
        assert_eq!(api.post(&format!("{path}/secret"), &json!({ "overlap": "24h" })).await.status, 200);
        api.accepted(event("message_created")).await;
        let request = receiver.first("/a").await;
        assert_eq!(request.header("webhook-signature").split(' ').count(), 2, "{ahead} s");
        // A webhook that is off holds what comes for seven days.
        assert_eq!(api.patch(&path, &json!({ "enabled": false })).await.status, 200);
        assert_eq!(api.send(event("message_created")).await.json()["deliveries"], 1, "{ahead} s");
        assert_eq!(api.deliveries("status=held").await.len(), 1, "{ahead} s");
        let mut store = Store::of(&app);
        let now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let recent = format!("webhooks WHERE disabled_at BETWEEN {now} - 60000000 AND {now}");
        assert_eq!(store.count(&recent), 1, "{ahead} s");
        // What failed until now can be sent again.
        assert_eq!(api.patch(&path, &json!({ "enabled": true })).await.status, 200);
        receiver.await_requests("/a", 2).await;
        eventually("both results", || async { (api.deliveries("status=success").await.len() == 2).then_some(()) })
            .await;
        store.run("UPDATE deliveries SET status = 'failed', reason = 'exhausted'");
        let since = Timestamp::now() - SignedDuration::from_hours(1);
        let recovery = api.post(&format!("{path}/recoveries"), &json!({ "since": since.to_string() })).await;
        assert_eq!(recovery.json()["payload"]["recovery"]["count"], 2, "{ahead} s: {}", recovery.text);
        receiver.await_requests("/a", 4).await;
        receiver.answers("/a", [refusal(429)]);
        api.accepted(event("message_created")).await;
        let is_paused =
            || async { (api.get(&path).await.json()["payload"]["webhook"]["status"] == "paused").then_some(()) };
        eventually("a pause", is_paused).await;
    }
}

/// Holds what a process holds while it shifts stored times.
fn shifting(app: &App) -> Store {
    let mut store = Store::of(app);
    store.run("BEGIN");
    store.run("SELECT FROM server_clock FOR UPDATE");
    store.run("LOCK TABLE deliveries, webhooks IN EXCLUSIVE MODE");
    store
}

/// Waits for a statement that waits for [`shifting`], then ends that as if stored times had been shifted.
async fn shift_before(waiting: &str, mut shifting: Store, wall: &Wall, app: &App, jump: i64) {
    let mut look = Store::of(app);
    let waits = format!(
        "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '{waiting}%'"
    );
    while look.count(&waits) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    wall.set(jump);
    shifting.run(&format!("UPDATE server_clock SET jumps = jumps + 1, jumped_us = jumped_us + {}", jump * 1_000_000));
    shifting.run("COMMIT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_an_event_that_waited_for_a_shift_has_a_time_of_the_new_clock() {
    for jump in [2 * HOUR, -30 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = App::at(wall.set_in(Place::on_postgres()));
        let webhook = app.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
        let shifting = shifting(&app);
        let api = app.api("ingest");
        let posted = tokio::spawn(async move { api.accepted(event("message_created")).await });
        shift_before("INSERT", shifting, &wall, &app, jump).await;
        posted.await.expect("an accepted event");
        let delivery = delivery_of(&app.api("admin"), &webhook).await;
        let created: Timestamp = delivery["created_at"].as_str().expect("a time").parse().expect("a time");
        let ahead = created.duration_since(Timestamp::now()).as_secs();
        assert!((jump - 60..=jump).contains(&ahead), "{ahead} s ahead after a jump of {jump} s");
        receiver.first("/a").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_result_that_waited_for_a_shift_is_due_by_the_new_clock() {
    for jump in [2 * HOUR, -30 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = App::at(wall.set_in(Place::on_postgres()));
        let api = app.api("admin");
        receiver.answers("/a", [Reply::After(std::time::Duration::from_secs(1), Box::new(refusal(503)))]);
        let webhook = api.webhook(&webhook(&receiver.at("/a"))).await;
        api.accepted(event("message_created")).await;
        receiver.first("/a").await;
        let mut shifting = shifting(&app);
        shift_rows(&mut shifting, jump);
        shift_before("%deliveries", shifting, &wall, &app, jump).await;
        let delivery = eventually("an attempt", || async {
            let delivery = delivery_of(&api, &webhook).await;
            delivery["attempts"].as_array().is_some_and(|all| all.len() == 1).then_some(delivery)
        })
        .await;
        let wait = wait_of(&app, &delivery, jump).await;
        assert!((HOUR - 60..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s after a jump of {jump} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_no_log_is_deleted_by_a_process_that_another_has_shifted_for() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    let first = App::at(wall.set_in(Place::on_postgres()));
    let webhook = first.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
    first.api("admin").accepted(event("message_created")).await;
    receiver.first("/a").await;
    eventually("a success", || async {
        (delivery_of(&first.api("admin"), &webhook).await["status"] == "success").then_some(())
    })
    .await;
    // The second process cleans only after the jump.
    let mut store = Store::of(&first);
    let held = "INSERT INTO duties (name, holder, held_until) VALUES ('housekeeping', 1, 9000000000000000) \
                ON CONFLICT (name) DO UPDATE SET holder = 1, held_until = excluded.held_until";
    store.run(held);
    let second = App::at(wall.set_in(first.for_another_process()).set("RUST_LOG", "hachok=debug"));
    eventually("a reading", || async { (second.visitor().get("/readyz").await.status == 200).then_some(()) }).await;
    second.signal("STOP");
    wall.set(60 * DAY);
    eventually("a shift", || async { (shifts(&first) == 1).then_some(()) }).await;
    assert_eq!(store.count("duties WHERE name = 'housekeeping' AND holder = 1"), 1);
    second.signal("CONT");
    first.ask_to_stop();
    store.run("DELETE FROM duties");
    eventually("a cleanup", || async { second.log().contains("cleanup ended").then_some(()) }).await;
    assert_eq!(delivery_of(&second.api("admin"), &webhook).await["status"], "success");
}

/// Shifts the times of pending deliveries, as a process does.
fn shift_rows(store: &mut Store, jump: i64) {
    let micros = jump * 1_000_000;
    store.run(&format!(
        "UPDATE deliveries SET next_attempt_at = next_attempt_at + {micros}, leased_until = leased_until + {micros}, \
         created_at = created_at + {micros} WHERE status = 'pending'"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_no_lease_expires_by_the_clock_from_before_a_shift() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    let app = App::at(wall.set_in(Place::on_postgres()).set("HACHOK_LEASE_SCALE", "5"));
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Hang]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    let mut shifting = shifting(&app);
    shift_rows(&mut shifting, -30 * DAY);
    shift_before("UPDATE server_clock SET seen_at", shifting, &wall, &app, -30 * DAY).await;
    let mut store = Store::of(&app);
    // Leases are looked at between two times that are noted.
    for _ in 0..2 {
        store.run("UPDATE server_clock SET seen_at = 0");
        store.until("a time", "server_clock WHERE seen_at > 0", WAIT_TIMEOUT).await;
    }
    assert_eq!(store.count("deliveries WHERE interruptions > 0"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_what_is_reclaimed_after_a_shift_is_due_by_the_new_clock() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    let app = App::at(wall.set_in(Place::on_postgres()).set("HACHOK_LEASE_SCALE", "9"));
    waiting_an_hour(&app, &receiver).await;
    let mut shifting = Store::of(&app);
    shifting.run("BEGIN");
    // By a process that has ended.
    Store::of(&app).run(
        "UPDATE deliveries SET lease = 1, attempts = attempts + 1, \
         leased_until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 500000",
    );
    shifting.run("LOCK TABLE deliveries IN EXCLUSIVE MODE");
    shift_rows(&mut shifting, -30 * DAY);
    shift_before("UPDATE \"deliveries\"", shifting, &wall, &app, -30 * DAY).await;
    receiver.await_requests("/later", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_redelivery_that_waited_for_a_shift_is_made_by_the_new_clock() {
    for jump in [2 * HOUR, -30 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = App::at(wall.set_in(Place::on_postgres()));
        let api = app.api("admin");
        let webhook = api.webhook(&webhook(&receiver.at("/a"))).await;
        api.accepted(event("message_created")).await;
        let delivery = eventually("a success", || async {
            let listed = api.deliveries(&format!("webhook={}", webhook["id"])).await;
            listed.into_iter().find(|delivery| delivery["status"] == "success")
        })
        .await;
        let shifting = shifting(&app);
        let path = format!("deliveries/{}/redelivery", delivery["id"].as_str().expect("an id"));
        let asked = tokio::spawn(async move { api.post(&path, &json!({})).await });
        shift_before("INSERT", shifting, &wall, &app, jump).await;
        let answer = asked.await.expect("an answer");
        assert_eq!(answer.status, 202, "{answer:?} after a jump of {jump} s");
        receiver.await_requests("/a", 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_shift_that_a_failover_has_lost_is_made_again() {
    for jump in [2 * HOUR, -30 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = App::at(wall.set_in(Place::on_postgres()));
        let delivery = waiting_an_hour(&app, &receiver).await;
        wall.set(jump);
        eventually("a shift", || async { (shifts(&app) == 1).then_some(()) }).await;
        // What a standby has that did not get the last commits.
        let mut standby = Store::of(&app);
        standby.run("BEGIN");
        standby.run("UPDATE server_clock SET jumps = 0, jumped_us = 0, seen_at = 0");
        shift_rows(&mut standby, -jump);
        standby.run("COMMIT");
        eventually("another shift", || async { (shifts(&app) == 2).then_some(()) }).await;
        let wait = wait_of(&app, &delivery, jump).await;
        assert!((HOUR - 60..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s after a jump of {jump} s");
        assert_eq!((app.log().matches("lost a shift").count(), receiver.seen("/later").len()), (1, 1), "{jump} s");
    }
}

//! The days of `events` and `attempts` on Postgres.

use std::time::{Duration, Instant};

use hachok::clock;
use hachok::db::deliveries::queue::record;
use hachok::db::deliveries::queue::rows::Lease;
use hachok::db::system::partitions::{self, DefaultRows, Made, Table};
use hachok::db::{DbConnection, events};
use hachok::domain::deliveries::Next;
use hachok::domain::events::Event;
use hachok::domain::events::catalogue::EventName;
use hachok::domain::id::{EventId, IdSource};
use hachok::domain::timestamp::Timestamp;

use super::rig::{FaultyReceiver, Store, deliver, finished, webhooks};
use crate::cli::row_rights::as_role_without_create_right;
use crate::support::{App, Place, event, eventually};

const DAY: Duration = Duration::from_secs(86_400);
const DAY_IDS: i64 = 86_400_000_000 << 12;

/// The first id of the day that begins so many days from today.
fn first_id(days: i64) -> i64 {
    (IdSource::first_at(clock::now()) / DAY_IDS + days) * DAY_IDS
}

/// The partition of a table for the day that is so many days from today.
fn partition(table: &str, days: i64) -> String {
    let date = IdSource::time_of(first_id(days)).to_string();
    format!("{table}_{}", date[..10].replace('-', ""))
}

fn has_table(store: &mut Store, name: &str) -> bool {
    store.count(&format!("pg_class WHERE relname = '{name}'")) > 0
}

/// Gives the last `days` days partitions, as if the server had run since then.
fn with_past_days(store: &mut Store, days: i64) {
    for table in ["events", "attempts"] {
        store.run(&format!("ALTER TABLE {table} DETACH PARTITION {table}_before"));
        let before = first_id(-days);
        store.run(&format!(
            "ALTER TABLE {table} ATTACH PARTITION {table}_before FOR VALUES FROM (MINVALUE) TO ({before})"
        ));
        for day in -days..0 {
            let (name, low, high) = (partition(table, day), first_id(day), first_id(day + 1));
            store.run(&format!("CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high})"));
        }
    }
}

/// A delivery of the day three days ago with one attempt: delivered, or failed and waiting for a retry in a day.
fn three_days_ago(conn: &mut DbConnection, number: i64, is_open: bool) {
    let id = first_id(-3) + number;
    let then = IdSource::time_of(id);
    let lease = Lease { token: number + 1, until: then.after(Duration::from_secs(90)) };
    deliver(conn, id, Some(lease), then);
    let next = if is_open { Next::RetryAt(clock::now().after(DAY)) } else { Next::Done };
    let written = record::record(conn, &[finished(id, (1, lease), next, then)], then).expect("a record");
    assert_eq!(written, [record::Written::Applied]);
}

/// A server that keeps one day, stopped, with partitions of five past days.
async fn stopped() -> (App, Store, FaultyReceiver) {
    let (mut app, receiver) =
        (App::at(Place::on_postgres().set("HACHOK_RETENTION_DAYS", "1")), FaultyReceiver::start());
    webhooks(&app.api("admin"), &receiver, 1).await;
    assert_eq!(app.stop(), Some(0));
    let mut store = Store::of(&app);
    with_past_days(&mut store, 5);
    (app, store, receiver)
}

async fn until(store: &mut Store, what: &str, from: &str, rows: i64) {
    let store = tokio::sync::Mutex::new(store);
    eventually(what, || async { (store.lock().await.count(from) == rows).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_what_is_open_or_sent_again_survives_a_dropped_day() {
    let (mut app, mut store, receiver) = stopped().await;
    store.in_one_commit(|conn| (0..1_200).for_each(|number| three_days_ago(conn, number, number < 3)));
    // The delivery of today of an event of that day.
    store.run(&format!(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at, finished_at) \
         SELECT {}, event_id, event, webhook_id, status, 'manual', attempts, steps, created_at, finished_at \
         FROM deliveries WHERE id = {}",
        first_id(0),
        first_id(-3) + 7
    ));
    // Killed before the commit: nothing has changed, and no row is missing.
    app.change("HACHOK_FAULT", "partition-in-drop");
    assert_eq!(app.run(&["serve", "--bind", "127.0.0.1:0"]).code, None);
    let old = [partition("events", -3), partition("attempts", -3)];
    assert_eq!(old.each_ref().map(|name| has_table(&mut store, name)), [true, true]);
    assert_eq!(store.count("events WHERE id IN (SELECT event_id FROM deliveries)"), 4);
    app.change("HACHOK_FAULT", "");
    app.start_again();
    app.api("admin").accepted(event("message_created")).await;
    receiver.heard("/w1");
    for name in &old {
        until(&mut store, "a dropped day", &format!("pg_class WHERE relname = '{name}'"), 0).await;
    }
    let range = format!("BETWEEN {} AND {}", first_id(-3), first_id(-2));
    assert_eq!(store.count(&format!("deliveries WHERE id {range} AND status = 'pending'")), 3);
    assert_eq!(store.count(&format!("deliveries WHERE id {range}")), 3);
    assert_eq!((store.count("events_default"), store.count("attempts_default")), (4, 3));
    assert_eq!((store.count(&format!("events WHERE id {range}")), store.orphans()), (4, 0));
    // What was open ends, and is removed with the others.
    store.run(&format!("UPDATE deliveries SET next_attempt_at = 1 WHERE id {range}"));
    let ended = format!("deliveries WHERE id {range} AND status = 'success'");
    until(&mut store, "the rest of the day", &ended, 3).await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    app.start_again();
    until(&mut store, "its removal", &format!("events WHERE id {range}"), 1).await;
    assert_eq!((store.count("events_default"), store.count("attempts_default"), store.orphans()), (1, 0, 0));
    assert!(!app.log().contains("ERROR"), "{}", app.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_role_that_does_not_own_the_tables_removes_rows_one_by_one() {
    let (app, mut store, _receiver) = stopped().await;
    store.in_one_commit(|conn| (0..600).for_each(|number| three_days_ago(conn, number, number < 3)));
    // As if the role had lost its rights between the deletion of deliveries and the drop of their day.
    store.run(&format!("DELETE FROM deliveries WHERE id = {}", first_id(-3) + 599));
    let role = format!("partitions_{}", std::process::id());
    let mut other = App::at(as_role_without_create_right(&app, &role).set("HACHOK_RETENTION_DAYS", "1"));
    until(&mut store, "three events", "events", 3).await;
    until(&mut store, "three attempts", "attempts", 3).await;
    assert_eq!(store.orphans(), 0);
    assert!(has_table(&mut store, &partition("events", -3)) && !has_table(&mut store, &partition("events", 5)));
    assert!(other.admin().await.open("/status").await.says("removed row by row"));
    assert_eq!(other.stop(), Some(0), "{}", other.log());
    assert!(!other.log().contains("ERROR"), "{}", other.log());
    store.run(&format!("DROP OWNED BY {role}"));
    store.run(&format!("DROP ROLE {role}"));
}

fn insert_event(conn: &mut DbConnection, id: i64) {
    let created_at = IdSource::time_of(id);
    let (name, body) = (EventName::MessageCreated, "{}".into());
    let event = Event { id: EventId(id), name, inbox_id: None, derived_from: None, body, created_at };
    events::insert(conn, &event, None).expect("an event");
}

fn make(conn: &mut DbConnection, ahead: i64, rows: DefaultRows) -> Made {
    diesel::Connection::transaction(conn, |conn| {
        let made = partitions::make(conn, Table::Events, ahead, usize::MAX, rows);
        diesel::QueryResult::Ok(made.expect("partitions"))
    })
    .expect("a commit")
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_ids_of_any_clock_are_stored_and_days_come_later() {
    let mut app = App::at(Place::on_postgres());
    assert_eq!(app.stop(), Some(0));
    let mut store = Store::of(&app);
    // Before 2020, a year ago, today, tomorrow, in 30 days and beyond 60 days: a clock that is set forward and back.
    let ids = [1, first_id(-365), first_id(0), first_id(1), first_id(30), first_id(30) + 1, first_id(400)];
    ids.into_iter().for_each(|id| insert_event(store.conn(), id));
    assert_eq!(store.count("events"), 7);
    assert_eq!(store.count("events_before"), 2);
    assert_eq!(store.count(&partition("events", 1)), 1);
    assert_eq!(store.count("events_default"), 3, "in 30 days, for which the server makes partitions later, and beyond");
    let again = diesel::Connection::transaction(store.conn(), |conn| {
        insert_event_again(conn, first_id(400));
        diesel::QueryResult::Ok(())
    });
    assert!(again.is_ok(), "an id is unique in the default partition too");
    let kept = make(store.conn(), 60, DefaultRows::Keep);
    assert_eq!(kept.skipped, 1, "the day in 30 days has rows in the default partition");
    assert_eq!(make(store.conn(), 60, DefaultRows::Keep), Made { days: 0, skipped: 1 });
    app.run_ok(&["migrate"]);
    assert_eq!((store.count(&partition("events", 30)), store.count("events_default")), (2, 1));
    assert_eq!(make(store.conn(), 60, DefaultRows::Keep), Made::default());
    for table in ["events", "attempts"] {
        assert!(has_table(&mut store, &partition(table, 60)) && !has_table(&mut store, &partition(table, 61)));
    }
    assert_eq!(store.count("events"), 7);
}

/// Asserts that the id is refused.
fn insert_event_again(conn: &mut DbConnection, id: i64) {
    let (name, body, created_at) = (EventName::MessageCreated, "{}".into(), Timestamp::from_micros(0));
    let event = Event { id: EventId(id), name, inbox_id: None, derived_from: None, body, created_at };
    let refused = diesel::Connection::transaction(conn, |conn| {
        let refused = events::insert(conn, &event, None).is_err_and(|error| error.is_unique_violation());
        if refused { Err(diesel::result::Error::RollbackTransaction) } else { Ok(()) }
    });
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_two_processes_make_and_drop_each_day_once() {
    let (mut app, mut store, _receiver) = stopped().await;
    store.in_one_commit(|conn| (0..50).for_each(|number| three_days_ago(conn, number, number < 3)));
    let existing = store.count(&format!(
        "pg_class WHERE relkind = 'r' AND relname >= '{}' AND relname < 'events_b'",
        partition("events", 0)
    ));
    let stores: Vec<Store> = (0..2).map(|_| Store::of(&app)).collect();
    let made: Vec<usize> = std::thread::scope(|scope| {
        let make = |mut store: Store| scope.spawn(move || make(store.conn(), 60, DefaultRows::Move).days);
        let threads: Vec<_> = stores.into_iter().map(make).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    assert_eq!(made.iter().sum::<usize>() as i64, 61 - existing, "{made:?}");
    app.start_again();
    let second = App::at(app.for_another_process().set("HACHOK_RETENTION_DAYS", "1"));
    for days in -5..-1 {
        let name = partition("events", days);
        until(&mut store, &name, &format!("pg_class WHERE relname = '{name}'"), 0).await;
    }
    until(&mut store, "the attempts of open deliveries", "attempts", 3).await;
    assert_eq!((store.count("events"), store.orphans()), (3, 0));
    assert!(!app.log().contains("ERROR") && !second.log().contains("ERROR"), "{}{}", app.log(), second.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_day_in_use_is_dropped_later_and_delays_events_for_a_moment_only() {
    let (mut app, mut store, receiver) = stopped().await;
    store.in_one_commit(|conn| (0..50).for_each(|number| three_days_ago(conn, number, false)));
    let mut reader = Store::of(&app);
    reader.run("BEGIN");
    reader.count("events");
    app.start_again();
    let api = app.api("admin");
    eventually("a drop that is put off", || async { app.log().contains("a table is in use").then_some(()) }).await;
    let attempts = format!("pg_class WHERE relname = '{}'", partition("attempts", -3));
    until(&mut store, "a drop of attempts, which are not in use", &attempts, 0).await;
    let began = Instant::now();
    api.accepted(event("message_created")).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    receiver.heard("/w1");
    assert!(has_table(&mut store, &partition("events", -3)));
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
    reader.run("ROLLBACK");
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    app.start_again();
    let name = partition("events", -3);
    until(&mut store, &name, &format!("pg_class WHERE relname = '{name}'"), 0).await;
    assert!(!app.log().contains("ERROR"), "{}", app.log());
}

const VERSION: &str = "20261129000005";

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_kill_in_the_middle_of_the_migration_to_days_changes_nothing() {
    let place = Place::on_postgres();
    place.run_ok(&["migrate"]);
    let role = format!("reader_{}", std::process::id());
    let down = std::fs::read_to_string("migrations/postgres/2026-11-29-000005_partitions/down.sql").expect("a file");
    place.run_sql(&format!(
        "BEGIN; {down} DELETE FROM __diesel_schema_migrations WHERE version = '{VERSION}'; \
         CREATE ROLE {role}; GRANT SELECT ON events TO {role}; GRANT INSERT ON attempts TO {role}; COMMIT"
    ));
    let mut store = Store::of(&place);
    store.run(
        "INSERT INTO webhooks (id, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, secret_created_at, \
         version, created_at, updated_at) VALUES (1, 'https://a.example.com/', TRUE, 'none', '', TRUE, 15, '', 0, 1, 0, 0)",
    );
    store.in_one_commit(|conn| (0..50).for_each(|number| three_days_ago(conn, number, number < 3)));
    // A clock that was ahead.
    insert_event(store.conn(), first_id(20));
    let plain = "pg_class WHERE relname IN ('events', 'attempts') AND relkind = 'r'";
    assert_eq!(store.count(plain), 2);
    // The migration has changed `events` and waits for `attempts`.
    let mut reader = Store::of(&place);
    reader.run("BEGIN");
    reader.count("attempts");
    let mut migrating = place.command(&["migrate"]).spawn().expect("the binary");
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%partitions%'";
    until(&mut store, "a migration that waits", waits, 1).await;
    migrating.kill().expect("a kill");
    migrating.wait().expect("an end");
    store.run("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    reader.run("ROLLBACK");
    assert_eq!((store.count(plain), store.count("events"), store.count("attempts")), (2, 51, 50));
    place.run_ok(&["migrate"]);
    assert_eq!((store.count(plain), store.count("events"), store.count("attempts")), (0, 51, 50));
    assert_eq!((store.count("events_before"), store.count(&partition("events", 20)), store.orphans()), (50, 1, 0));
    for (right, table) in [("SELECT", "events"), ("INSERT", "attempts")] {
        let asked = format!("SELECT has_table_privilege('{role}', '{table}', '{right}')");
        assert_eq!(place.query_postgres(&asked).as_deref(), Some("t"), "{right} on {table}");
    }
    place.run_sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_look_up_by_id_opens_one_partition_of_90() {
    let place = Place::on_postgres();
    place.run_ok(&["migrate"]);
    let mut store = Store::of(&place);
    with_past_days(&mut store, 29);
    let partitions = "pg_inherits WHERE inhparent = 'events'::regclass";
    assert_eq!(store.count(partitions), 92);
    let id = first_id(-3);
    for (types, query) in [
        ("bigint[]", "SELECT id, body FROM events WHERE id = ANY($1)"),
        (
            "bigint[]",
            "SELECT delivery_id, number FROM attempts WHERE delivery_id = ANY($1) ORDER BY delivery_id, number",
        ),
        ("bigint[]", "DELETE FROM attempts WHERE delivery_id = ANY($1)"),
        ("bigint", "DELETE FROM attempts WHERE delivery_id = $1 AND number = 1"),
    ] {
        let value = if types == "bigint" { id.to_string() } else { format!("ARRAY[{id}, {}]", id + 1) };
        // The sixth execution of a prepared statement may be the first with a generic plan, which opens all partitions.
        let executions = format!("EXECUTE statement ({value}); ").repeat(6);
        let asked = format!("PREPARE statement ({types}) AS {query}; {executions} EXPLAIN EXECUTE statement ({value})");
        let plan = place.query_postgres(&asked).expect("a plan");
        let opened = plan.lines().filter(|line| line.contains("Scan") && !line.contains("Bitmap Index")).count();
        assert_eq!(opened, 1, "{query}: {plan}");
    }
}

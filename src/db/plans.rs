//! That no page reads more than it shows, and the engine no more than it handles: the plans of their queries on SQLite.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{self, Access, DatabaseUrl};
use super::deliveries::{self, Lease, Share};
use super::log::{self, Filter};
use super::results::{self, Finished, Lost};
use super::webhook_search::{self, Search};
use super::{
    DbConnection, Error, events, health, hours, idempotency, inboxes, migrate, retention, stats, users, vitals,
    webhooks,
};
use crate::domain::catalogue::EventName;
use crate::domain::cursor::Cursor;
use crate::domain::delivery::{Attempt, AttemptOutcome, Next, Reason};
use crate::domain::id::{DeliveryId, EventId};
use crate::domain::timestamp::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);

/// Tables that grow with the traffic.
const LARGE: [&str; 6] = ["deliveries", "due", "attempts", "events", "webhook_hours", "idempotency_keys"];
/// Indexes of few rows that may be looked through: what waits, where all of it is counted, and what is to be sent alone.
const FEW: [&str; 2] =
    ["SCAN deliveries USING COVERING INDEX deliveries_pending", "SCAN deliveries USING INDEX deliveries_suspect"];

fn database() -> DbConnection {
    let url = DatabaseUrl::Sqlite(":memory:".into());
    let mut conn = connection::open(&url, Access::ReadWrite).expect("a database in memory");
    migrate::run(&mut conn).expect("tables");
    for row in ROWS {
        diesel::sql_query(*row).execute(&mut conn).expect(row);
    }
    conn
}

/// A webhook with one delivery, so that no query is left out for want of rows.
const ROWS: &[&str] = &[
    "INSERT INTO webhooks (id, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, \
     secret_created_at, version, created_at, updated_at, failing_since) \
     VALUES (1, 'https://a.example.com/', 1, 'none', '', 0, 15, '', 0, 1, 0, 0, 1)",
    "INSERT INTO events (id, name, body, created_at) VALUES (4000000000000000001, 'message_created', x'7b7d', 0)",
    "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at, finished_at) \
     VALUES (4000000000000000002, 4000000000000000001, 'message_created', 1, 'success', 'event', 1, 1, 0, 1)",
    "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, request_headers, status, truncated) \
     VALUES (4000000000000000002, 1, 0, 9, 'succeeded', '[]', 200, 0)",
];

/// What a page asks the database, or the engine has it do.
fn queries(page: impl FnOnce(&mut DbConnection) -> Result<(), Error>) -> Vec<String> {
    let mut conn = database();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds").next().unwrap_or_default().to_owned();
            noted.lock().expect("a list").push(text);
        }
    });
    page(&mut conn).expect("a page's queries");
    drop(conn);
    let seen = seen.lock().expect("a list").clone();
    let has_plan = |text: &String| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb));
    seen.into_iter().filter(|text| has_plan(text) && !text.contains("1=0")).collect()
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Steps of a plan that read the whole of a large table.
fn scans(query: &str) -> Vec<String> {
    let explained = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
    let steps: Vec<Step> = explained.load(&mut database()).expect(query);
    let whole = |step: &str| {
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| LARGE.contains(&table)) && !FEW.contains(&step)
    };
    steps.into_iter().map(|step| step.detail).filter(|step| whole(step)).collect()
}

#[track_caller]
fn assert_bounded(queries: &[String], at_least: usize) {
    assert!(queries.len() >= at_least, "{queries:?}");
    for query in queries {
        assert_eq!(scans(query), Vec::<String>::new(), "{query}");
    }
}

#[test]
fn the_list_reads_no_large_table_whole() {
    let queries = queries(|conn| {
        webhook_search::search(conn, &Search { text: "crm".into(), state: None, inbox: Some(1) })?;
        webhook_search::load(conn, &[1, 2])?;
        webhook_search::troubled(conn)?;
        stats::last_deliveries(conn, &[1, 2])?;
        stats::activity(conn, &[1, 2, hours::ALL], NOW)?;
        stats::pending(conn, None)?;
        inboxes::list(conn).map(drop)
    });
    assert_bounded(&queries, 10);
}

#[test]
fn an_overview_reads_no_large_table_whole() {
    let queries = queries(|conn| {
        webhooks::find(conn, 1)?;
        log::page(conn, &Filter { webhook: Some(1), ..Filter::default() }, Cursor::Newest, 10)?;
        log::was_for(conn, EventId(4), 1)?;
        hours::since(conn, &[1], 0)?;
        stats::answers(conn, 1, Timestamp::from_seconds(0))?;
        stats::pending(conn, Some(1)).map(drop)
    });
    assert_bounded(&queries, 9);
}

#[test]
fn what_every_page_asks_reads_no_large_table_whole() {
    let queries = queries(|conn| {
        users::active(conn, 1)?;
        stats::failed_lately(conn, NOW).map(drop)
    });
    assert_bounded(&queries, 2);
}

#[test]
fn the_state_of_the_system_is_told_without_reading_what_waits() {
    let queries = queries(|conn| {
        vitals::oldest_pending(conn)?;
        vitals::oldest_due(conn, NOW).map(drop)
    });
    assert_bounded(&queries, 2);
}

#[test]
fn an_event_and_its_delivery_read_no_large_table_whole() {
    let queries = queries(|conn| {
        let lease = Lease { token: 1, until: NOW };
        idempotency::find(conn, "a")?;
        inboxes::find_or_register(conn, "7", None, NOW)?;
        events::matching(conn, EventName::MessageCreated, Some(1), NOW)?;
        events::why_unmatched(conn, EventName::MessageCreated, NOW)?;
        deliveries::due_webhooks(conn, NOW)?;
        webhooks::sending_version(conn, 1)?;
        deliveries::claim(conn, 1, (NOW, lease), Share { firsts: 1, retries: 1 })?;
        deliveries::claim_alone(conn, (NOW, lease))?;
        events::bodies(conn, &[EventId(4_000_000_000_000_000_001)])?;
        let nexts = [Next::Done, Next::RetryAt(NOW), Next::GiveUp(Reason::Exhausted)];
        results::record(conn, &nexts.map(finished), NOW)?;
        results::interrupt(conn, Lost::Expired(NOW), NOW)?;
        health::find(conn, 1).map(drop)
    });
    assert_bounded(&queries, 14);
}

#[test]
fn what_is_old_is_removed_without_reading_the_rest() {
    let queries = queries(|conn| {
        retention::expire(conn, NOW, NOW)?;
        retention::end_orphans(conn, NOW)?;
        retention::purge(conn, NOW)?;
        retention::forget_keys(conn, NOW)?;
        hours::forget(conn, NOW).map(drop)
    });
    assert_bounded(&queries, 6);
}

fn finished(next: Next) -> Finished {
    let attempt = Attempt {
        number: 1,
        started_at: NOW,
        duration_ms: Some(1),
        outcome: AttemptOutcome::Succeeded,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    };
    let (id, lease) = (DeliveryId(4_000_000_000_000_000_002), Lease { token: 1, until: NOW });
    Finished { id, webhook_id: 1, lease, attempt, detail: None, next, signal: None }
}

#[test]
fn a_query_that_reads_all_is_found() {
    assert_eq!(scans("SELECT status FROM deliveries WHERE finished_at > 5"), ["SCAN deliveries"]);
    assert_eq!(scans("SELECT delivered FROM webhook_hours"), ["SCAN webhook_hours"]);
}

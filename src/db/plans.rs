//! That no page reads more than it shows: the plans of its queries on SQLite.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{self, Access, DatabaseUrl};
use super::log::{self, Filter};
use super::webhook_search::{self, Search};
use super::{DbConnection, Error, hours, inboxes, migrate, stats, users, vitals, webhooks};
use crate::domain::cursor::Cursor;
use crate::domain::id::EventId;
use crate::domain::timestamp::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);

/// Tables that grow with the traffic.
const LARGE: [&str; 4] = ["deliveries", "attempts", "events", "webhook_hours"];
/// Holds what waits alone, and counting that is to look at all of it.
const WAITING: &str = "SCAN deliveries USING COVERING INDEX deliveries_pending";

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

/// What a page asks the database.
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
    seen.into_iter().filter(|text| text.starts_with("SELECT") && !text.contains("1=0")).collect()
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
        table.is_some_and(|table| LARGE.contains(&table)) && step != WAITING
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
fn a_query_that_reads_all_is_found() {
    assert_eq!(scans("SELECT status FROM deliveries WHERE finished_at > 5"), ["SCAN deliveries"]);
    assert_eq!(scans("SELECT delivered FROM webhook_hours"), ["SCAN webhook_hours"]);
}

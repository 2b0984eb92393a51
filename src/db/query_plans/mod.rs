//! Tests of query plans: no query of a page or of the engine reads a large table whole.

mod postgres;
mod sqlite;

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};

use super::accounts::users;
use super::chatwoot::{comparisons, conversations, missing};
use super::deliveries::queue::claim::Share;
use super::deliveries::queue::record::{self, LeaseScope};
use super::deliveries::queue::rows::{Finished, Lease};
use super::deliveries::recoveries::selection::{self, Wanted};
use super::deliveries::recoveries::{self, start, step};
use super::deliveries::retention::{self, Purged};
use super::deliveries::{hourly_counts, log, queue, statistics};
use super::events::{self, idempotency, received, routes};
use super::inboxes::SourceId;
use super::system::diagnostics;
use super::webhooks::{self, backlog, health, mass_changes, search};
use super::{DbConnection, Error, inboxes};
use crate::domain::chatwoot::comparison::MissingKind;
use crate::domain::chatwoot::observation::{ConversationKey, ConversationNumber};
use crate::domain::chatwoot::progress::Which;
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::log_filter::{LogFilter, StateFilter};
use crate::domain::deliveries::recovery::Ended;
use crate::domain::deliveries::search::Search;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Next, Reason, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{ConnectionId, DeliveryId, EventId, InboxId, UserId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Held;

const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);

const ONE: WebhookId = WebhookId(1);
const TWO: WebhookId = WebhookId(2);

/// Tables that grow with the number of events; `due` is the alias of `deliveries` in the claim.
const LARGE: [&str; 8] = [
    "deliveries",
    "due",
    "attempts",
    "events",
    "webhook_hours",
    "idempotency_keys",
    "chatwoot_conversations",
    "chatwoot_missing",
];

/// A database on the Postgres server of `HACHOK_TEST_DATABASE`, or on SQLite if that names none. Plans of SQLite do not
/// depend on `filled`: without ANALYZE it does not know how many rows there are.
pub(super) fn database(filled: bool) -> DbConnection {
    match std::env::var("HACHOK_TEST_DATABASE") {
        Ok(server) if server.starts_with("postgres") => postgres::database(&server, filled),
        _ => sqlite::database(),
    }
}

/// A webhook with one delivery: without rows some functions return before their last query.
const ROWS: &[&str] = &[
    "INSERT INTO webhooks (id, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, \
     secret_created_at, version, created_at, updated_at, failing_since) \
     VALUES (1, 'https://a.example.com/', TRUE, 'none', '', FALSE, 15, '', 0, 1, 0, 0, 1)",
    "INSERT INTO events (id, name, body, created_at) VALUES (4000000000000000001, 'message_created', x'7b7d', 0)",
    "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at, finished_at) \
     VALUES (4000000000000000002, 4000000000000000001, 'message_created', 1, 'success', 'event', 1, 1, 0, 1)",
    "INSERT INTO chatwoot_connections (id, name, ingest_key, key_hash, created_at, next_check_at, next_sync_at) \
     VALUES (1, 'a', '', x'7b7d', 0, 0, 0)",
    "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, request_headers, status, truncated) \
     VALUES (4000000000000000002, 1, 0, 9, 'succeeded', '[]', 200, FALSE)",
];

/// The statements that `page` runs, without those that insert or select nothing.
fn queries(page: impl FnOnce(&mut DbConnection) -> Result<(), Error>) -> Vec<String> {
    let mut conn = database(false);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let recorded = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds").next().unwrap_or_default().to_owned();
            recorded.lock().expect("a list").push(text);
        }
    });
    page(&mut conn).expect("a page's queries");
    drop(conn);
    let seen = seen.lock().expect("a list").clone();
    let has_plan = |text: &String| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb));
    seen.into_iter().filter(|text| has_plan(text) && !text.contains("1=0")).collect()
}

/// The steps of a query's plan that read a large table whole.
fn scans(conn: &mut DbConnection, query: &str) -> Vec<String> {
    match conn {
        DbConnection::Sqlite(_) => sqlite::scans(conn, query),
        DbConnection::Postgres(_) => postgres::scans(conn, query),
    }
}

#[track_caller]
fn assert_bounded(queries: &[String], at_least: usize) {
    assert!(queries.len() >= at_least, "{queries:?}");
    for filled in [false, true] {
        let mut conn = database(filled);
        for query in queries {
            assert_eq!(scans(&mut conn, query), Vec::<String>::new(), "{query}, filled: {filled}");
        }
    }
}

#[test]
fn the_list_reads_no_large_table_whole() {
    let queries = queries(|conn| {
        search::search(conn, &search::Search { text: "crm".into(), inbox: Some(InboxId(1)), ..Default::default() })?;
        search::load(conn, &[ONE, TWO])?;
        search::troubled(conn)?;
        statistics::last_deliveries(conn, &[ONE, TWO])?;
        statistics::activity(conn, &[ONE, TWO, hourly_counts::ALL], NOW)?;
        statistics::pending(conn, None)?;
        inboxes::list(conn).map(drop)
    });
    assert_bounded(&queries, 10);
}

#[test]
fn an_overview_reads_no_large_table_whole() {
    let queries = queries(|conn| {
        webhooks::find(conn, ONE)?;
        log::page(conn, &LogFilter { webhooks: vec![ONE], ..LogFilter::default() }, Cursor::Newest, 10, NOW)?;
        log::was_for(conn, EventId(4), ONE)?;
        let delivery = log::find(conn, DeliveryId(4_000_000_000_000_000_002))?.expect("a delivery");
        log::neighbours(conn, &delivery)?;
        hourly_counts::since(conn, &[ONE], 0)?;
        statistics::answers(conn, ONE, Timestamp::from_seconds(0))?;
        statistics::open(conn, Some(ONE), NOW)?;
        statistics::open(conn, None, NOW)?;
        statistics::pending(conn, Some(ONE)).map(drop)
    });
    assert_bounded(&queries, 18);
}

#[test]
fn every_filter_of_the_log_uses_an_index() {
    let asked = queries(|conn| {
        for webhook in [None, Some(ONE)] {
            for state in StateFilter::ALL.iter().copied().map(Some).chain([None]) {
                for event in [None, Some(EventName::MessageCreated)] {
                    let (webhooks, states) = (webhook.into_iter().collect(), state.into_iter().collect());
                    let events = event.into_iter().collect();
                    let filter = LogFilter { webhooks, states, events, ..LogFilter::default() };
                    let id = DeliveryId(4_000_000_000_000_000_002);
                    for cursor in [Cursor::Newest, Cursor::Before(id), Cursor::After(id)] {
                        log::page(conn, &filter, cursor, 50, NOW)?;
                    }
                }
            }
        }
        for causes in CauseGroup::ALL.iter().map(|cause| vec![*cause]).chain([CauseGroup::ALL.to_vec()]) {
            log::page(conn, &LogFilter { causes, ..LogFilter::default() }, Cursor::Newest, 50, NOW)?;
        }
        for states in [StateFilter::ALL.to_vec(), vec![StateFilter::Held, StateFilter::Queued]] {
            for webhooks in [vec![], vec![ONE], vec![ONE, TWO]] {
                let filter = LogFilter {
                    webhooks,
                    states: states.clone(),
                    events: vec![EventName::MessageCreated, EventName::TeamChanged],
                    inboxes: vec![InboxId(1), InboxId(2)],
                    triggers: vec![Trigger::Manual, Trigger::Recovery],
                    finished_from: Some(Timestamp::from_seconds(0)),
                    finished_to: Some(NOW),
                    ..LogFilter::default()
                };
                log::page(conn, &filter, Cursor::Newest, 50, NOW)?;
                let ids = vec![EventId(4_000_000_000_000_000_001), EventId(5)];
                log::page(conn, &LogFilter { event_ids: ids, ..filter }, Cursor::Newest, 50, NOW)?;
            }
        }
        let search = Search::parse("evt_0");
        let filter = LogFilter { webhooks: vec![ONE], search, ..LogFilter::default() };
        log::page(conn, &filter, Cursor::Newest, 50, NOW).map(drop)
    });
    assert_bounded(&asked, 50);
}

#[test]
fn received_events_and_failed_deliveries_are_found_by_an_index() {
    let asked = queries(|conn| {
        let id = EventId(4_000_000_000_000_000_001);
        for unmatched in [false, true] {
            for event in [None, Some(EventName::MessageCreated)] {
                let filter = received::Filter { event, unmatched, from: Some(NOW), ..received::Filter::default() };
                for cursor in [Cursor::Newest, Cursor::Before(id), Cursor::After(id)] {
                    received::page(conn, &filter, cursor, 50)?;
                }
            }
        }
        received::derived(conn, id)?;
        received::deliveries(conn, id)?;
        for webhook in [None, Some(ONE)] {
            let since = Timestamp::from_micros(NOW.micros() - 3_600_000_000);
            for ended in Ended::ALL.iter().copied().filter(|ended| *ended == Ended::Failed || webhook.is_some()) {
                for again in [false, true] {
                    let causes = if ended == Ended::Failed { CauseGroup::ALL.to_vec() } else { vec![] };
                    let finished_from = Some(since);
                    let wanted = Wanted { webhook, ended, again, causes, finished_from, ..Wanted::failed(since, NOW) };
                    start::start(conn, &wanted, NOW).map_err(|_| Error::CorruptValue("refused"))?;
                    selection::count(conn, &Wanted { causes: vec![], finished_from: None, ..wanted })?;
                }
            }
        }
        let all = recoveries::page(conn, Some(ONE), None, 5)?;
        step::step(conn, all[0].id, 25, NOW, &|| 4_100_000_000_000_000_000)?;
        for held in [Held::Send, Held::Discard] {
            mass_changes::settle(conn, ONE, held, NOW)?;
        }
        mass_changes::unfinished(conn)?;
        backlog::changes(conn, 10)?;
        statistics::due(conn, NOW, 10).map(drop)
    });
    assert_bounded(&asked, 15);
}

#[test]
fn the_queries_of_every_page_read_no_large_table_whole() {
    let queries = queries(|conn| {
        users::active(conn, UserId(1))?;
        statistics::failed_attempts_lately(conn, NOW).map(drop)
    });
    assert_bounded(&queries, 2);
}

#[test]
fn the_status_page_does_not_read_the_queue() {
    let queries = queries(|conn| diagnostics::oldest_due(conn, NOW).map(drop));
    assert_bounded(&queries, 1);
}

#[test]
fn an_event_and_its_delivery_read_no_large_table_whole() {
    let queries = queries(|conn| {
        let lease = Lease { token: 1, until: NOW };
        let wanted = |key| idempotency::Wanted { key, since: None };
        idempotency::find_all(conn, &[wanted("a"), wanted("b")])?;
        inboxes::find_or_register(conn, SourceId { connection: None, external_id: "7" }, None, NOW)?;
        routes::states(conn, &[ONE, TWO].into(), NOW)?;
        routes::why_unmatched(conn, EventName::MessageCreated, NOW)?;
        queue::claim::due_webhooks(conn, NOW)?;
        queue::claim::sendable_webhooks(conn, &[ONE], NOW)?;
        queue::claim::claim(conn, &[(ONE, Share { firsts: 1, retries: 1 })], NOW, lease)?;
        queue::claim::claim_suspect(conn, NOW, lease)?;
        events::bodies(conn, &[EventId(4_000_000_000_000_000_001)])?;
        let nexts = [Next::Done, Next::RetryAt(NOW), Next::GiveUp(Reason::Exhausted)];
        record::record(conn, &nexts.map(finished), NOW)?;
        let many = (0..16).map(|number| Finished { id: DeliveryId(1 + number), ..finished(Next::Done) });
        record::record(conn, &many.collect::<Vec<_>>(), NOW)?;
        record::interrupt(conn, LeaseScope::Expired(NOW), NOW)?;
        health::find(conn, ONE).map(drop)
    });
    assert_bounded(&queries, 14);
}

#[test]
fn retention_and_comparisons_with_a_chatwoot_read_no_large_table_whole() {
    let queries = queries(|conn| {
        let connection = ConnectionId(1);
        let key = ConversationKey { connection, number: ConversationNumber(7) };
        conversations::find(conn, &[key].into())?;
        conversations::find_for_update(conn, &[key].into())?;
        conversations::awaited(conn, NOW, 25)?;
        conversations::clear_awaited(conn, conversations::Awaited { key, event: EventId(4) })?;
        conversations::forget(conn)?;
        comparisons::compared(conn, connection, &[7, 8])?;
        comparisons::set_compared(conn, connection, 7, comparisons::Compared::default())?;
        comparisons::end(conn, connection)?;
        missing::of_conversations(conn, connection, &[7, 8])?;
        missing::count(conn, connection)?;
        missing::list(conn, connection, 200)?;
        missing::wanted(conn, 25)?;
        for which in [Which::All, Which::One(MissingKind::Message, 7)] {
            missing::want(conn, connection, which, NOW)?;
            missing::dismiss(conn, connection, which, NOW)?;
        }
        missing::delete(conn, connection, MissingKind::Message, 7)?;
        retention::expire(conn, NOW, NOW)?;
        webhooks::delete(conn, TWO, NOW)?;
        retention::purge(conn, NOW, Purged::START, &[])?;
        retention::purge_attempts(conn, NOW)?;
        retention::forget_keys(conn, NOW)?;
        hourly_counts::forget(conn, NOW).map(drop)
    });
    assert_bounded(&queries, 25);
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
    Finished { id, webhook_id: ONE, lease, attempt, detail: None, next, signal: None, clock_offset: 0 }
}

#[test]
fn a_query_that_reads_a_whole_table_is_detected() {
    let mut conn = database(true);
    for query in ["SELECT status FROM deliveries WHERE finished_at > 5", "SELECT delivered FROM webhook_hours"] {
        assert_eq!(scans(&mut conn, query).len(), 1, "{query}");
    }
}

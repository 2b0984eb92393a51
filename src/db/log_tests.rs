//! The filters of the log agree with the domain's rules, on both databases.

use diesel::connection::SimpleConnection;

use super::DbConnection;
use super::deliveries::{log, statistics};
use super::query_plans::database;
use super::webhooks::health;
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::failure_cause::{CauseGroup, FailureCause};
use crate::domain::deliveries::log_filter::{LogFilter, StateFilter};
use crate::domain::deliveries::state::{DeliveryState, OpenCounts};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);
const ID: DeliveryId = DeliveryId(4_000_000_000_000_000_002);
const WEBHOOK: WebhookId = WebhookId(1);

/// A time before [`NOW`], and one after it, as SQL.
const PAST: &str = "1795245700000000";
const FUTURE: &str = "1795245800000000";

fn run(conn: &mut DbConnection, statements: &str) {
    match conn {
        DbConnection::Sqlite(conn) => conn.batch_execute(statements),
        DbConnection::Postgres(conn) => conn.batch_execute(statements),
    }
    .expect(statements);
}

/// The filters of `all` that let the delivery pass.
fn passing<T: Copy>(conn: &mut DbConnection, all: &[T], filter: impl Fn(T) -> LogFilter) -> Vec<T> {
    let mut passes = |value: &T| {
        let page = log::page(conn, &filter(*value), Cursor::Newest, 10, NOW).expect("a page");
        page.lines.iter().any(|line| line.delivery.id == ID)
    };
    all.iter().copied().filter(|value| passes(value)).collect()
}

fn check_state(conn: &mut DbConnection, case: &str) -> DeliveryState {
    let delivery = log::find(conn, ID).expect("a query").expect("a delivery");
    let state = health::obstacles(conn, &[WEBHOOK], NOW).expect("obstacles").progress(&delivery).state;
    for webhook in [None, Some(WEBHOOK)] {
        let filter = |state: StateFilter| LogFilter {
            states: vec![state],
            webhooks: webhook.into_iter().collect(),
            ..LogFilter::default()
        };
        let passed = passing(conn, StateFilter::ALL, filter);
        assert_eq!(passed, [StateFilter::Pending, StateFilter::parse(state.as_str()).expect("a filter")], "{case}");
        let mut expected = OpenCounts::default();
        expected.add(state, 1);
        assert_eq!(statistics::open(conn, webhook, NOW).expect("counts"), expected, "{case}");
    }
    state
}

#[test]
fn a_state_filter_finds_what_is_in_that_state_and_the_counts_agree() {
    let mut conn = database(false);
    let mut seen = Vec::new();
    // A deleted webhook holds nothing back: its deliveries are being cancelled.
    for (enabled, deleted_at) in [("TRUE", "NULL"), ("FALSE", "NULL"), ("FALSE", PAST)] {
        for probe_at in ["NULL", PAST, FUTURE] {
            for paused_until in ["NULL", PAST, FUTURE] {
                for backlog in ["NULL", PAST] {
                    for (leased, steps) in [("NULL", 0), ("NULL", 1), (FUTURE, 0), (FUTURE, 1)] {
                        let case = format!(
                            "UPDATE webhooks SET enabled = {enabled}, deleted_at = {deleted_at}, probe_at = {probe_at}, \
                             paused_until = {paused_until}, backlog_full_since = {backlog}; \
                             UPDATE deliveries SET status = 'pending', finished_at = NULL, next_attempt_at = {PAST}, \
                             leased_until = {leased}, lease = {leased}, steps = {steps}, attempts = {steps} \
                             WHERE id = 4000000000000000002"
                        );
                        run(&mut conn, &case);
                        seen.push(check_state(&mut conn, &case));
                    }
                }
            }
        }
    }
    for state in DeliveryState::ALL.iter().filter(|state| state.is_open()) {
        assert!(seen.contains(state), "{state:?}");
    }
}

#[test]
fn each_failed_attempt_is_found_by_the_filter_of_its_cause_alone() {
    let mut conn = database(false);
    run(&mut conn, "UPDATE deliveries SET status = 'failed', reason = 'exhausted' WHERE id = 4000000000000000002");
    for cause in FailureCause::ALL {
        for status in [None, Some(101_u16), Some(302), Some(404), Some(410), Some(503), Some(600)] {
            let stored = status.map_or_else(|| "NULL".to_owned(), |status| status.to_string());
            let text = cause.as_str();
            let case = format!("UPDATE attempts SET outcome = 'failed', cause = '{text}', status = {stored}");
            run(&mut conn, &case);
            let filter = |cause| LogFilter { causes: vec![cause], ..LogFilter::default() };
            assert_eq!(passing(&mut conn, CauseGroup::ALL, filter), [cause.group(status)], "{case}");
        }
    }
    run(&mut conn, "UPDATE attempts SET outcome = 'succeeded', cause = NULL, status = 200");
    let filter = |cause| LogFilter { causes: vec![cause], ..LogFilter::default() };
    assert!(passing(&mut conn, CauseGroup::ALL, filter).is_empty(), "a success has no cause");
}

#[test]
fn a_page_of_a_rare_event_reads_a_bounded_part_and_continues_after_it() {
    let mut conn = database(false);
    let (bound, rows) = match conn {
        DbConnection::Sqlite(_) => (50_000_i64, 120_000_i64),
        DbConnection::Postgres(_) => (20_000, 60_000),
    };
    run(
        &mut conn,
        &format!(
            "DELETE FROM attempts; DELETE FROM deliveries; \
             INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             SELECT i, 4000000000000000001, CASE WHEN i = 5 THEN 'ticket_created' ELSE 'message_created' END, 1, \
             CASE WHEN i % 5 = 0 THEN 'failed' ELSE 'success' END, 'event', 1, 1, 0 FROM n"
        ),
    );
    let mut pages = |filter: &LogFilter| {
        let (mut edges, mut cursor) = (Vec::new(), Cursor::Newest);
        loop {
            let page = log::page(&mut conn, filter, cursor, 10, NOW).expect("a page");
            let count = log::count(&mut conn, filter, Cursor::Newest, &page, NOW).expect("a count");
            assert_eq!(count, Some((i64::try_from(page.lines.len()).expect("a count"), !page.is_cut)));
            match page.next.filter(|_| page.is_cut) {
                Some(edge) => edges.push(edge.0),
                None => return (edges, page.lines.iter().map(|line| line.delivery.id.0).collect::<Vec<_>>()),
            }
            cursor = Cursor::Before(DeliveryId(*edges.last().expect("an edge")));
        }
    };
    let rare = LogFilter { events: vec![EventName::TicketCreated], ..LogFilter::default() };
    // The row at an edge is read too, once after the first part and once at the end.
    assert_eq!(pages(&rare), (vec![rows - bound - 1, rows - 2 * (bound + 1) - 1], vec![5]));
    let failed = LogFilter { states: vec![StateFilter::Failed], ..rare.clone() };
    let (edges, found) = pages(&failed);
    assert_eq!((edges.len(), found), (usize::try_from(rows / 5 / 5_000).expect("a count"), vec![5]));
    let of_webhook = LogFilter { webhooks: vec![WEBHOOK], ..rare };
    assert_eq!(pages(&of_webhook).1, [5]);
}

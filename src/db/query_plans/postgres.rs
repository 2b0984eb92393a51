//! Plans on Postgres. They depend on statistics, so they are checked on new tables and on filled, analysed ones.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use super::{LARGE, ROWS};
use crate::db::DbConnection;
use crate::db::connection::{self, Access, migrations, transaction};
use crate::db::system::partitions::{self, DefaultRows, Table};
use crate::domain::system::database_url::DatabaseUrl;

/// Partial indexes with few rows, which may be read whole: pending and leased deliveries, suspects, unmatched events, missing
/// events that are being taken in.
const SMALL_INDEXES: [&str; 5] =
    ["deliveries_pending", "deliveries_leased", "deliveries_suspect", "events_unmatched", "chatwoot_missing_wanted"];

/// Ninety days of hourly counts of twenty webhooks; 20,000 deliveries, of which the newest 100 are pending and one in fifty
/// failed.
const MANY: &str = "
    INSERT INTO webhooks (id, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, secret_created_at,
        version, created_at, updated_at)
    SELECT n, 'https://a.example.com/', TRUE, 'none', '', TRUE, 15, '', 0, 1, 0, 0 FROM generate_series(2, 20) n;
    INSERT INTO webhook_hours (webhook_id, hour, delivered, failed)
    SELECT webhook, hour, 1, 0 FROM generate_series(0, 20) webhook, generate_series(496520, 498680) hour;
    INSERT INTO events (id, name, body, created_at, unmatched)
    SELECT n, 'message_created', '{}', n, CASE WHEN n % 100 = 0 THEN 'off' END FROM generate_series(1, 20000) n;
    INSERT INTO idempotency_keys (key, body_hash, event_id, deliveries, created_at)
    SELECT 'key ' || n, '', n, 1, n FROM generate_series(1, 20000) n;
    INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, next_attempt_at, created_at,
        finished_at)
    SELECT n, n, 'message_created', 1 + n % 20,
        CASE WHEN n > 19900 THEN 'pending' WHEN n % 50 = 0 THEN 'failed' ELSE 'success' END, 'event',
        CASE WHEN n > 19900 THEN n % 2 ELSE 1 END, 1, CASE WHEN n > 19900 THEN n END, n, CASE WHEN n <= 19900 THEN n END
    FROM generate_series(1, 20000) n;
    INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, request_headers, status, truncated)
    SELECT n, 1, n, 9, 'succeeded', '[]', 200, FALSE FROM generate_series(1, 19900) n;
    INSERT INTO chatwoot_conversations (connection_id, conversation_id, status, last_activity, awaited_until)
    SELECT 1, n, 'open', n, CASE WHEN n % 100 = 0 THEN n END FROM generate_series(1, 20000) n;
    INSERT INTO chatwoot_missing (connection_id, kind, subject, conversation_id, changed, occurred_at, found_at, wanted_at, body)
    SELECT 1, 'message', n, n % 100, 0, n, n, CASE WHEN n % 100 = 0 THEN n END, '{}' FROM generate_series(1, 2000) n;
    ANALYZE;";

/// Temporary tables, which only this connection sees. Filled, analysed and with 90 days, or new as after the first start and
/// with 3 days.
pub(super) fn database(server: &str, filled: bool) -> DbConnection {
    let url = DatabaseUrl::parse(&format!("{}/postgres", server.trim_end_matches('/'))).expect("a server");
    let mut conn = connection::open(&url, Access::ReadWrite).expect("a server");
    conn.batch_execute("SET search_path TO pg_temp").expect("a schema");
    migrations::run(&mut conn).expect("tables");
    let days_ahead = if filled { 89 } else { 2 };
    for table in Table::ALL {
        let make = |conn: &mut DbConnection| partitions::make(conn, table, days_ahead, usize::MAX, DefaultRows::Move);
        transaction::run(&mut conn, make).expect("partitions");
    }
    for row in ROWS {
        conn.batch_execute(&row.replace("x'7b7d'", "'{}'")).expect(row);
    }
    if filled {
        conn.batch_execute(MANY).expect("many rows");
    }
    conn
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    json: String,
}

/// The steps of the generic plan, which holds for any parameters, that read a large table whole.
pub(super) fn scans(conn: &mut DbConnection, query: &str) -> Vec<String> {
    let DbConnection::Postgres(conn) = conn else { panic!("a connection to Postgres") };
    let values = (1..).take_while(|number| query.contains(&format!("${number}"))).count();
    let values = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    conn.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE statement AS {query}"))
        .expect(query);
    let explained = diesel::sql_query(format!("EXPLAIN (FORMAT JSON) EXECUTE statement{values}"));
    let plan: Plan = explained.get_result(conn).expect(query);
    conn.batch_execute("DEALLOCATE statement").expect("a prepared statement");
    let mut found = Vec::new();
    let tree: Value = serde_json::from_str(&plan.json).expect("JSON");
    // Statements with arrays run for every batch of results: they may not read even a small index whole.
    let may_read_small = !query.contains("unnest");
    visit(&tree[0]["Plan"], may_read_small, &mut found);
    found
}

fn visit(node: &Value, may_read_small: bool, found: &mut Vec<String>) {
    let field = |key: &str| node[key].as_str().unwrap_or_default();
    let (kind, table, index) = (field("Node Type"), field("Relation Name"), field("Index Name"));
    // Also the partitions of a large table: `events_20261129`, and its index `events_20261129_id_idx` on unmatched events.
    let large = LARGE
        .iter()
        .any(|large| table == *large || table.starts_with(&format!("{large}_")) || index.starts_with(large));
    let is_small = SMALL_INDEXES.contains(&index)
        || (index.starts_with("events_") && index.ends_with("_id_idx"))
        || index == "events_before_unmatched";
    let through_index = !index.is_empty() && (!field("Index Cond").is_empty() || (may_read_small && is_small));
    if large && !through_index && kind.ends_with("Scan") && kind != "Bitmap Heap Scan" {
        found.push(format!("{kind} {table}{index}"));
    }
    // It reads the deliveries of all webhooks to find those of one. A bounded scan, which may, has the condition
    // `webhook_id + 0`.
    if index == "deliveries_pkey" && field("Filter").contains("(webhook_id = ") {
        found.push(format!("deliveries of a webhook by {index}"));
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|child| visit(child, may_read_small, found));
}

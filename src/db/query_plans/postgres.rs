//! Plans on Postgres: chosen by how much there is, so the tables are filled and counted first.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use super::{LARGE, ROWS};
use crate::db::DbConnection;
use crate::db::connection::{self, Access, DatabaseUrl, migrations};

/// Indexes of few rows that may be looked through: what waits, what is to be sent alone, what nobody got.
const FEW: [&str; 3] = ["deliveries_pending", "deliveries_suspect", "events_unmatched"];

/// Ninety days of hours of twenty webhooks; 20,000 deliveries, of which the newest hundred wait and one in fifty failed.
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
    ANALYZE;";

/// Tables of this connection alone: they go with it. Filled and counted, or as young as they are after the first start.
pub(super) fn database(server: &str, filled: bool) -> DbConnection {
    let url = DatabaseUrl::parse(&format!("{}/postgres", server.trim_end_matches('/'))).expect("a server");
    let mut conn = connection::open(&url, Access::ReadWrite).expect("a server");
    conn.batch_execute("SET search_path TO pg_temp").expect("a schema");
    migrations::run(&mut conn).expect("tables");
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

/// Steps of the plan that read the whole of a large table: of the plan for whatever values.
pub(super) fn scans(conn: &mut DbConnection, query: &str) -> Vec<String> {
    let DbConnection::Postgres(conn) = conn else { panic!("a connection to Postgres") };
    let values = (1..).take_while(|number| query.contains(&format!("${number}"))).count();
    let values = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    // A list of nothing but parameters has no types of its own; the client sends them.
    let query = query.replace("(VALUES ($3, $4)", "(VALUES ($3::bigint, $4::bigint)");
    conn.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE asked AS {query}")).expect(&query);
    let explained = diesel::sql_query(format!("EXPLAIN (FORMAT JSON) EXECUTE asked{values}"));
    let plan: Plan = explained.get_result(conn).expect(&query);
    conn.batch_execute("DEALLOCATE asked").expect("it was prepared");
    let mut found = Vec::new();
    let tree: Value = serde_json::from_str(&plan.json).expect("JSON");
    // Not for every handful of results.
    let may_read_few = !query.contains("VALUES");
    look(&tree[0]["Plan"], may_read_few, &mut found);
    found
}

fn look(node: &Value, may_read_few: bool, found: &mut Vec<String>) {
    let said = |key: &str| node[key].as_str().unwrap_or_default();
    let (kind, table, index) = (said("Node Type"), said("Relation Name"), said("Index Name"));
    let large = LARGE.iter().any(|large| table == *large || index.starts_with(large));
    let through_index = !index.is_empty() && (!said("Index Cond").is_empty() || (may_read_few && FEW.contains(&index)));
    if large && !through_index && kind.ends_with("Scan") && kind != "Bitmap Heap Scan" {
        found.push(format!("{kind} {table}{index}"));
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|below| look(below, may_read_few, found));
}

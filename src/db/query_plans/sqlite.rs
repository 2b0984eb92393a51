//! Plans on SQLite. They depend on the indexes only, not on the number of rows.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{LARGE, ROWS};
use crate::db::DbConnection;
use crate::db::connection::{self, Access, migrations};
use crate::domain::system::database_url::DatabaseUrl;

/// Partial indexes with few rows, which may be read whole: pending deliveries (two indexes), suspects, and missing events that
/// are being taken in.
const SMALL_INDEXES: [&str; 4] = [
    "SCAN deliveries USING COVERING INDEX deliveries_pending",
    "SCAN deliveries USING COVERING INDEX deliveries_due",
    "SCAN deliveries USING INDEX deliveries_suspect",
    "SCAN chatwoot_missing USING INDEX chatwoot_missing_wanted",
];

pub(super) fn database() -> DbConnection {
    let url = DatabaseUrl::Sqlite(":memory:".into());
    let mut conn = connection::open(&url, Access::ReadWrite).expect("a database in memory");
    migrations::run(&mut conn).expect("tables");
    for row in ROWS {
        diesel::sql_query(*row).execute(&mut conn).expect(row);
    }
    conn
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The steps of the plan that read a large table whole.
pub(super) fn scans(conn: &mut DbConnection, query: &str) -> Vec<String> {
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(conn).expect(query);
    let whole = |step: &str| {
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| LARGE.contains(&table)) && !SMALL_INDEXES.contains(&step)
            // Every delivery of the webhook is read, also where few of them are pending.
            || step.ends_with("deliveries_webhook (webhook_id=?)")
            // A row comparison of (webhook_id, id) uses only its first column: every id of the webhook is read.
            || step.contains("webhook_id>? AND webhook_id<?") && query.contains("> (?, ?)")
    };
    steps.into_iter().map(|step| step.detail).filter(|step| whole(step)).collect()
}

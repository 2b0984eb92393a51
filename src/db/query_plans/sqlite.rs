//! Plans on SQLite: chosen by what indexes there are, however few rows.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{LARGE, ROWS};
use crate::db::DbConnection;
use crate::db::connection::{self, Access, DatabaseUrl, migrations};

/// Indexes of few rows that may be looked through: what waits, where all of it is counted, and what is to be sent alone.
const FEW: [&str; 3] = [
    "SCAN deliveries USING COVERING INDEX deliveries_pending",
    "SCAN deliveries USING COVERING INDEX deliveries_due",
    "SCAN deliveries USING INDEX deliveries_suspect",
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

/// Steps of the plan that read the whole of a large table.
pub(super) fn scans(conn: &mut DbConnection, query: &str) -> Vec<String> {
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(conn).expect(query);
    let whole = |step: &str| {
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| LARGE.contains(&table)) && !FEW.contains(&step)
            // Bounds of a webhook and an id together: every id of the webhook is looked at.
            || step.contains("webhook_id>? AND webhook_id<?") && query.contains("> (?, ?)")
    };
    steps.into_iter().map(|step| step.detail).filter(|step| whole(step)).collect()
}

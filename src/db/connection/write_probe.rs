//! Tries writes while writes fail, to find out when they succeed again.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::sql_query;

use crate::clock;
use crate::db::events::idempotency;
use crate::db::{Db, DbConnection, Error};
use crate::domain::id::EventId;
use crate::fault_injection;

/// How often a write is tried while writes fail.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// What the engine writes, without a row: a column that is missing, a right that was taken away and a read-only
/// transaction refuse these statements as they refuse those with rows.
const PROBES: [&str; 3] = [
    "INSERT INTO events (id, name, inbox_id, derived_from, body, created_at, unmatched) \
     SELECT id, name, inbox_id, derived_from, body, created_at, unmatched FROM events WHERE 1 = 0",
    "INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, origin, attempts, next_attempt_at, created_at, \
     lease, leased_until, status, steps) SELECT id, event_id, event, webhook_id, inbox_id, origin, attempts, \
     next_attempt_at, created_at, lease, leased_until, status, steps FROM deliveries WHERE 1 = 0",
    "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, cause, detail, remote_ip, \
     request_headers, status, response_headers, response_body, truncated) SELECT delivery_id, number, started_at, \
     duration_ms, outcome, cause, detail, remote_ip, request_headers, status, response_headers, response_body, \
     truncated FROM attempts WHERE 1 = 0",
];

/// Tries the statements of [`PROBES`], and a row that is removed again, so that the commit needs the disk.
fn probe(conn: &mut DbConnection) -> Result<(), Error> {
    for statement in PROBES {
        sql_query(statement).execute(conn)?;
    }
    let key = format!("write probe {}", u64::from_le_bytes(clock::random()));
    let known = idempotency::Known { body_hash: Vec::new(), event_id: EventId(0), deliveries: 0 };
    idempotency::insert(conn, &key, &known, clock::now())?;
    idempotency::delete(conn, &key)
}

impl Db {
    /// Why the database cannot be written to, once that has lasted for 5 s.
    pub fn write_outage(&self) -> Option<String> {
        self.writes.outage(Instant::now())
    }

    /// Whether the last write failed because the database takes none.
    pub fn is_write_failing(&self) -> bool {
        self.writes.is_failing()
    }

    /// While writes fail, tries one every second until it succeeds. Ends with the database.
    pub async fn watch_writes(self) {
        while !self.link.is_closed() {
            fault_injection::panic_point("write-watch");
            tokio::time::sleep(PROBE_INTERVAL).await;
            if self.is_write_failing() && self.write(probe).await.is_ok() {
                self.writes.note_success(Instant::now());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_names_columns_that_exist() {
        let url = crate::domain::system::database_url::DatabaseUrl::Sqlite(":memory:".into());
        let mut conn = crate::db::connection::open(&url, crate::db::connection::Access::ReadWrite).expect("a database");
        crate::db::connection::migrations::run(&mut conn).expect("tables");
        probe(&mut conn).expect("a write");
    }
}

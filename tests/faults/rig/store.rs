//! Direct access to the database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use hachok::db::DbConnection;
use hachok::db::connection::{self, Access};
use hachok::db::system::orphans;
use hachok::domain::system::database_url::DatabaseUrl;

use crate::support::{Place, WAIT_TIMEOUT};

/// A row of `deliveries`.
#[derive(Clone, Debug, QueryableByName)]
pub struct Stored {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub event_id: i64,
    #[diesel(sql_type = BigInt)]
    pub webhook_id: i64,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// A row of `attempts`.
#[derive(Clone, Debug, QueryableByName)]
pub struct Tried {
    #[diesel(sql_type = BigInt)]
    pub delivery_id: i64,
    #[diesel(sql_type = Integer)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Text)]
    pub cause: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A connection of the test.
pub struct Store {
    conn: DbConnection,
}

impl Store {
    /// Opens the database of that place.
    pub fn of(place: &Place) -> Self {
        let url = DatabaseUrl::parse(&place.database_url()).expect("a database");
        Self { conn: connection::open(&url, Access::ReadWrite).expect("a connection") }
    }

    pub fn run(&mut self, statement: &str) {
        sql_query(statement).execute(&mut self.conn).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// The connection itself.
    pub fn conn(&mut self) -> &mut DbConnection {
        &mut self.conn
    }

    /// Runs `work` in one transaction.
    #[cfg(feature = "fault-injection")]
    pub fn in_one_commit(&mut self, work: impl FnOnce(&mut DbConnection)) {
        let done = diesel::Connection::transaction(&mut self.conn, |conn| {
            work(conn);
            diesel::QueryResult::Ok(())
        });
        done.expect("a commit");
    }

    /// The result of `SELECT COUNT(*) AS count FROM …`.
    pub fn count(&mut self, from: &str) -> i64 {
        let statement = format!("SELECT COUNT(*) AS count FROM {from}");
        sql_query(&statement)
            .get_result::<Count>(&mut self.conn)
            .unwrap_or_else(|error| panic!("{statement}: {error}"))
            .count
    }

    pub const fn is_sqlite(&self) -> bool {
        matches!(self.conn, DbConnection::Sqlite(_))
    }

    /// Rows that belong to no other row, and pending deliveries of deleted webhooks.
    pub fn orphans(&mut self) -> i64 {
        const ORPHANS_AMONG: i64 = 1_000_000;
        let found = orphans::find(&mut self.conn, ORPHANS_AMONG).expect("a query");
        found.attempts + found.without_event + found.without_webhook + found.of_deleted_webhook
    }

    pub fn deliveries(&mut self) -> Vec<Stored> {
        let statement = "SELECT id, event_id, webhook_id, status, origin, attempts FROM deliveries";
        sql_query(statement).load(&mut self.conn).expect("deliveries")
    }

    /// All attempts by delivery and number.
    pub fn attempts(&mut self) -> BTreeMap<(i64, i32), Tried> {
        let statement = "SELECT delivery_id, number, outcome, COALESCE(cause, '') AS cause FROM attempts";
        let rows: Vec<Tried> = sql_query(statement).load(&mut self.conn).expect("attempts");
        rows.into_iter().map(|row| ((row.delivery_id, row.number), row)).collect()
    }

    /// Waits until `from` has a row.
    pub async fn until(&mut self, what: &str, from: &str, bound: Duration) {
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while self.count(from) == 0 {
            assert!(begun.elapsed() < bound, "timed out after {bound:?} waiting for: {what}");
            ticks.tick().await;
        }
    }

    /// Waits until `count` transactions of others wait for a lock. SQLite does not show who waits for its one writer.
    pub async fn until_waiting(&mut self, count: i64) {
        let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(25));
        while !self.is_sqlite() && self.count(waiting) < count {
            assert!(begun.elapsed() < WAIT_TIMEOUT, "timed out waiting for {count} transactions that wait");
            ticks.tick().await;
        }
    }

    /// Waits until nothing is pending or leased.
    pub async fn until_quiet(&mut self, bound: Duration) {
        let begun = Instant::now();
        let pending = "deliveries WHERE status = 'pending' OR leased_until IS NOT NULL";
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        while self.count(pending) > 0 {
            assert!(begun.elapsed() < bound, "{} deliveries are open after {bound:?}", self.count(pending));
            ticks.tick().await;
        }
    }

    /// Asserts the integrity of the file (SQLite).
    pub fn assert_whole(&mut self) {
        if matches!(self.conn, DbConnection::Sqlite(_)) {
            let found = sql_query("SELECT integrity_check AS line FROM pragma_integrity_check").load(&mut self.conn);
            let found: Vec<Line> = found.expect("a check");
            let found: Vec<_> = found.into_iter().map(|line| line.line).collect();
            assert_eq!(found, ["ok"]);
            assert_eq!(self.count("pragma_foreign_key_check"), 0);
        }
    }
}

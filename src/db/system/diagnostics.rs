//! Measurements of the database for the status page.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::{Db, DbConnection, Error};
use crate::domain::timestamp::Timestamp;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
}

/// The due time of the delivery that has been due longest, among the webhooks that are on, not paused and not failing.
/// `None` if none is due. Reads one row of the index of due deliveries for each webhook, so its cost does not depend on
/// the length of the queue.
pub fn oldest_due(conn: &mut DbConnection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let now = now.micros();
    // `now` is a number, so the text needs no escaping.
    let text = format!(
        "SELECT MIN(oldest) AS number FROM (SELECT (SELECT next_attempt_at FROM deliveries \
         WHERE webhook_id = webhooks.id AND status = 'pending' AND leased_until IS NULL \
         ORDER BY next_attempt_at LIMIT 1) AS oldest FROM webhooks WHERE enabled AND probe_at IS NULL \
         AND COALESCE(paused_until, 0) <= {now}) AS due WHERE oldest <= {now}"
    );
    Ok(diesel::sql_query(text).get_result::<Number>(conn)?.number.map(Timestamp::from_micros))
}

/// The version of the newest applied migration.
pub fn migration(conn: &mut DbConnection) -> Result<Option<String>, Error> {
    let text = "SELECT MAX(version) AS word FROM __diesel_schema_migrations";
    Ok(diesel::sql_query(text).get_result::<Word>(conn)?.word)
}

impl Db {
    /// The name of the database product, for people.
    pub const fn kind(&self) -> &'static str {
        self.url.kind()
    }

    /// The path of the SQLite file; `None` on Postgres.
    pub fn file(&self) -> Option<&std::path::Path> {
        self.url.file()
    }

    /// The size of the database in bytes, with SQLite's WAL.
    pub async fn size(&self) -> Result<u64, Error> {
        if let Some(file) = self.url.file() {
            let log = format!("{}-wal", file.display());
            let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |found| found.len());
            return Ok(length(file) + length(std::path::Path::new(&log)));
        }
        let text = "SELECT pg_database_size(current_database()) AS number";
        let size = self.read(move |conn| Ok(diesel::sql_query(text).get_result::<Number>(conn)?.number)).await?;
        Ok(size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
    }
}

//! Opening a connection to either database.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};

use super::Error;

/// A connection to whichever database the settings name.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// The database file beside the program.
    Sqlite(SqliteConnection),
    /// A server for several processes.
    Postgres(PgConnection),
}

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`.
    Sqlite(PathBuf),
    /// `postgres://…` as libpq reads it.
    Postgres(String),
}

/// A database URL with another scheme, or without a path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must begin with sqlite:// or postgres://")]
pub struct UnknownScheme;

impl DatabaseUrl {
    /// Reads the setting.
    pub fn parse(text: &str) -> Result<Self, UnknownScheme> {
        if let Some(path) = text.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if postgres { Ok(Self::Postgres(text.to_owned())) } else { Err(UnknownScheme) }
    }

    /// The database's file, for SQLite.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// The database's kind, as people call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Pages, lists, claims.
    ReadWrite,
    /// SQLite's readers: a write through them is a fault of ours, and refused.
    ReadOnly,
}

// auto_vacuum 2: incremental; it takes effect only before the first table, and before the journal mode.
// temp_store: a savepoint's copies of pages stay in memory; in a file they cost an eighth of the writer's time.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000; \
     PRAGMA temp_store = MEMORY;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -4096;";

// Every query has its index, and joins few rows: planned as SQLite would, whatever the statistics say. They say little
// of a young database, and of a queue that was empty when they were made: then all that waits was read for each result.
const POSTGRES_SESSION: &str = "SET synchronous_commit = on; SET client_min_messages = warning; SET TIME ZONE 'UTC'; \
     SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// A Postgres that has gone without a word is noticed within 25 s, not after the hours that TCP takes.
const POSTGRES_PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// What the URL does not say itself.
fn with_patience(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in POSTGRES_PATIENCE {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

/// Opens one connection. Not the derived `establish`: it tries one database after the other and hides why.
pub fn open(url: &DatabaseUrl, access: Access) -> Result<DbConnection, Error> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute(if access == Access::ReadOnly { SQLITE_READER } else { SQLITE_WRITER })?;
            Ok(DbConnection::Sqlite(conn))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(&with_patience(url))?;
            conn.batch_execute(POSTGRES_SESSION)?;
            Ok(DbConnection::Postgres(conn))
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// The first SQLite release without the WAL-reset corruption (sqlite.org/wal.html#walresetbug).
const FIRST_SAFE_SQLITE: [u32; 3] = [3, 51, 3];

/// Refuses a SQLite that may lose data.
pub fn check_sqlite_version(conn: &mut DbConnection) -> Result<(), Error> {
    if let DbConnection::Sqlite(conn) = conn {
        let found: Version = diesel::sql_query("SELECT sqlite_version() AS version").get_result(conn)?;
        let numbers: Vec<u32> = found.version.split('.').filter_map(|part| part.parse().ok()).collect();
        if numbers.as_slice() < FIRST_SAFE_SQLITE.as_slice() {
            return Err(Error::OldSqlite(found.version));
        }
    }
    Ok(())
}

/// What the pool needs to make and check connections.
#[derive(Debug)]
pub struct Manager {
    /// Where to.
    pub url: DatabaseUrl,
    /// What for.
    pub access: Access,
}

/// A connection of the pool.
pub struct Pooled {
    /// The connection.
    pub conn: DbConnection,
    asked: Option<Instant>,
}

/// Under load no connection is asked whether it still stands more often than that: the question is a round trip, as
/// dear as a query. One that broke since fails its next query, and is asked before the one after it.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Pooled {
    /// A query failed: whether the connection still stands is asked before the next.
    pub fn doubt(&mut self) {
        self.asked = None;
    }
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        Ok(Pooled { conn: open(&self.url, self.access)?, asked: Some(Instant::now()) })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        // A file needs no question.
        if self.url.file().is_none() && pooled.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) {
            pooled.conn.ping()?;
            pooled.asked = Some(Instant::now());
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.conn.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_the_patience_that_it_asks_for() {
        let url = with_patience("postgres://a/b?connect_timeout=60");
        assert!(url.starts_with("postgres://a/b?connect_timeout=60&keepalives_idle=10&"), "{url}");
        assert!(with_patience("postgres://a/b").starts_with("postgres://a/b?connect_timeout=5&"));
    }

    #[test]
    fn the_scheme_chooses_the_database() {
        assert_eq!(DatabaseUrl::parse("sqlite://data/hachok.db"), Ok(DatabaseUrl::Sqlite("data/hachok.db".into())));
        assert_eq!(DatabaseUrl::parse("sqlite:///var/lib/h.db"), Ok(DatabaseUrl::Sqlite("/var/lib/h.db".into())));
        assert!(matches!(DatabaseUrl::parse("postgres://a/b"), Ok(DatabaseUrl::Postgres(_))));
        for other in ["mysql://a", "sqlite://", "hachok.db", ""] {
            assert_eq!(DatabaseUrl::parse(other), Err(UnknownScheme), "{other}");
        }
    }
}

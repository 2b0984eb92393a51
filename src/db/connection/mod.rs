//! Opens connections to either database, and checks those of the pool.

pub mod existing;
pub mod file_lock;
pub(super) mod file_watch;
mod link;
pub(super) mod migrations;
pub(super) mod schema_watch;
pub(super) mod slot;
pub(super) mod sqlite_writer;
pub(super) mod transaction;
pub(super) mod usable;
pub(super) mod write_health;
mod write_probe;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};

use super::Error;
use crate::domain::system::database_url::DatabaseUrl;
use link::CountedConnection;
pub use link::Link;

/// A connection to the database that the settings name.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// To a file, which one process serves.
    Sqlite(SqliteConnection),
    /// To a server, which several processes may share.
    Postgres(PgConnection),
}

/// The longest wait for a connection of the pool, or for a place in the writer's queue and the start of the job.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(5);

/// What a connection is opened for. Ignored on Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads and writes. A missing SQLite file is created.
    ReadWrite,
    /// For the pool on SQLite: a write is refused, because it would be a bug; only the writer thread writes.
    ReadOnly,
    /// With SQLite's default settings: opening the file changes nothing in it.
    Plain,
}

// auto_vacuum 2 is incremental; it has to be set before the journal mode and before the first table is created.
// journal_size_limit is 32 MiB, twice what the WAL holds between two checkpoints. The WAL grows past it while a long
// read runs; the first commit after the next checkpoint truncates it.
// temp_store keeps the pages that a savepoint copies in memory; in a file they took an eighth of the writer's time.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000; \
     PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -4096;";
const SQLITE_PLAIN: &str = "PRAGMA busy_timeout = 10000;";

// No sequential scans, hash joins or merge joins: every query has an index and joins few rows. Statistics mislead the
// planner in a new database, and where the queue was empty when they were collected: Postgres then read all pending
// deliveries for each result.
// lock_timeout: a row that a person has locked must not stop the one writer of results.
const POSTGRES_SESSION: &str = "SET synchronous_commit = on; SET client_min_messages = warning; SET TIME ZONE 'UTC'; \
     SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '60s'; \
     SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// Opens one connection. The derived `establish` would try one database after the other and hide the error.
pub fn open(url: &DatabaseUrl, access: Access) -> Result<DbConnection, Error> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let (name, settings) = match access {
                Access::ReadWrite => (path.to_string_lossy().into_owned(), SQLITE_WRITER),
                Access::ReadOnly => (existing(path), SQLITE_READER),
                Access::Plain => (existing(path), SQLITE_PLAIN),
            };
            let mut conn = SqliteConnection::establish(&name)?;
            conn.batch_execute(settings)?;
            Ok(DbConnection::Sqlite(conn))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(&url.for_libpq())?;
            conn.batch_execute(POSTGRES_SESSION)?;
            Ok(DbConnection::Postgres(conn))
        }
    }
}

/// A URI with which SQLite creates no file (sqlite.org/uri.html): a connection that is opened after the file was moved
/// away must not leave an empty database in its place.
fn existing(path: &Path) -> String {
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    if name == ":memory:" { name } else { format!("file:{name}?mode=rw") }
}

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// The first SQLite release without the WAL-reset corruption (sqlite.org/wal.html#walresetbug).
const FIRST_SAFE_SQLITE: [u32; 3] = [3, 51, 3];

/// [`Error::OldSqlite`] if the SQLite library may lose data.
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

/// Opens and checks the connections of the pool.
#[derive(Debug)]
pub struct Manager {
    /// The database.
    pub url: DatabaseUrl,
    /// How each connection is opened.
    pub access: Access,
    /// Shared with the owner of the pool.
    pub link: Arc<Link>,
}

/// A connection of the pool.
pub struct Pooled {
    /// For one query or transaction.
    pub conn: DbConnection,
    /// When it last answered; `None` after an error.
    checked_at: Option<Instant>,
    /// Its server refuses writes: another one may take them.
    is_read_only: bool,
    /// Behind `conn`, and so dropped after it.
    _counted: CountedConnection,
}

/// The shortest time between two liveness checks of a pooled connection. A check is a round trip and takes as long as a
/// query. A connection that broke in between fails one query and is checked before its next use.
const LIVENESS_CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl Pooled {
    /// Has the connection checked before its next use, because a query failed; has it replaced if its server has become
    /// read-only, as a primary does that was fenced off.
    pub fn mark_suspect(&mut self, error: &Error) {
        self.checked_at = None;
        self.is_read_only |= matches!(error, Error::ReadOnly(_)) && matches!(self.conn, DbConnection::Postgres(_));
    }
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        let counted = self.link.count_connection()?;
        let begun_at = Instant::now();
        let opened = open(&self.url, self.access);
        // A missing SQLite file is reported by the file watch.
        let is_missing = || self.url.file().is_some_and(|file| !file.exists());
        match &opened {
            Ok(_) => self.link.note_connect(begun_at, Ok(())),
            Err(error) if !self.link.is_closed() && !is_missing() => self.link.note_connect(begun_at, Err(error)),
            Err(_) => {}
        }
        let conn = opened?;
        Ok(Pooled { conn, checked_at: Some(Instant::now()), is_read_only: false, _counted: counted })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        if self.link.is_closed() {
            return Err(Error::Closed);
        }
        // A connection to a file does not break.
        let is_due = || pooled.checked_at.is_none_or(|at| at.elapsed() >= LIVENESS_CHECK_INTERVAL);
        if self.url.file().is_none() && is_due() {
            pooled.conn.ping()?;
            pooled.checked_at = Some(Instant::now());
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        self.link.is_closed() || pooled.is_read_only || pooled.conn.is_broken()
    }
}

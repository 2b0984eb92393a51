//! Opening a connection to either database.

pub mod existing;
pub mod file_lock;
pub(super) mod file_watch;
mod link;
pub(super) mod migrations;
mod postgres_tls;
mod postgres_url;
pub(super) mod sqlite_writer;
pub(super) mod transaction;
mod url;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};

use super::Error;
pub use link::{Link, LogFirst};
pub use postgres_url::PostgresUrl;
pub use url::{BadUrl, DatabaseUrl};

/// A connection to whichever database the settings name.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// The database file beside the program.
    Sqlite(SqliteConnection),
    /// A server for several processes.
    Postgres(PgConnection),
}

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Pages, lists, claims.
    ReadWrite,
    /// SQLite's readers: a write through them is a fault of ours, and refused.
    ReadOnly,
    /// SQLite with its own settings: nothing in the file is changed by opening it.
    Plain,
}

// auto_vacuum 2: incremental; it takes effect only before the first table, and before the journal mode.
// journal_size_limit: 32 MiB, twice what the WAL holds between two checkpoints. A long reader lets it grow; the first
// commit after the checkpoint that follows cuts it down.
// temp_store: a savepoint's copies of pages stay in memory; in a file they cost an eighth of the writer's time.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000; \
     PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -4096;";
const SQLITE_PLAIN: &str = "PRAGMA busy_timeout = 10000;";

// Every query has its index, and joins few rows: planned as SQLite would, whatever the statistics say. They say little
// of a young database, and of a queue that was empty when they were made: then all that waits was read for each result.
const POSTGRES_SESSION: &str = "SET synchronous_commit = on; SET client_min_messages = warning; SET TIME ZONE 'UTC'; \
     SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// Opens one connection. Not the derived `establish`: it tries one database after the other and hides why.
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

/// A name with which SQLite makes no file (sqlite.org/uri.html): a reader that is opened after the file was moved away
/// must not leave an empty database in its place.
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
    /// What all connections of the pool share.
    pub link: Arc<Link>,
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
        if self.link.is_closed() {
            return Err(Error::Closed);
        }
        let conn = open(&self.url, self.access)?;
        self.link.answers();
        Ok(Pooled { conn, asked: Some(Instant::now()) })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        if self.link.is_closed() {
            return Err(Error::Closed);
        }
        // A file needs no question.
        if self.url.file().is_none() && pooled.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) {
            pooled.conn.ping()?;
            pooled.asked = Some(Instant::now());
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        self.link.is_closed() || pooled.conn.is_broken()
    }
}

//! The data: two databases behind one source. Only this room names diesel.
//!
//! `read` takes a connection from the pool. `write` runs one transaction: on SQLite through the one
//! writer thread, which commits many jobs together; on Postgres on a pooled connection. No query is
//! open while the network is waited for.
//!
//! A database that takes what it is sent and says nothing (a server that stands still, a path that swallows packets)
//! holds a thread until it speaks again or the connection breaks: libpq has no time-out for that. The pool bounds how
//! many. Callers that somebody waits for have a handle with `hurry`: they hear `Busy`, and the thread minds its
//! query's end. What they asked for may yet be done; nobody was told that it is. The delivery task has a handle that
//! waits, so that it knows what became of its claims.

pub mod accounts;
#[cfg(test)]
mod close_tests;
#[expect(missing_docs, reason = "the MultiConnection derive writes items without any")]
pub mod connection;
pub mod deliveries;
mod error;
pub mod events;
pub mod form_answers;
pub mod inboxes;
#[cfg(test)]
mod query_plans;
mod schema;
mod sql;
pub mod system;
pub mod webhooks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2::Pool;
use diesel::{RunQueryDsl, sql_query};
use tokio::sync::Semaphore;

use crate::clock;
use crate::domain::secret_box::Vault;
use crate::domain::timestamp::Timestamp;
use connection::file_lock::FileLock;
use connection::file_watch::Usable;
use connection::sqlite_writer::Writer;
use connection::{Access, Link, LogFirst, Manager, migrations, transaction};
pub use connection::{DatabaseUrl, DbConnection};
pub use error::{Error, Unusable};

/// The database, ready to use. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    url: DatabaseUrl,
    pool: Pool<Manager>,
    turns: Arc<Semaphore>,
    writer: Option<Writer>,
    vault: Arc<Vault>,
    patience: Option<Duration>,
    link: Arc<Link>,
    usable: Arc<Usable>,
    /// Of the process that serves a SQLite file.
    lock: Option<Arc<FileLock>>,
}

/// How long a request waits for a connection or for the writer's queue.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the process waits for queries that run.
const LAST_QUERIES: Duration = Duration::from_secs(2);
/// How long it then waits for the writer: a commit that waits for a slow disk, and the log's way into the file.
const LAST_COMMIT: Duration = Duration::from_secs(4);
/// Connections to SQLite for reading; its writer has one more.
const SQLITE_READERS: u32 = 4;
/// Connections to Postgres.
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long somebody waits for the whole of a query or a transaction.
pub const ANSWER: Duration = Duration::from_secs(8);

impl Db {
    /// Opens the database and brings its tables up to date. The lock is of the process that serves a SQLite file.
    pub fn open(url: &DatabaseUrl, vault: Vault, lock: Option<FileLock>) -> Result<Self, Error> {
        let mut conn = connection::open(url, Access::ReadWrite)?;
        connection::check_sqlite_version(&mut conn)?;
        migrations::run(&mut conn)?;
        let sqlite = url.file().is_some();
        let access = if sqlite { Access::ReadOnly } else { Access::ReadWrite };
        let connections = if sqlite { SQLITE_READERS } else { POSTGRES_CONNECTIONS };
        let link = Arc::new(Link::default());
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(LogFirst { link: Arc::clone(&link), file: url.file().map(Into::into) }))
            .build_unchecked(Manager { url: url.clone(), access, link: Arc::clone(&link) });
        let usable = Arc::new(Usable::default());
        let writer = if sqlite { Some(Writer::start(conn, Arc::clone(&usable))?) } else { None };
        let turns = Arc::new(Semaphore::new(connections as usize));
        let (vault, lock) = (Arc::new(vault), lock.map(Arc::new));
        Ok(Self { url: url.clone(), pool, turns, writer, vault, patience: None, link, usable, lock })
    }

    /// A handle for callers that somebody waits for: what is not done within 8 s is `Busy`.
    pub fn hurry(&self) -> Self {
        Self { patience: Some(ANSWER), ..self.clone() }
    }

    /// Runs queries that change nothing, off the reactor.
    pub async fn read<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        self.pooled(query).await
    }

    /// Runs one transaction; it is on disk when this returns. An error undoes all of it.
    pub async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        self.write_then(job, |value| value).await
    }

    /// The same, and right after the commit `then`, also when the caller waits no longer. It must not block.
    pub async fn write_then<T, U, F, G>(&self, job: F, then: G) -> Result<U, Error>
    where
        U: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
        G: FnOnce(T) -> U + Send + 'static,
        T: Send + 'static,
    {
        self.check_open()?;
        self.usable.check()?;
        if let Some(writer) = &self.writer {
            return self.in_time(writer.run(job, then)).await?;
        }
        self.pooled(move |conn| transaction::run(conn, job).map(then)).await
    }

    /// Off the reactor, with a connection of the pool. What has not begun when its caller gives up never begins. Who
    /// waits for a connection waits in a queue here: in the pool each would hold a thread.
    async fn pooled<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        self.check_open()?;
        self.in_time(async {
            let began = Instant::now();
            let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
            let turn = turn.map_err(|_| Error::Busy)?.map_err(|_| Error::Ended)?;
            let (pool, usable) = (self.pool.clone(), Arc::clone(&self.usable));
            let task = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let patience = PATIENCE.saturating_sub(began.elapsed());
                let mut pooled = pool.get_timeout(patience).map_err(|_| Error::Busy)?;
                if began.elapsed() > PATIENCE {
                    return Err(Error::Busy);
                }
                work(&mut pooled.conn).inspect_err(|error| {
                    pooled.doubt();
                    usable.note(error);
                })
            });
            task.await.map_err(|error| if error.is_panic() { Error::Panicked } else { Error::Ended })?
        })
        .await?
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.link.is_closed() { Err(Error::Closed) } else { Ok(()) }
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        match self.patience {
            Some(patience) => tokio::time::timeout(patience, work).await.map_err(|_| Error::Busy),
            None => Ok(work.await),
        }
    }

    /// Ends all connections, for the end of the process: nothing may be asked afterwards. SQLite's log is folded into
    /// the file and removed, unless another process has the file open or a query does not end within 2 s.
    pub async fn close(&self) {
        self.link.close();
        let all = self.turns.acquire_many(self.pool.max_size());
        let idle = tokio::time::timeout(LAST_QUERIES, all).await;
        if idle.is_err() {
            tracing::warn!("a query has not ended; the database is closed without it");
        }
        let pool = self.pool.clone();
        // A closed link lets the pool find none of its connections good: they end here.
        drop(tokio::task::spawn_blocking(move || drop(pool.try_get())).await);
        if let Some(writer) = &self.writer {
            // Beside a server a command leaves the log alone: folding it would hold up the server's writes.
            drop(tokio::time::timeout(LAST_COMMIT, writer.close(self.lock.is_some())).await);
        }
    }

    /// Hands the pages that deleted rows left back to the file system, a thousand at a time. Postgres does it itself.
    pub async fn give_back_space(&self) -> Result<(), Error> {
        if self.is_shared() {
            return Ok(());
        }
        self.write(|conn| Ok(sql_query("PRAGMA incremental_vacuum(1000)").execute(conn)?)).await.map(drop)
    }

    /// Free bytes on the disk of the database, where that is ours to know.
    pub fn free_space(&self) -> Option<u64> {
        let folder = self.url.file()?.parent().filter(|folder| !folder.as_os_str().is_empty());
        let disk = rustix::fs::statvfs(folder.unwrap_or_else(|| std::path::Path::new("."))).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Other processes may use the same database.
    pub const fn is_shared(&self) -> bool {
        self.writer.is_none()
    }

    /// The key that stored secrets are sealed with.
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// The clock for due times and leases: the machine's on SQLite, which one process owns; the
    /// server's on Postgres, so that processes on machines with different clocks agree.
    pub async fn now(&self) -> Result<Timestamp, Error> {
        if self.is_shared() { self.read(now_on).await } else { Ok(clock::now()) }
    }
}

#[derive(diesel::QueryableByName)]
struct Micros {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    micros: i64,
}

/// The clock of [`Db::now`], within a transaction.
pub fn now_on(conn: &mut DbConnection) -> Result<Timestamp, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(clock::now()) };
    let now: Micros =
        sql_query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros").get_result(conn)?;
    Ok(Timestamp::from_micros(now.micros))
}

/// Brings a database's tables up to date, without opening it for use.
pub fn migrate(url: &DatabaseUrl) -> Result<(), Error> {
    let mut conn = connection::open(url, Access::ReadWrite)?;
    connection::check_sqlite_version(&mut conn)?;
    migrations::run(&mut conn)
}

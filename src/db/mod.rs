//! The data: one source for SQLite and Postgres. Only this room names diesel.
//!
//! `read` runs queries on a connection of the pool. `write` runs one transaction: on SQLite on the one writer thread,
//! which commits many jobs together; on Postgres on a connection of the pool. No transaction is open while Hachok
//! waits for the network.
//!
//! libpq has no timeout for a query. A server that accepts a query and never answers, or a path that drops packets,
//! blocks the thread until the server answers or the connection breaks; the size of the pool bounds how many threads
//! block. Request handlers use a handle from [`Db::with_timeout`]: after 8 s they get [`Error::Busy`], while the thread
//! waits for the end of its query. So a write that was reported as `Busy` may still commit. The delivery engine uses
//! a handle without a timeout, because it must know the outcome of its claims.

pub mod accounts;
pub mod chatwoot;
#[cfg(test)]
mod close_tests;
#[expect(missing_docs, reason = "the MultiConnection derive writes items without any")]
pub mod connection;
pub mod deliveries;
mod error;
pub mod events;
pub mod inboxes;
#[cfg(test)]
mod log_tests;
pub mod once;
#[cfg(test)]
mod query_plans;
mod schema;
mod sql;
pub mod system;
#[cfg(test)]
mod vacuum_tests;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{NopErrorHandler, Pool};
use diesel::{RunQueryDsl, sql_query};
use tokio::sync::Semaphore;

use crate::domain::secret_box::SecretBox;
use crate::domain::system::database_url::DatabaseUrl;
pub use connection::DbConnection;
use connection::START_TIMEOUT;
use connection::file_lock::FileLock;
pub use connection::migrations::Progress;
use connection::slot::Slot;
use connection::sqlite_writer::{QueuedJob, Writer};
use connection::usable::Usable;
use connection::write_health::WriteHealth;
use connection::{Access, Link, Manager, Pooled, migrations, transaction};
pub use error::{Error, JobError, Unusable, WriteError};
pub use system::server_clock::now as now_on;

/// A handle to the open database. A clone shares the pool and the writer; it copies the URL and a few pointers.
#[derive(Clone)]
pub struct Db {
    url: DatabaseUrl,
    pool: Pool<Manager>,
    /// As many permits as the pool has connections.
    permits: Arc<Semaphore>,
    /// SQLite only.
    writer: Option<Writer>,
    secret_box: Arc<SecretBox>,
    timeout: Option<Duration>,
    link: Arc<Link>,
    usable: Arc<Usable>,
    writes: Arc<WriteHealth>,
    /// A newer version has migrated the database.
    is_newer: Arc<AtomicBool>,
    /// In the process that serves a SQLite file.
    lock: Option<Arc<FileLock>>,
}

/// Between two looks at the pool while it is emptied.
const CLOSE_POLL: Duration = Duration::from_millis(2);
/// How long [`Db::close`] waits for running queries.
const CLOSE_READS_TIMEOUT: Duration = Duration::from_secs(2);
/// How long [`Db::close`] then waits for the writer: for a commit on a slow disk, and for the checkpoint of the WAL.
const CLOSE_WRITER_TIMEOUT: Duration = Duration::from_secs(4);
/// Connections of the pool on SQLite, for reading; the writer has one more.
const SQLITE_READERS: u32 = 4;
/// Connections of the pool on Postgres.
const POSTGRES_CONNECTIONS: u32 = 10;
/// With less space on the disk of the SQLite file new events are refused; the rest is for the results of what is stored.
const DISK_FREE_MIN_BYTES: u64 = 64 * 1024 * 1024;
/// Steps of one vacuum: 4 GB. A cleanup runs one every 10 minutes.
const VACUUM_STEPS_MAX: usize = 1_000;
/// The pause between two steps of a vacuum, for other writes.
const VACUUM_PAUSE: Duration = Duration::from_millis(20);
/// How long the caller of a handle from [`Db::with_timeout`] waits for a query or a transaction.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Work with a connection of the pool.
type PoolWork = Box<dyn FnOnce(&mut Pooled) + Send>;

/// Free bytes on the disk of the SQLite file. `None` on Postgres, and if the file system does not answer.
pub fn free_space(url: &DatabaseUrl) -> Option<u64> {
    let folder = url.file()?.parent().filter(|folder| !folder.as_os_str().is_empty());
    let disk = rustix::fs::statvfs(folder.unwrap_or_else(|| std::path::Path::new("."))).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Db {
    /// Opens the database and applies pending migrations. The process that serves a SQLite file passes its `lock`.
    pub fn open(url: &DatabaseUrl, secret_box: SecretBox, lock: Option<FileLock>) -> Result<Self, Error> {
        Self::open_with_progress(url, secret_box, lock, &|_| ())
    }

    /// The same; calls `progress` before each part of the migration.
    pub fn open_with_progress(
        url: &DatabaseUrl,
        secret_box: SecretBox,
        lock: Option<FileLock>,
        progress: &Progress<'_>,
    ) -> Result<Self, Error> {
        let mut conn = connection::open(url, Access::ReadWrite)?;
        connection::check_sqlite_version(&mut conn)?;
        migrations::run_with_progress(&mut conn, progress)?;
        let sqlite = url.file().is_some();
        let access = if sqlite { Access::ReadOnly } else { Access::ReadWrite };
        let connections = if sqlite { SQLITE_READERS } else { POSTGRES_CONNECTIONS };
        let link = Arc::new(Link::default());
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .connection_timeout(START_TIMEOUT)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Manager { url: url.clone(), access, link: Arc::clone(&link) });
        let usable = Arc::new(Usable::default());
        let writes = Arc::new(WriteHealth::default());
        let writer = if sqlite { Some(Writer::start(conn, Arc::clone(&usable), Arc::clone(&writes))?) } else { None };
        let permits = Arc::new(Semaphore::new(connections as usize));
        let (secret_box, lock, is_newer) = (Arc::new(secret_box), lock.map(Arc::new), Arc::default());
        Ok(Self {
            url: url.clone(),
            pool,
            permits,
            writer,
            secret_box,
            timeout: None,
            link,
            usable,
            writes,
            is_newer,
            lock,
        })
    }

    /// A handle whose calls return [`Error::Busy`] after 8 s. A write that had begun by then may still commit.
    pub fn with_timeout(&self) -> Self {
        Self { timeout: Some(REQUEST_TIMEOUT), ..self.clone() }
    }

    /// Runs queries that change nothing, on a thread for blocking work. If no connection is free within 5 s, the query
    /// does not start, and the result is [`Error::Busy`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        self.pooled(query, Error::Busy).await
    }

    /// Runs `job` in one transaction, which is on disk when this returns. An error or a panic of `job` rolls it back. If
    /// the job cannot start within 5 s, the result is [`Error::Busy`]. Dropping the future does not cancel a job that is
    /// queued or running: it may still commit.
    pub async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        self.write_then(job, |value| value).await
    }

    /// Like [`Self::write`], for a job that may refuse. A refusal rolls the transaction back too.
    pub async fn write_or_refuse<T, R, F>(&self, job: F) -> Result<T, WriteError<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, WriteError<R>> + Send + 'static,
    {
        self.write_then(job, |value| value).await
    }

    /// Like [`Self::write`], and calls `then` right after the commit, even if the future was dropped. `then` runs on the
    /// thread of the transaction and must not block.
    pub async fn write_then<T, U, E, F, G>(&self, job: F, then: G) -> Result<U, E>
    where
        T: Send + 'static,
        U: Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> U + Send + 'static,
    {
        self.check_open()?;
        self.usable.check().map_err(Error::from)?;
        let running = self.writes.begin();
        let written = match &self.writer {
            Some(writer) => {
                let (job, result) = QueuedJob::new(job, then);
                let done = self.within_timeout(writer.run(job), Error::Unconfirmed).await;
                done.map_err(E::from).and_then(|()| result.take().unwrap_or_else(|| Err(Error::TaskFailed.into())))
            }
            None => {
                // The thread may continue after the caller's timeout.
                let work = move |conn: &mut DbConnection| {
                    let _running = running;
                    transaction::run(conn, job).map(then)
                };
                self.pooled(work, Error::Unconfirmed).await
            }
        };
        written.inspect_err(|error: &E| {
            if let Some(error) = error.database() {
                self.writes.note_failure(error);
            }
        })
    }

    /// Runs `work` with a connection of the pool, or returns `late` if the handle's timeout ends first.
    async fn pooled<T, E, F>(&self, work: F, late: Error) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        self.check_open()?;
        let (result, usable) = (Slot::default(), Arc::clone(&self.usable));
        let filled = result.clone();
        let work: PoolWork = Box::new(move |pooled| {
            filled.fill(work(&mut pooled.conn).inspect_err(|error| {
                if let Some(error) = error.database() {
                    pooled.mark_suspect(error);
                    usable.note(error);
                }
            }));
        });
        self.within_timeout(self.on_pool(work), late).await?;
        result.take().unwrap_or_else(|| Err(Error::TaskFailed.into()))
    }

    /// Runs `work` on a thread for blocking work, with a connection of the pool. Callers queue on a semaphore: in
    /// r2d2's own queue each would block a thread. A call whose time is over before it gets a connection never starts.
    async fn on_pool(&self, work: PoolWork) -> Result<(), Error> {
        let began = Instant::now();
        let permit = tokio::time::timeout(START_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Error::Busy)?.map_err(|_| Error::TaskFailed)?;
        let pool = self.pool.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let left = START_TIMEOUT.saturating_sub(began.elapsed());
            let mut pooled = pool.get_timeout(left).map_err(|_| Error::Busy)?;
            if began.elapsed() > START_TIMEOUT {
                return Err(Error::Busy);
            }
            work(&mut pooled);
            Ok(())
        });
        task.await.map_err(|error| if error.is_panic() { Error::Panicked } else { Error::TaskFailed })?
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.link.is_closed() { Err(Error::Closed) } else { Ok(()) }
    }

    /// The result of `work`, or `late` if the handle's timeout ends first.
    async fn within_timeout(&self, work: impl Future<Output = Result<(), Error>>, late: Error) -> Result<(), Error> {
        match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, work).await.unwrap_or(Err(late)),
            None => work.await,
        }
    }

    /// Closes all connections at the end of the process; later calls return [`Error::Closed`]. Waits at most 2 s for
    /// running queries and 4 s for the writer. SQLite's WAL is written into the file and removed, unless another process
    /// has the file open or a query is still running.
    pub async fn close(&self) {
        self.link.close();
        let all = self.permits.acquire_many(self.pool.max_size());
        let idle = tokio::time::timeout(CLOSE_READS_TIMEOUT, all).await;
        if idle.is_err() {
            tracing::warn!("the database is closed while a query is still running");
        }
        let (pool, link) = (self.pool.clone(), Arc::clone(&self.link));
        let drained = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            // `Manager::is_valid` refuses every connection of a closed link, so `try_get` makes the pool drop those that it
            // has. Another may be on its way into the pool: were it left open, SQLite would not remove the WAL.
            while link.connections() > 0 && begun.elapsed() < CLOSE_READS_TIMEOUT {
                drop(pool.try_get());
                std::thread::sleep(CLOSE_POLL);
            }
        });
        drop(drained.await);
        if let Some(writer) = &self.writer {
            // A command that runs beside a server makes no checkpoint: it would delay the server's writes.
            drop(tokio::time::timeout(CLOSE_WRITER_TIMEOUT, writer.close(self.lock.is_some())).await);
        }
    }

    /// Returns free pages of the SQLite file to the file system, 1,000 (4 MB) in a transaction, as long as their number
    /// falls, and at most 4 GB. Does nothing on Postgres, whose autovacuum reuses them.
    pub async fn vacuum(&self) -> Result<(), Error> {
        if self.is_shared() {
            return Ok(());
        }
        // Not `execute`, which takes one step of the statement: the pragma frees a page in each.
        let step = |conn: &mut DbConnection| {
            conn.batch_execute("PRAGMA incremental_vacuum(1000)")?;
            let free: FreePages =
                sql_query("SELECT freelist_count AS pages FROM pragma_freelist_count").get_result(conn)?;
            Ok(free.pages)
        };
        let mut free = i64::MAX;
        for _ in 0..VACUUM_STEPS_MAX {
            let left = self.write(step).await?;
            // A file that was made without auto_vacuum keeps its pages.
            if left == 0 || left >= free {
                return Ok(());
            }
            free = left;
            tokio::time::sleep(VACUUM_PAUSE).await;
        }
        Ok(())
    }

    /// Free bytes on the disk of the SQLite file. `None` on Postgres, and if the file system does not answer.
    pub fn free_space(&self) -> Option<u64> {
        free_space(&self.url)
    }

    /// Whether the disk of the SQLite file has so little space left that nothing new may be stored.
    pub fn is_disk_full(&self) -> bool {
        self.free_space().is_some_and(|free| free < DISK_FREE_MIN_BYTES)
    }

    /// Whether other processes may serve the same database: true on Postgres.
    pub const fn is_shared(&self) -> bool {
        self.writer.is_none()
    }

    /// Seals and opens stored secrets.
    pub fn secret_box(&self) -> Arc<SecretBox> {
        Arc::clone(&self.secret_box)
    }
}

#[derive(diesel::QueryableByName)]
struct FreePages {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pages: i64,
}

/// Applies pending migrations without opening the database for use.
pub fn migrate(url: &DatabaseUrl) -> Result<(), Error> {
    let mut conn = connection::open(url, Access::ReadWrite)?;
    connection::check_sqlite_version(&mut conn)?;
    migrations::run(&mut conn)
}

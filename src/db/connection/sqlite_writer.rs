//! The one writer of SQLite: a thread with one connection that commits queued jobs together (group commit).
//!
//! A durable commit takes an fsync. The thread takes all queued jobs, runs them in one transaction, each in a savepoint
//! so that a failing job fails by itself, and answers after the commit: the jobs share one fsync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::slot::Slot;
use super::transaction;
use super::usable::Usable;
use super::write_health::WriteHealth;
use crate::db::connection::START_TIMEOUT;
use crate::db::sql::literal::LiteralSql;
use crate::db::{DbConnection, Error, JobError};
use crate::fault_injection;

/// The length of the queue. While it is full, callers wait up to 5 s and then get [`Error::Busy`].
const QUEUED_JOBS_MAX: usize = 1024;
/// Jobs in one commit: enough to share the fsync, few enough to answer within milliseconds.
const COMMIT_JOBS_MAX: usize = 256;

/// Writes the WAL into the file and truncates it, unless a reader of another process blocks that for a second.
const CHECKPOINT: &str = "PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE);";

/// A message to the thread.
enum Message {
    Write(Job),
    /// Ends the thread. `closed` is answered once the connection is closed.
    Close {
        checkpoint: bool,
        closed: oneshot::Sender<()>,
    },
}

/// Runs inside the transaction; its answer is sent after the commit.
type Job = Box<dyn FnOnce(&mut Batch) -> Answer + Send>;
/// Sends a job's result to its caller. The argument says whether the commit succeeded.
type Answer = Box<dyn FnOnce(bool) + Send>;

/// The running transaction.
struct Batch {
    conn: DbConnection,
    /// False once SQLite has rolled back the whole transaction, as it may when the disk is full: later statements would
    /// be in a transaction of their own.
    is_intact: bool,
    usable: Arc<Usable>,
    writes: Arc<WriteHealth>,
}

/// A handle to the writer thread.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the thread; it ends when the last handle is dropped, or by [`Self::close`].
    pub fn start(conn: DbConnection, usable: Arc<Usable>, writes: Arc<WriteHealth>) -> Result<Self, Error> {
        let (queue, messages) = mpsc::channel(QUEUED_JOBS_MAX);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(Batch { conn, is_intact: true, usable, writes }, messages))
            .map_err(|_| Error::TaskFailed)?;
        Ok(Self { queue })
    }

    /// Runs the queued jobs, then closes the connection, after a checkpoint of the WAL if `checkpoint` is set. Later jobs
    /// are refused.
    pub async fn close(&self, checkpoint: bool) {
        let (closed, done) = oneshot::channel();
        if self.queue.send(Message::Close { checkpoint, closed }).await.is_ok() {
            drop(done.await);
        }
    }

    /// Queues a job and returns when its result is there. A job that does not start within 5 s, because another process
    /// holds the file or the disk is slow, never starts, and the result is [`Error::Busy`].
    pub async fn run(&self, queued: QueuedJob) -> Result<(), Error> {
        let QueuedJob { job, is_decided, mut done } = queued;
        let called_at = Instant::now();
        self.queue.send_timeout(Message::Write(job), START_TIMEOUT).await.map_err(|_| Error::Busy)?;
        if let Ok(done) = timeout_at(called_at + START_TIMEOUT, &mut done).await {
            return done.map_err(|_| Error::TaskFailed);
        }
        if !is_decided.swap(true, Ordering::AcqRel) {
            return Err(Error::Busy);
        }
        done.await.map_err(|_| Error::TaskFailed)
    }
}

/// A job for [`Writer::run`].
pub struct QueuedJob {
    job: Job,
    /// Set by the thread when it starts the job, or by the caller when it stops waiting: the first one decides.
    is_decided: Arc<AtomicBool>,
    done: oneshot::Receiver<()>,
}

impl QueuedJob {
    /// A job, and where its result will be. After the commit `then` turns what it returned into the result.
    pub fn new<T, U, E, F, G>(job: F, then: G) -> (Self, Slot<Result<U, E>>)
    where
        T: Send + 'static,
        U: Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> U + Send + 'static,
    {
        let (sender, done) = oneshot::channel();
        let (result, is_decided) = (Slot::default(), Arc::new(AtomicBool::new(false)));
        let (filled, is_decided_for_thread) = (result.clone(), Arc::clone(&is_decided));
        let job: Job = Box::new(move |batch| {
            if is_decided_for_thread.swap(true, Ordering::AcqRel) {
                return Box::new(|_| ());
            }
            let made = batch.in_savepoint(job);
            Box::new(move |committed| {
                filled.fill(match made {
                    made if committed => made.map(then),
                    Err(error) if error.database().is_some() => Err(error),
                    // A refusal too: it may be due to rows of another job, which were rolled back.
                    _ => Err(Error::Busy.into()),
                });
                // An error means that the caller's future was dropped.
                let _ = sender.send(());
            })
        });
        (Self { job, is_decided, done }, result)
    }
}

impl Batch {
    /// Runs `job` in a savepoint; an error or a panic rolls it back. diesel's own savepoints are not used, because it
    /// prepares their statements anew every time.
    fn in_savepoint<T, E: JobError>(&mut self, job: impl FnOnce(&mut DbConnection) -> Result<T, E>) -> Result<T, E> {
        if !self.is_intact {
            return Err(Error::Busy.into());
        }
        LiteralSql("SAVEPOINT job").execute(&mut self.conn).map_err(Error::from)?;
        let result = transaction::caught(&mut self.conn, job);
        if let Err(error) = &result {
            if let Some(error) = error.database() {
                self.usable.note(error);
            }
            self.is_intact = LiteralSql("ROLLBACK TO job").execute(&mut self.conn).is_ok();
        }
        if self.is_intact {
            LiteralSql("RELEASE job").execute(&mut self.conn).map_err(Error::from)?;
        }
        result
    }

    fn begin(&mut self) -> Result<(), Error> {
        transaction::begin(&mut self.conn)?;
        self.is_intact = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        if self.is_intact { transaction::commit(&mut self.conn) } else { Err(Error::Busy) }
    }
}

/// The loop of the thread.
fn write_all(mut batch: Batch, mut queue: mpsc::Receiver<Message>) {
    let mut messages = Vec::with_capacity(COMMIT_JOBS_MAX);
    let mut jobs = Vec::with_capacity(COMMIT_JOBS_MAX);
    while queue.blocking_recv_many(&mut messages, COMMIT_JOBS_MAX) > 0 {
        let mut closing = None;
        for message in messages.drain(..) {
            match message {
                Message::Write(job) if closing.is_none() => jobs.push(job),
                // Dropped: its caller gets `Error::TaskFailed`.
                Message::Write(_) => {}
                Message::Close { checkpoint, closed } => closing = Some((checkpoint, closed)),
            }
        }
        // A job that panics is caught where it runs. The thread outlives any other panic, too: without it nothing is stored.
        let written = catch_unwind(AssertUnwindSafe(|| {
            if !jobs.is_empty() {
                write(&mut batch, &mut jobs);
            }
        }));
        if written.is_err() {
            tracing::error!("a commit panicked; its jobs were rolled back, unless it had ended");
            // Their callers get `Error::TaskFailed`.
            jobs.clear();
            drop(transaction::roll_back(&mut batch.conn));
        }
        if let Some((checkpoint, closed)) = closing {
            // If it fails, SQLite reads the WAL at the next start.
            drop(checkpoint.then(|| batch.conn.batch_execute(CHECKPOINT)));
            drop(batch);
            let _ = closed.send(());
            return;
        }
    }
}

/// Runs the jobs in one transaction.
fn write(batch: &mut Batch, jobs: &mut Vec<Job>) {
    fault_injection::panic_point("sqlite-writer");
    let begun = batch.begin();
    let answers: Vec<Answer> = match &begun {
        Ok(()) => jobs.drain(..).map(|job| job(batch)).collect(),
        // The jobs are dropped below: their callers get `Error::TaskFailed`.
        Err(_) => Vec::new(),
    };
    jobs.clear();
    let committed = begun.and_then(|()| batch.commit());
    if let Err(error) = &committed {
        batch.usable.note(error);
        // Its callers get `Error::Busy`, so the cause is noted here.
        batch.writes.note_failure(error);
        error.log("a commit failed; its jobs were rolled back");
        drop(transaction::roll_back(&mut batch.conn));
    }
    for answer in answers {
        answer(committed.is_ok());
    }
}

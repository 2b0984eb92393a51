//! SQLite's one writer: a thread with one connection that commits waiting jobs together.
//!
//! A durable commit costs an fsync. Taking all jobs that wait, running them in one transaction (each in
//! a savepoint, so that a failing one fails alone) and answering only after the commit shares that cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::{DbConnection, Error, PATIENCE, transaction};

/// Jobs that may wait; behind a full queue callers wait 5 s and then hear `Busy`.
const QUEUE: usize = 1024;
/// Jobs in one commit: enough to share the fsync, few enough to answer within milliseconds.
const BATCH: usize = 256;

/// Runs inside the transaction; what comes out is told after its commit.
type Job = Box<dyn FnOnce(&mut DbConnection) -> Answer + Send>;
/// Tells the caller, once it is known whether the commit held.
type Answer = Box<dyn FnOnce(bool) + Send>;

/// A handle to the writer thread.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread; it ends when the last handle is gone.
    pub fn start(conn: DbConnection) -> Result<Self, Error> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(conn, queue))
            .map_err(|_| Error::Ended)?;
        Ok(Self { jobs })
    }

    /// Queues `job`; returns when its commit is on disk. A job whose turn does not come within 5 s, because
    /// another process holds the file or the disk is slow, is given up before it begins.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
    {
        let (tell, mut told) = oneshot::channel();
        let turn = Arc::new(AtomicBool::new(false));
        let mine = Arc::clone(&turn);
        let job: Job = Box::new(move |conn| {
            // Whoever takes the turn first decides: the writer, or the caller who waits no longer.
            if mine.swap(true, Ordering::AcqRel) {
                return Box::new(|_| ());
            }
            let result = in_savepoint(conn, job);
            Box::new(move |committed| {
                // A caller that stopped waiting is no fault.
                drop(tell.send(if committed { result } else { result.and(Err(Error::Busy)) }));
            })
        });
        let queued = Instant::now();
        self.jobs.send_timeout(job, PATIENCE).await.map_err(|_| Error::Busy)?;
        if let Ok(told) = timeout_at(queued + PATIENCE, &mut told).await {
            return told.map_err(|_| Error::Ended)?;
        }
        if !turn.swap(true, Ordering::AcqRel) {
            return Err(Error::Busy);
        }
        told.await.map_err(|_| Error::Ended)?
    }
}

fn in_savepoint<T>(
    conn: &mut DbConnection,
    job: impl FnOnce(&mut DbConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.transaction(|conn| transaction::caught(conn, job))
}

fn write_all(mut conn: DbConnection, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let begun = transaction::begin(&mut conn);
        let answers: Vec<Answer> = match &begun {
            Ok(()) => batch.drain(..).map(|job| job(&mut conn)).collect(),
            // Dropping the jobs tells their callers.
            Err(_) => Vec::new(),
        };
        batch.clear();
        let committed = begun.and_then(|()| transaction::commit(&mut conn));
        if let Err(error) = &committed {
            tracing::error!(%error, "a commit failed; its jobs were undone");
            drop(transaction::roll_back(&mut conn));
        }
        for answer in answers {
            answer(committed.is_ok());
        }
    }
}

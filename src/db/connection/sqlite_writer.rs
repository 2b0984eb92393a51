//! SQLite's one writer: a thread with one connection that commits waiting jobs together.
//!
//! A durable commit costs an fsync. Taking all jobs that wait, running them in one transaction (each in
//! a savepoint, so that a failing one fails alone) and answering only after the commit shares that cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::file_watch::Usable;
use super::transaction;
use crate::db::sql::literal::Fixed;
use crate::db::{DbConnection, Error, PATIENCE};

/// Jobs that may wait; behind a full queue callers wait 5 s and then hear `Busy`.
const QUEUE: usize = 1024;
/// Jobs in one commit: enough to share the fsync, few enough to answer within milliseconds.
const BATCH: usize = 256;

/// Folds the log into the file and empties it, as long as no reader of another process stands in the way for a second.
const FOLD: &str = "PRAGMA busy_timeout = 1000; PRAGMA wal_checkpoint(TRUNCATE);";

/// What the thread is asked for.
enum Order {
    Write(Job),
    /// Ends the thread; the connection is closed when the answer comes.
    Close {
        fold: bool,
        closed: oneshot::Sender<()>,
    },
}

/// Runs inside the transaction; what comes out is told after its commit.
type Job = Box<dyn FnOnce(&mut Batch) -> Answer + Send>;
/// Tells the caller, once it is known whether the commit held.
type Answer = Box<dyn FnOnce(bool) + Send>;

/// A transaction that is being filled.
struct Batch {
    conn: DbConnection,
    /// False once SQLite has undone the whole of it, as it may when the disk is full: what came after would be a
    /// transaction of its own.
    whole: bool,
    usable: Arc<Usable>,
}

/// A handle to the writer thread.
#[derive(Clone)]
pub struct Writer {
    orders: mpsc::Sender<Order>,
}

impl Writer {
    /// Starts the thread; it ends when the last handle is gone, or by `close`.
    pub fn start(conn: DbConnection, usable: Arc<Usable>) -> Result<Self, Error> {
        let (orders, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(Batch { conn, whole: true, usable }, queue))
            .map_err(|_| Error::Ended)?;
        Ok(Self { orders })
    }

    /// Closes the connection behind the jobs that wait; `fold` empties the log first. Later jobs are refused.
    pub async fn close(&self, fold: bool) {
        let (closed, done) = oneshot::channel();
        if self.orders.send(Order::Close { fold, closed }).await.is_ok() {
            drop(done.await);
        }
    }

    /// Queues `job`; when its commit is on disk, `then` makes the answer of what it found. A job whose turn does not come within 5 s, because
    /// another process holds the file or the disk is slow, is given up before it begins.
    pub async fn run<T, U, F, G>(&self, job: F, then: G) -> Result<U, Error>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, Error> + Send + 'static,
        G: FnOnce(T) -> U + Send + 'static,
    {
        let (tell, mut told) = oneshot::channel();
        let turn = Arc::new(AtomicBool::new(false));
        let mine = Arc::clone(&turn);
        let job: Job = Box::new(move |batch| {
            // Whoever takes the turn first decides: the writer, or the caller who waits no longer.
            if mine.swap(true, Ordering::AcqRel) {
                return Box::new(|_| ());
            }
            let result = batch.in_savepoint(job);
            Box::new(move |committed| {
                let result = if committed { result.map(then) } else { result.and(Err(Error::Busy)) };
                // A caller that stopped waiting is no fault.
                drop(tell.send(result));
            })
        });
        let queued = Instant::now();
        self.orders.send_timeout(Order::Write(job), PATIENCE).await.map_err(|_| Error::Busy)?;
        if let Ok(told) = timeout_at(queued + PATIENCE, &mut told).await {
            return told.map_err(|_| Error::Ended)?;
        }
        if !turn.swap(true, Ordering::AcqRel) {
            return Err(Error::Busy);
        }
        told.await.map_err(|_| Error::Ended)?
    }
}

impl Batch {
    /// Not diesel's own savepoints: it prepares their sentences anew every time.
    fn in_savepoint<T>(&mut self, job: impl FnOnce(&mut DbConnection) -> Result<T, Error>) -> Result<T, Error> {
        if !self.whole {
            return Err(Error::Busy);
        }
        Fixed("SAVEPOINT job").execute(&mut self.conn)?;
        let result = transaction::caught(&mut self.conn, job);
        if let Err(error) = &result {
            self.usable.note(error);
            self.whole = Fixed("ROLLBACK TO job").execute(&mut self.conn).is_ok();
        }
        if self.whole {
            Fixed("RELEASE job").execute(&mut self.conn)?;
        }
        result
    }

    fn begin(&mut self) -> Result<(), Error> {
        transaction::begin(&mut self.conn)?;
        self.whole = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        if self.whole { transaction::commit(&mut self.conn) } else { Err(Error::Busy) }
    }
}

fn write_all(mut batch: Batch, mut queue: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(BATCH);
    let mut jobs = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut orders, BATCH) > 0 {
        let mut closing = None;
        for order in orders.drain(..) {
            match order {
                Order::Write(job) if closing.is_none() => jobs.push(job),
                // Dropping a job tells its caller.
                Order::Write(_) => {}
                Order::Close { fold, closed } => closing = Some((fold, closed)),
            }
        }
        if !jobs.is_empty() {
            write(&mut batch, &mut jobs);
        }
        if let Some((fold, closed)) = closing {
            // A log that stays is folded in at the next start.
            drop(fold.then(|| batch.conn.batch_execute(FOLD)));
            drop(batch);
            let _ = closed.send(());
            return;
        }
    }
}

/// Runs the jobs in one transaction.
fn write(batch: &mut Batch, jobs: &mut Vec<Job>) {
    let begun = batch.begin();
    let answers: Vec<Answer> = match &begun {
        Ok(()) => jobs.drain(..).map(|job| job(batch)).collect(),
        // Dropping the jobs tells their callers.
        Err(_) => Vec::new(),
    };
    jobs.clear();
    let committed = begun.and_then(|()| batch.commit());
    if let Err(error) = &committed {
        batch.usable.note(error);
        error.log("a commit failed; its jobs were undone");
        drop(transaction::roll_back(&mut batch.conn));
    }
    for answer in answers {
        answer(committed.is_ok());
    }
}

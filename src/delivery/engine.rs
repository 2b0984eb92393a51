//! The handle to the delivery engine, its start and its end. A process has one engine.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, mpsc};
use url::Url;

use super::backlog::Backlog;
use super::chatwoot::arrivals::Counts;
use super::chatwoot::{reconciler, visits};
use super::commit_queue::CommitQueue;
use super::network::sender::Sender;
use super::policy::concurrency::Concurrency;
use super::shared::{Inner, Pulse};
use super::tasks::{arrivals, cleanup, days, mass_changes, overload, recoveries};
use super::{ingest_writer, result_writer, worker};
use crate::clock;
use crate::db::deliveries::queue::record::{self, LeaseScope};
use crate::db::{self, Db};
use crate::domain::id::{IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::supervisor::Supervisor;

/// The limits of the engine, from the settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in flight, in total.
    pub in_flight: usize,
    /// Requests in flight to one webhook.
    pub per_webhook: usize,
    /// Pending deliveries of one webhook; more are a full backlog.
    pub backlog_per_webhook: i64,
    /// How long deliveries that have ended stay in the log.
    pub retention: Duration,
}

/// A handle to the engine; a clone is one more reference.
#[derive(Clone)]
pub struct Engine(pub(super) Arc<Inner>);

/// The length of the queue to the result writer; while it is full, attempts wait with their results.
const QUEUED_RESULTS_MAX: usize = 1024;
/// How long [`Engine::stop`] waits for attempts in flight.
const STOP_ATTEMPTS_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it then waits for the database to release the leases. Leases that are not released expire.
const STOP_RELEASE_TIMEOUT: Duration = Duration::from_secs(3);
/// Interrupted deliveries are due again at a random time within this time, so that not all are sent at once.
const INTERRUPTED_SPREAD: Duration = Duration::from_secs(5);

impl Engine {
    /// Starts the engine on the current runtime. First reclaims the leases that an earlier process left: all of them on
    /// SQLite, expired ones on Postgres.
    /// `public_url` is the URL under which a Chatwoot reaches this server.
    pub async fn start(db: Db, sender: Sender, limits: Limits, public_url: &Url) -> Result<Self, db::Error> {
        let (results, queue) = mpsc::channel(QUEUED_RESULTS_MAX);
        let engine = Self(Arc::new(Inner {
            db,
            sender,
            public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            arrivals: Counts::default(),
            concurrency: Concurrency::new(limits.in_flight, limits.per_webhook),
            ids: IdSource::default(),
            wake: Notify::new(),
            mass_changes: Notify::new(),
            comparisons: Notify::new(),
            backlog: Backlog::new(),
            stopping: AtomicBool::new(false),
            overloaded: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            settled: Notify::new(),
            suspects: AtomicBool::new(false),
            ingest: CommitQueue::new(),
            ingest_places: Arc::new(Semaphore::new(ingest_writer::QUEUED_EVENTS_MAX)),
            routes: Mutex::default(),
            results,
            runtime: Handle::current(),
            targets: Mutex::default(),
            process: i64::from(u32::from_le_bytes(clock::random()) >> 1) << 32,
            retention: limits.retention,
            backlog_per_webhook: limits.backlog_per_webhook,
            skew: AtomicI64::new(0),
            set_forward: AtomicI64::new(0),
            pulse: Mutex::default(),
            supervisor: Supervisor::default(),
        }));
        let now = engine.0.ask_clock().await?;
        let scope = if engine.0.db.is_shared() { LeaseScope::Expired(now) } else { LeaseScope::All };
        engine.reclaim(scope).await?;
        days::prepare(&engine.0).await;
        let queue = Arc::new(tokio::sync::Mutex::new(result_writer::Queue::new(queue)));
        engine.supervise("result-writer", move |inner| result_writer::run(inner, Arc::clone(&queue)));
        engine.supervise("cleanup", cleanup::run);
        engine.supervise("overload", overload::run);
        engine.supervise("recoveries", recoveries::run);
        engine.supervise("mass-changes", mass_changes::run);
        engine.supervise("chatwoot-arrivals", arrivals::run);
        engine.supervise("chatwoot-visits", visits::run);
        engine.supervise("chatwoot-comparisons", reconciler::run);
        engine.supervise("worker", worker::run);
        Ok(engine)
    }

    /// Starts a task of the engine; see [`Supervisor::supervise`].
    fn supervise<T>(&self, name: &'static str, mut run: impl FnMut(Arc<Inner>) -> T + Send + 'static)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        self.0.supervisor.supervise(name, move || run(Arc::clone(&inner)));
    }

    /// Supervises the tasks of this process until [`Self::stop`].
    pub fn supervisor(&self) -> &Supervisor {
        &self.0.supervisor
    }

    /// Has the worker look for due deliveries now.
    pub fn wake(&self) {
        self.0.wake_for_look();
    }

    /// Continues a change of many deliveries whose first step was just committed: a deletion, or held deliveries that are
    /// sent or discarded.
    pub fn continue_mass_changes(&self) {
        self.0.mass_changes.notify_one();
    }

    /// Sends the deliveries of a webhook that was turned on, slowly at first: many may have been held.
    pub fn resume(&self, webhook: WebhookId) {
        self.0.concurrency.start_slow_ramp(webhook, self.0.now());
        self.wake();
    }

    /// Whether the engine has not been stopped.
    pub fn is_running(&self) -> bool {
        !self.0.stopping.load(Ordering::Relaxed)
    }

    /// The current state.
    pub fn pulse(&self) -> Pulse {
        Pulse {
            in_flight: self.0.running.load(Ordering::Relaxed),
            overloaded: self.0.overloaded.load(Ordering::Relaxed),
            ..*self.0.pulse()
        }
    }

    /// The next id for an event or a delivery.
    pub fn next_id(&self, now: Timestamp) -> i64 {
        self.0.next_id(now)
    }

    /// Stops claiming, waits up to 20 s for attempts in flight, and stores the others as interrupted. [`db::Error::Busy`]
    /// if the database does not answer within another 3 s.
    pub async fn stop(&self) -> Result<(), db::Error> {
        self.0.supervisor.stop();
        self.0.wake.notify_one();
        if tokio::time::timeout(STOP_ATTEMPTS_TIMEOUT, self.0.settle()).await.is_err() {
            tracing::warn!("attempts in flight were interrupted; they are repeated after the next start");
        }
        let counted = tokio::time::timeout(STOP_RELEASE_TIMEOUT, self.0.arrivals.store(&self.0.db)).await;
        if counted.is_ok_and(|stored| stored.is_err()) {
            tracing::warn!("counts of refused requests were not stored");
        }
        let own = self.reclaim(LeaseScope::Own(self.0.process, self.0.process | i64::from(u32::MAX)));
        tokio::time::timeout(STOP_RELEASE_TIMEOUT, own).await.map_err(|_| db::Error::Busy)?
    }

    async fn reclaim(&self, scope: LeaseScope) -> Result<(), db::Error> {
        let due = self.0.now().after(INTERRUPTED_SPREAD.mul_f64(clock::random_fraction()));
        while self.0.db.write(move |conn| record::interrupt(conn, scope, due)).await? > 0 {}
        Ok(())
    }
}

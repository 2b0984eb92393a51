//! What the parts of the delivery task share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use url::Url;

use super::backlog::Backlog;
use super::chatwoot::arrivals::Counts;
use super::engine_clock::EngineClock;
use super::in_flight::InFlight;
use super::intake::Intake;
use super::network::sender::Sender;
use super::policy::concurrency::Concurrency;
use super::targets::Targets;
use crate::db::deliveries::queue::rows::{Finished, Lease, NewDelivery};
use crate::db::{self, Db, DbConnection, JobError};
use crate::domain::deliveries::Trigger;
use crate::domain::events::Event;
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::domain::secret_box::expose;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::LEASE;
use crate::liveness::Liveness;
use crate::supervisor::Supervisor;
use crate::{clock, fault_injection};

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

/// The length of the queue to the result writer; while it is full, attempts wait with their results.
const QUEUED_RESULTS_MAX: usize = 1024;

/// What the parts of an engine share.
pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) sender: Sender,
    pub(super) limits: Limits,
    /// The URL under which Chatwoot reaches this server, without a slash at its end.
    pub(super) public_url: String,
    /// A random number of this process: the upper half of the tokens of its leases.
    pub(super) process: i64,
    pub(super) runtime: Handle,
    pub(super) supervisor: Supervisor,
    pub(super) liveness: Liveness,
    pub(super) clock: Arc<EngineClock>,
    pub(super) ids: IdSource,
    pub(super) intake: Intake,
    /// Wakes the worker, also when a permit is released while it is not empty.
    pub(super) backlog: Backlog,
    pub(super) concurrency: Arc<Concurrency>,
    pub(super) in_flight: Arc<InFlight>,
    /// Locked while suspected deliveries are sent one at a time.
    pub(super) suspects: Arc<tokio::sync::Mutex<()>>,
    pub(super) results: mpsc::Sender<Finished>,
    pub(super) targets: Targets,
    /// Wakes the task that continues mass changes.
    pub(super) mass_changes: Notify,
    pub(super) arrivals: Counts,
    /// Wakes the comparison of connected Chatwoots.
    pub(super) comparisons: Notify,
    pulse: Mutex<Pulse>,
}

/// The state of the engine, for the status page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pulse {
    /// Attempts whose result is not yet stored.
    pub in_flight: usize,
    /// Whether new events are refused.
    pub overloaded: bool,
    /// When the last cleanup ended.
    pub cleaned_at: Option<Timestamp>,
    /// The role of this process on Postgres may not drop partitions, so old rows are deleted one by one.
    pub deletes_by_row: bool,
    /// The offset of the clock of a Postgres, in microseconds, as far as these times follow it.
    pub clock_offset: Option<i64>,
    /// When the clock of this machine or of the Postgres last jumped, and by how many microseconds.
    pub clock_set: Option<(Timestamp, i64)>,
}

impl Inner {
    /// What the parts of an engine share before its first task begins, and the queue of the results.
    pub(super) fn new(db: Db, sender: Sender, limits: Limits, public_url: &Url) -> (Self, mpsc::Receiver<Finished>) {
        let (results, queue) = mpsc::channel(QUEUED_RESULTS_MAX);
        let inner = Self {
            clock: Arc::new(EngineClock::of(&db)),
            db,
            sender,
            public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            process: i64::from(u32::from_le_bytes(clock::random()) >> 1) << 32,
            runtime: Handle::current(),
            supervisor: Supervisor::default(),
            liveness: Liveness::default(),
            ids: IdSource::default(),
            intake: Intake::new(),
            backlog: Backlog::new(),
            concurrency: Concurrency::new(limits.in_flight, limits.per_webhook),
            in_flight: Arc::default(),
            suspects: Arc::default(),
            results,
            targets: Targets::default(),
            mass_changes: Notify::new(),
            arrivals: Counts::default(),
            comparisons: Notify::new(),
            pulse: Mutex::default(),
            limits,
        };
        (inner, queue)
    }

    /// The next id for an event or a delivery.
    pub(super) fn next_id(&self, now: Timestamp) -> i64 {
        self.ids.next(now, u16::from_le_bytes(clock::random()))
    }

    /// A delivery of an event, with a new id.
    pub(super) fn new_delivery(
        &self,
        event: &Event,
        webhook_id: WebhookId,
        trigger: Trigger,
        lease: Option<Lease>,
    ) -> NewDelivery {
        NewDelivery {
            id: DeliveryId(self.next_id(event.created_at)),
            event_id: event.id,
            event: event.name,
            webhook_id,
            inbox_id: event.inbox_id,
            trigger,
            lease,
            now: event.created_at,
        }
    }

    /// A lease of this process from `now` on, with a random token.
    pub(super) fn lease(&self, now: Timestamp) -> Lease {
        Lease {
            token: self.process | i64::from(u32::from_le_bytes(clock::random())),
            until: now.after(fault_injection::lease(LEASE)),
        }
    }

    /// The time of the database's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a transaction that stores times, by the time that it gets. If stored times were shifted meanwhile, it is rolled
    /// back and repeated by the new clock; [`db::Error::ClockSet`] if they were shifted again.
    pub(super) async fn write_timed<T, F>(&self, work: F) -> Result<T, db::Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection, Timestamp) -> Result<T, db::Error> + Clone + Send + 'static,
    {
        self.write_timed_on(&self.db, work).await
    }

    /// Like [`Self::write_timed`], by this handle of the database, for work that may refuse.
    pub(super) async fn write_timed_on<T, E, F>(&self, db: &Db, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection, Timestamp) -> Result<T, E> + Clone + Send + 'static,
    {
        let again = work.clone();
        match db.write_then(timed(Arc::clone(&self.clock), work), |done| done).await {
            Err(error) if matches!(error.database(), Some(db::Error::ClockSet)) => {
                db.write_then(timed(Arc::clone(&self.clock), again), |done| done).await
            }
            written => written,
        }
    }

    /// Whether the tasks are to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.in_flight.is_stopping()
    }

    pub(super) fn pulse(&self) -> std::sync::MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that due deliveries of these webhooks got no permit, so that a released permit wakes the worker. Wakes it at
    /// once if a permit was released meanwhile.
    pub(super) fn mark_backlog(&self, webhooks: impl IntoIterator<Item = WebhookId>) {
        let webhooks: Vec<WebhookId> = webhooks.into_iter().collect();
        // Before the check: a permit that is released after this line wakes the worker.
        self.backlog.add(webhooks.iter().copied());
        let now = self.now();
        if webhooks.into_iter().any(|webhook| self.concurrency.has_room(webhook, now)) {
            self.backlog.wake();
        }
    }

    /// Hands a result to the result writer; waits while its queue is full.
    pub(super) async fn report(&self, finished: Finished) {
        // The queue outlives the tasks of the result writer.
        drop(self.results.send(finished).await);
    }

    /// Runs `work` to its end on the engine's runtime, even if the future is dropped. [`db::Error::Busy`] after
    /// `timeout`, while the work continues.
    pub(super) async fn finish<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, db::Error>> + Send + 'static,
    ) -> Result<T, db::Error> {
        let ended = tokio::time::timeout(timeout, self.runtime.spawn(work)).await;
        ended.map_err(|_| db::Error::Busy)?.map_err(|_| db::Error::TaskFailed)?
    }

    /// Where the Chatwoot with this ingest key sends its events.
    pub(super) fn ingest_url(&self, key: &SecretString) -> String {
        format!("{}/ingest/chatwoot/{}", self.public_url, expose(key))
    }

    /// Runs `work` on the engine's runtime: callers run on threads of the HTTP server or of the database.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }
}

/// The job that runs `work` by the time of this clock, and fails if stored times were shifted meanwhile.
fn timed<T, E, F>(clock: Arc<EngineClock>, work: F) -> impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static
where
    T: Send + 'static,
    E: JobError,
    F: FnOnce(&mut DbConnection, Timestamp) -> Result<T, E> + Send + 'static,
{
    move |conn: &mut DbConnection| -> Result<T, E> {
        // In the job: on SQLite the clock may have been set while it waited.
        let offset = clock.offset();
        let done = work(conn, clock.now_at(offset))?;
        clock.confirm(conn, offset)?;
        Ok(done)
    }
}

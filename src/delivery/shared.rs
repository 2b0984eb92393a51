//! What the parts of the delivery task share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, mpsc};

use super::backlog::Backlog;
use super::chatwoot::arrivals::Counts;
use super::commit_queue::CommitQueue;
use super::network::sender::Sender;
use super::policy::concurrency::Concurrency;
use super::posted::Waiting;
use crate::db::deliveries::queue::rows::{Finished, Lease, NewDelivery};
use crate::db::events::routes::Routes;
use crate::db::{self, Db, webhooks};
use crate::domain::deliveries::Trigger;
use crate::domain::events::Event;
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::{LEASE, Target};
use crate::supervisor::Supervisor;
use crate::{clock, fault_injection};

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) sender: Sender,
    /// The URL under which Chatwoot reaches this server, without a slash at its end.
    pub(super) public_url: String,
    pub(super) arrivals: Counts,
    pub(super) concurrency: Arc<Concurrency>,
    pub(super) ids: IdSource,
    /// Wakes the worker.
    pub(super) wake: Notify,
    /// Wakes the task that continues mass changes.
    pub(super) mass_changes: Notify,
    /// Wakes the comparison of connected Chatwoots.
    pub(super) comparisons: Notify,
    /// While it is not empty, a released permit wakes the worker.
    pub(super) backlog: Backlog,
    pub(super) stopping: AtomicBool,
    /// New events are refused.
    pub(super) overloaded: AtomicBool,
    /// Attempts whose result is not yet stored.
    pub(super) running: AtomicUsize,
    /// Notified when `running` becomes 0.
    pub(super) settled: Notify,
    /// Suspected deliveries are being sent one at a time.
    pub(super) suspects: AtomicBool,
    pub(super) ingest: CommitQueue<Waiting>,
    pub(super) ingest_places: Arc<Semaphore>,
    pub(super) routes: Mutex<Arc<Routes>>,
    pub(super) results: mpsc::Sender<Finished>,
    pub(super) runtime: Handle,
    pub(super) targets: Mutex<HashMap<WebhookId, Arc<Target>>>,
    /// A random number of this process: the upper half of the tokens of its leases.
    pub(super) process: i64,
    pub(super) retention: Duration,
    /// Pending deliveries of one webhook; more are a full backlog.
    pub(super) backlog_per_webhook: i64,
    /// The clock of a Postgres minus the time since the boot of this machine, in microseconds.
    pub(super) skew: AtomicI64,
    /// By how much rows from since the start may look older than they are, because the clock was set forward, in microseconds.
    pub(super) set_forward: AtomicI64,
    /// For the status page.
    pub(super) pulse: Mutex<Pulse>,
    pub(super) supervisor: Supervisor,
}

/// How often [`Inner::settle`] looks for permits that were released without an attempt.
const SETTLE_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Counts as a running attempt until it is dropped.
pub(super) struct RunningAttempt(Arc<Inner>);

impl Drop for RunningAttempt {
    fn drop(&mut self) {
        self.0.end_attempts(1);
    }
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
    /// When the clock of this machine last jumped, and by how many microseconds.
    pub clock_set: Option<(Timestamp, i64)>,
}

impl Inner {
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

    /// The time of the database's clock, for due times and leases: on SQLite that of this machine, on Postgres by the
    /// difference that was last measured.
    pub(super) fn now(&self) -> Timestamp {
        self.now_at(self.clock_offset())
    }

    /// [`Self::now`] with an offset that [`Self::clock_offset`] returned.
    pub(super) fn now_at(&self, offset: i64) -> Timestamp {
        if self.db.is_shared() {
            clock::since_boot().plus_micros(self.skew.load(Ordering::Relaxed))
        } else {
            clock::now_at(offset)
        }
    }

    /// The offset of the database's clock; see [`clock::offset`] and [`db::clock_offset`].
    pub(super) fn clock_offset(&self) -> i64 {
        if self.db.is_shared() { 0 } else { clock::offset() }
    }

    /// Reads the database's clock and measures the difference.
    pub(super) async fn ask_clock(&self) -> Result<Timestamp, db::Error> {
        let now = self.db.now().await?;
        self.set_clock(now);
        Ok(now)
    }

    /// Stores the difference to the database's clock, which shows `now`.
    pub(super) fn set_clock(&self, now: Timestamp) {
        self.skew.store(now.micros().saturating_sub(clock::since_boot().micros()), Ordering::Relaxed);
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
            self.wake.notify_one();
        }
    }

    /// Wakes the worker if due deliveries wait for a permit. Called after each release of one.
    pub(super) fn wake_for_backlog(&self) {
        if !self.backlog.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Has the worker look at all webhooks now.
    pub(super) fn wake_for_look(&self) {
        self.backlog.ask_for_look();
        self.wake.notify_one();
    }

    /// Lets no attempt begin from now on, and waits until none is in flight, none can begin with a permit that was taken
    /// before, and every result is stored.
    pub(super) async fn settle(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.concurrency.close();
        // In this order: an attempt counts as running before its permit is released.
        while !self.concurrency.is_unused() || self.running.load(Ordering::SeqCst) > 0 {
            drop(tokio::time::timeout(SETTLE_POLL_INTERVAL, self.settled.notified()).await);
        }
    }

    /// Counts an attempt that needs no permit as running, from before its delivery is leased until its result is stored.
    /// `None` while the engine stops.
    pub(super) fn begin_attempt(self: &Arc<Self>) -> Option<RunningAttempt> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = RunningAttempt(Arc::clone(self));
        (!self.stopping.load(Ordering::SeqCst)).then_some(running)
    }

    /// Counts results that need no more work.
    pub(super) fn end_attempts(&self, results: usize) {
        if results > 0 && self.running.fetch_sub(results, Ordering::SeqCst) == results {
            self.settled.notify_one();
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

    /// Runs `work` on the engine's runtime: callers run on threads of the HTTP server or of the database.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// The target of a webhook: from the cache if it has this version, else from the database. `None` once the webhook is
    /// deleted.
    pub(super) async fn target(&self, id: WebhookId, version: Option<i32>) -> Result<Option<Arc<Target>>, db::Error> {
        if let Some(target) = self.targets().get(&id).filter(|target| Some(target.version) == version) {
            return Ok(Some(Arc::clone(target)));
        }
        let secret_box = self.db.secret_box();
        let loaded = self.db.read(move |conn| webhooks::target::target(conn, &secret_box, id)).await?.map(Arc::new);
        match &loaded {
            Some(target) => drop(self.targets().insert(id, Arc::clone(target))),
            None => drop(self.targets().remove(&id)),
        }
        Ok(loaded)
    }

    /// The origin of a webhook's URL, if its target is in the cache.
    pub(super) fn receiver(&self, id: WebhookId) -> Option<Arc<str>> {
        self.targets().get(&id).map(|target| target.url.origin().into())
    }

    fn targets(&self) -> std::sync::MutexGuard<'_, HashMap<WebhookId, Arc<Target>>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

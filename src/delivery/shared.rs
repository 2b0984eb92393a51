//! What the parts of the delivery task share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use super::network::sender::Sender;
use super::policy::concurrency::Slots;
use crate::db::deliveries::queue::rows::{Finished, Lease};
use crate::db::{self, Db, webhooks};
use crate::domain::id::{IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::{LEASE, Target};
use crate::{clock, fault_injection};

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) sender: Sender,
    pub(super) slots: Arc<Slots>,
    pub(super) ids: IdSource,
    /// Work may be there.
    pub(super) wake: Notify,
    /// Due deliveries were left for want of slots: a slot that comes free is a reason to look again.
    pub(super) backlog: AtomicBool,
    pub(super) stopping: AtomicBool,
    /// No more events are taken in.
    pub(super) overloaded: AtomicBool,
    /// Attempts whose result is not yet written down.
    pub(super) running: AtomicUsize,
    pub(super) settled: Notify,
    /// Deliveries that must be sent alone are being sent.
    pub(super) suspects: AtomicBool,
    pub(super) results: mpsc::Sender<Finished>,
    pub(super) runtime: Handle,
    pub(super) targets: Mutex<HashMap<WebhookId, Arc<Target>>>,
    /// Its number among those that share the database: the upper half of its leases' tokens.
    pub(super) process: i64,
    pub(super) retention: Duration,
    /// The database's clock minus ours, in microseconds.
    pub(super) skew: AtomicI64,
    /// How far our clock was set forward since the start, in microseconds.
    pub(super) set_forward: AtomicI64,
    /// What the page on the system's state tells.
    pub(super) pulse: Mutex<Pulse>,
}

/// What the delivery task did last, and does now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pulse {
    /// Attempts on their way.
    pub in_flight: usize,
    /// No more events are taken in.
    pub overloaded: bool,
    /// When old rows were last removed.
    pub cleaned_at: Option<Timestamp>,
    /// When the machine's clock was last set, and by how many microseconds.
    pub clock_set: Option<(Timestamp, i64)>,
}

impl Inner {
    /// The next id for an event or a delivery.
    pub(super) fn next_id(&self, now: Timestamp) -> i64 {
        self.ids.next(now, u16::from_le_bytes(clock::random()))
    }

    /// A new lease of this process.
    pub(super) fn lease(&self, now: Timestamp) -> Lease {
        Lease {
            token: self.process | i64::from(u32::from_le_bytes(clock::random())),
            until: now.after(fault_injection::lease(LEASE)),
        }
    }

    /// The database's clock, as far as it is known without asking: due times and leases are its matter.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros(clock::now().micros().saturating_add(self.skew.load(Ordering::Relaxed)))
    }

    /// Asks the database's clock.
    pub(super) async fn ask_clock(&self) -> Result<Timestamp, db::Error> {
        let now = self.db.now().await?;
        self.set_clock(now);
        Ok(now)
    }

    /// Notes what the database's clock shows.
    pub(super) fn set_clock(&self, now: Timestamp) {
        self.skew.store(now.micros().saturating_sub(clock::now().micros()), Ordering::Relaxed);
    }

    pub(super) fn pulse(&self) -> std::sync::MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deliveries were left for want of slots. One may have come free since: then nobody else would wake the worker.
    pub(super) fn left_waiting(&self, webhooks: impl IntoIterator<Item = WebhookId>) {
        // First this: who gives a slot back from now on wakes the worker.
        self.backlog.store(true, Ordering::Relaxed);
        let now = self.now();
        if webhooks.into_iter().any(|webhook| self.slots.has_room(webhook, now)) {
            self.wake.notify_one();
        }
    }

    /// A slot has come free: work may wait for it.
    pub(super) fn wake_for_backlog(&self) {
        if self.backlog.load(Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }

    /// Waits until no attempt is on its way and every result is written down.
    pub(super) async fn settle(&self) {
        while self.running.load(Ordering::Acquire) > 0 {
            self.settled.notified().await;
        }
    }

    /// Hands a result to the recorder.
    pub(super) async fn report(&self, finished: Finished) {
        // The recorder ends only with the process.
        drop(self.results.send(finished).await);
    }

    /// Runs `work` to its end on the delivery task's runtime, also when the caller stops waiting, or has waited for
    /// `patience` and hears `Busy`.
    pub(super) async fn finish<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, db::Error>> + Send + 'static,
    ) -> Result<T, db::Error> {
        let ended = tokio::time::timeout(patience, self.runtime.spawn(work)).await;
        ended.map_err(|_| db::Error::Busy)?.map_err(|_| db::Error::TaskFailed)?
    }

    /// Runs `work` on the delivery task's runtime, wherever the caller runs.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// What to send with, from memory while the webhook's version is the same. `None` once it is deleted.
    pub(super) async fn target(&self, id: WebhookId, version: i32) -> Result<Option<Arc<Target>>, db::Error> {
        if let Some(target) = self.targets().get(&id).filter(|target| target.version == version) {
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

    fn targets(&self) -> std::sync::MutexGuard<'_, HashMap<WebhookId, Arc<Target>>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

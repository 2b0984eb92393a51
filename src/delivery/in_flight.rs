//! The attempts in flight, and the stop that waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::policy::concurrency::Concurrency;

/// How often [`InFlight::settle`] looks for permits that were released without an attempt.
const SETTLE_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Attempts whose result is not yet stored.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    attempts: AtomicUsize,
    is_stopping: AtomicBool,
    /// Notified when no attempt is left.
    settled: Notify,
}

impl InFlight {
    /// Counts an attempt that has a permit. Call it before the permit is released.
    pub(super) fn begin(&self) {
        self.attempts.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts an attempt that needs no permit, from before its delivery is leased until its result is stored. `None` while the
    /// engine stops.
    pub(super) fn begin_without_permit(self: &Arc<Self>) -> Option<Running> {
        self.begin();
        let running = Running(Arc::clone(self));
        (!self.is_stopping()).then_some(running)
    }

    /// Counts results that need no more work.
    pub(super) fn end(&self, results: usize) {
        if results > 0 && self.attempts.fetch_sub(results, Ordering::SeqCst) == results {
            self.settled.notify_one();
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.attempts.load(Ordering::SeqCst)
    }

    /// Whether [`Self::settle`] was called.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Lets no attempt begin from now on, and waits until none is in flight, none can begin with a permit that was taken
    /// before, and every result is stored.
    pub(super) async fn settle(&self, concurrency: &Concurrency) {
        self.is_stopping.store(true, Ordering::SeqCst);
        concurrency.close();
        // In this order: an attempt is counted before its permit is released.
        while !concurrency.is_unused() || self.count() > 0 {
            drop(tokio::time::timeout(SETTLE_POLL_INTERVAL, self.settled.notified()).await);
        }
    }
}

/// Counts as an attempt in flight until it is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<InFlight>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end(1);
    }
}

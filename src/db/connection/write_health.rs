//! Whether the database takes writes.
//!
//! Reads may work while no write does: a full disk, a read-only file system, a Postgres that was fenced off, a commit
//! that takes many seconds, a table that was changed by hand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::db::Error;

/// How long writes may fail, or one may take, before `/readyz` and the status page say so.
const REPORTED_AFTER: Duration = Duration::from_secs(5);
/// How long no write may fail before an outage has ended: on a full disk small writes succeed between large ones.
const QUIET: Duration = Duration::from_secs(3);

/// The writes that run, and since when writes fail.
#[derive(Debug, Default)]
pub struct WriteHealth {
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each running write began, in the order of their beginnings.
    running: BTreeMap<u64, Instant>,
    failing: Option<Failing>,
}

#[derive(Clone, Debug)]
struct Failing {
    since: Instant,
    /// When the last write failed.
    last_at: Instant,
    error: String,
}

/// A running write; dropping it ends it.
#[derive(Debug)]
pub struct RunningWrite {
    health: Arc<WriteHealth>,
    number: u64,
}

impl WriteHealth {
    /// Notes that a write begins.
    pub(in crate::db) fn begin(self: &Arc<Self>) -> RunningWrite {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.state().running.insert(number, Instant::now());
        RunningWrite { health: Arc::clone(self), number }
    }

    /// Notes the error of a write. Logs the first of a series; errors that say nothing about the database as a whole do
    /// not count.
    pub(in crate::db) fn note_failure(&self, error: &Error) {
        if !error.is_outage() {
            return;
        }
        let (mut state, now) = (self.state(), Instant::now());
        if let Some(failing) = &mut state.failing {
            failing.last_at = now;
            return;
        }
        state.failing = Some(Failing { since: now, last_at: now, error: error.to_string() });
        drop(state);
        error.log_outage();
    }

    /// Notes that a write of every kind has succeeded at `now`. Ends an outage in which none has failed for 3 s.
    pub(in crate::db) fn note_success(&self, now: Instant) {
        let is_over = |failing: &mut Failing| now.saturating_duration_since(failing.last_at) >= QUIET;
        let ended = self.state().failing.take_if(is_over);
        if let Some(failing) = ended {
            tracing::info!(seconds = failing.since.elapsed().as_secs(), "the database can be written to again");
        }
    }

    /// Whether writes fail.
    pub(in crate::db) fn is_failing(&self) -> bool {
        self.state().failing.is_some()
    }

    /// Why the database cannot be written to, once that has lasted for 5 s.
    pub fn outage(&self, now: Instant) -> Option<String> {
        let state = self.state();
        let lasts = |since: Instant| now.saturating_duration_since(since) >= REPORTED_AFTER;
        if let Some(failing) = state.failing.as_ref().filter(|failing| lasts(failing.since)) {
            return Some(failing.error.clone());
        }
        let oldest = state.running.values().next().filter(|began_at| lasts(**began_at));
        oldest.map(|_| Error::Busy.to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningWrite {
    fn drop(&mut self) {
        self.health.state().running.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Error {
        Error::Busy
    }

    #[test]
    fn an_outage_is_reported_once_it_lasts() {
        let health = Arc::new(WriteHealth::default());
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert_eq!(health.outage(later(60)), None);
        health.note_failure(&Error::CorruptValue("status"));
        assert_eq!(health.outage(later(60)), None, "that is no fault of the database");
        health.note_failure(&busy());
        assert_eq!(health.outage(later(4)), None);
        assert_eq!(health.outage(later(6)), Some(busy().to_string()));
        health.note_success(later(2));
        assert_eq!(health.outage(later(6)), Some(busy().to_string()), "one small write succeeded");
        health.note_success(later(4));
        assert_eq!(health.outage(later(60)), None);
    }

    #[test]
    fn a_write_that_does_not_end_is_an_outage() {
        let health = Arc::new(WriteHealth::default());
        let (long, short) = (health.begin(), health.begin());
        drop(short);
        let later = Instant::now() + Duration::from_secs(6);
        assert_eq!(health.outage(later), Some(busy().to_string()));
        drop(long);
        assert_eq!(health.outage(later), None);
    }
}

//! State that all connections of a pool share: whether the pool is closed, and whether the last connect failed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::db::Error;

/// Shared by the pool, its connections and the handles of the database.
#[derive(Debug, Default)]
pub struct Link {
    closed: AtomicBool,
    /// Connections that are open or being opened.
    connections: AtomicUsize,
    connects: Mutex<Connects>,
}

impl Link {
    /// From now on connections are closed when they return to the pool, and none is opened.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Counts a connection that is about to be opened; [`Error::Closed`] after [`Self::close`]. Either this call finds the
    /// link closed, or the caller of `close` finds the connection in [`Self::connections`].
    pub(super) fn count_connection(self: &Arc<Self>) -> Result<CountedConnection, Error> {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let counted = CountedConnection(Arc::clone(self));
        if self.closed.load(Ordering::SeqCst) { Err(Error::Closed) } else { Ok(counted) }
    }

    /// How many connections are open or being opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Logs the first failure of a series and the first success after it. r2d2 would log each retry: 91 lines during a
    /// pooler's restart of 2 minutes. `begun_at` is when the connect began.
    pub(super) fn note_connect(&self, begun_at: Instant, result: Result<(), &Error>) {
        let mut connects = self.connects.lock().unwrap_or_else(PoisonError::into_inner);
        let is_change = connects.note(begun_at, Instant::now(), result.is_err());
        drop(connects);
        match result {
            _ if !is_change => {}
            Ok(()) => tracing::info!("the database can be reached again"),
            Err(error) => tracing::error!(%error, "no connection to the database can be made"),
        }
    }
}

/// How the last connects ended.
#[derive(Debug, Default)]
struct Connects {
    have_failed: bool,
    /// When `have_failed` changed last.
    changed_at: Option<Instant>,
}

impl Connects {
    /// Whether this connect begins or ends a series of failures. Connects run at once and end in any order: one that
    /// began before the last change says nothing about the time since.
    fn note(&mut self, begun_at: Instant, now: Instant, failed: bool) -> bool {
        if self.changed_at.is_some_and(|changed_at| begun_at < changed_at) || self.have_failed == failed {
            return false;
        }
        *self = Self { have_failed: failed, changed_at: Some(now) };
        true
    }
}

/// One connection; dropped after it was closed.
#[derive(Debug)]
pub struct CountedConnection(Arc<Link>);

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_connect_that_began_before_the_last_change_changes_nothing() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut connects = Connects::default();
        for (begun, ended, failed, is_change) in [
            (0, 1, false, false),
            (2, 3, true, true),
            (3, 4, true, false),
            // Began before the failure, ended after it.
            (2, 5, false, false),
            (4, 6, false, true),
            // The same the other way round: its failure is older than the success.
            (5, 7, true, false),
            (7, 8, true, true),
        ] {
            assert_eq!(connects.note(at(begun), at(ended), failed), is_change, "{begun} to {ended}");
        }
    }
}

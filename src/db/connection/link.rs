//! State that all connections of a pool share: whether the pool is closed, and whether the last connect failed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::r2d2::HandleError;

use crate::db::Error;

/// Shared by the pool, its connections and the handles of the database.
#[derive(Debug, Default)]
pub struct Link {
    closed: AtomicBool,
    /// Connections that are open or being opened.
    connections: AtomicUsize,
    broken: AtomicBool,
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

    /// Logs the first connection after a failure.
    pub(super) fn note_connected(&self) {
        if self.broken.swap(false, Ordering::Relaxed) {
            tracing::info!("the database can be reached again");
        }
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

/// Logs only the first failure of a series. r2d2 would log each retry: 91 lines during a pooler's restart of 2 minutes.
#[derive(Debug)]
pub struct LogFirst {
    /// Remembers that a series of failures has begun.
    pub link: Arc<Link>,
    /// The SQLite file. While it is missing nothing is logged here: the file watch reports it.
    pub file: Option<PathBuf>,
}

impl HandleError<Error> for LogFirst {
    fn handle_error(&self, error: Error) {
        let is_gone = self.file.as_ref().is_some_and(|file| !file.exists());
        if !self.link.is_closed() && !is_gone && !self.link.broken.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "no connection to the database can be made");
        }
    }
}

//! What all connections of a pool share: whether the pool is closed, and whether the database was there the last time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::r2d2::HandleError;

use crate::db::Error;

/// The state of a pool's way to its database.
#[derive(Debug, Default)]
pub struct Link {
    closed: AtomicBool,
    broken: AtomicBool,
}

impl Link {
    /// From now on connections end when they are given back, and none is made.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Nothing begins any more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// A connection was made.
    pub(super) fn answers(&self) {
        if self.broken.swap(false, Ordering::Relaxed) {
            tracing::info!("connections to the database are made again");
        }
    }
}

/// r2d2 would log each of its attempts: 91 lines in the two minutes of a pooler's restart.
#[derive(Debug)]
pub struct LogFirst {
    /// The state of the pool.
    pub link: Arc<Link>,
    /// The SQLite file. The file watch logs that it is gone.
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

//! The way in of posted events: the queue before the writer, and what decides whether and where they go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::commit_queue::CommitQueue;
use super::posted::Waiting;
use crate::db::events::routes::Routes;
use crate::db::{DbConnection, Error};
use crate::domain::events::batch;

/// The length of the queue; while it is full, requests wait for 5 s.
const QUEUED_EVENTS_MAX: usize = 1024;
const _: () = assert!(batch::EVENTS_MAX <= QUEUED_EVENTS_MAX, "a batch has to fit");

/// Events that wait, and the routes of the webhooks.
pub(super) struct Intake {
    pub(super) queue: CommitQueue<Waiting>,
    places: Arc<Semaphore>,
    routes: Mutex<Arc<Routes>>,
    is_overloaded: AtomicBool,
}

impl Intake {
    /// An empty queue.
    pub(super) fn new() -> Self {
        Self {
            queue: CommitQueue::new(),
            places: Arc::new(Semaphore::new(QUEUED_EVENTS_MAX)),
            routes: Mutex::default(),
            is_overloaded: AtomicBool::new(false),
        }
    }

    /// Places in the queue. [`Error::Busy`] if so many are not free within `timeout`.
    pub(super) async fn places(&self, events: usize, timeout: Duration) -> Result<OwnedSemaphorePermit, Error> {
        let count = u32::try_from(events).unwrap_or(u32::MAX);
        let places = tokio::time::timeout(timeout, Arc::clone(&self.places).acquire_many_owned(count)).await;
        places.map_err(|_| Error::Busy)?.map_err(|_| Error::TaskFailed)
    }

    /// The routes as they are in the database; read again when a webhook or inbox was changed.
    pub(super) fn routes(&self, conn: &mut DbConnection) -> Result<Arc<Routes>, Error> {
        let known = Arc::clone(&self.routes.lock().unwrap_or_else(PoisonError::into_inner));
        if known.are_current(conn)? {
            return Ok(known);
        }
        let loaded = Arc::new(Routes::load(conn)?);
        *self.routes.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&loaded);
        Ok(loaded)
    }

    /// Refuses new events, or accepts them again.
    pub(super) fn set_overloaded(&self, is_overloaded: bool) {
        self.is_overloaded.store(is_overloaded, Ordering::Relaxed);
    }

    /// Whether new events are refused.
    pub(super) fn is_overloaded(&self) -> bool {
        self.is_overloaded.load(Ordering::Relaxed)
    }
}

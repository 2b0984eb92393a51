//! Where a job on another thread leaves its result.
//!
//! The future that waits for the job does not know the type of the result. So the code of the runtime, which the compiler makes
//! anew for each type of future, exists once and not for each of some 250 queries. With the tasks of the supervisor and the
//! commands, which are boxed for the same reason, the binary has 26.3 MB of code instead of 29.7 (without link-time
//! optimization).

use std::sync::{Arc, Mutex, PoisonError};

/// A place for one value; a clone is the same place.
pub struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    /// Stores the value.
    pub fn fill(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Takes the value out; `None` if the slot is empty.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

//! The memory that the batches of all senders share: else a token and many connections could take all there is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of bodies that are larger than a single event may be: four batches of the largest size.
const TAKEN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A permit of the semaphore.
const UNIT_BYTES: usize = 1024;
/// How long a batch waits for others.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// What is left.
pub struct BatchMemory(Arc<Semaphore>);

impl BatchMemory {
    /// Nothing is taken.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(TAKEN_BYTES_MAX / UNIT_BYTES)))
    }

    /// Takes this many bytes until the permit is dropped. `None` if others hold too much for 5 s.
    pub async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).ok()?;
        tokio::time::timeout(WAIT_MAX, Arc::clone(&self.0).acquire_many_owned(units)).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::batch;

    #[tokio::test]
    async fn four_of_the_largest_batches_fit() {
        let memory = BatchMemory::new();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(memory.take(batch::BYTES_MAX).await.expect("memory"));
        }
        assert_eq!(memory.0.available_permits(), 0);
        held.pop();
        assert!(memory.take(batch::BYTES_MAX).await.is_some());
    }
}

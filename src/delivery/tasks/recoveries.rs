//! Carries recoveries on: a little every second, so that a receiver that has just come back is not run over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::db::Error;
use crate::db::deliveries::recoveries;
use crate::db::system::task_locks::{self, Task};
use crate::delivery::shared::Inner;

/// How often a recovery makes deliveries again.
const EVERY: Duration = Duration::from_secs(1);
/// How many it makes each time.
pub const PER_SECOND: i64 = 25;
/// It waits while that many of them have not ended.
const WAITING: i64 = 100;

/// Carries recoveries on until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.stopping.load(Ordering::Relaxed) {
        if let Err(error) = carry_on(&inner).await {
            error.log("a recovery could not go on");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn carry_on(inner: &Arc<Inner>) -> Result<(), Error> {
    for recovery in inner.db.read(recoveries::open).await? {
        let (now, task, me) = (inner.now(), Arc::clone(inner), inner.process);
        let made = inner.db.write(move |conn| {
            if !task_locks::acquire(conn, Task::Recovery, me)? {
                return Ok(0);
            }
            recoveries::step(conn, recovery, (PER_SECOND, WAITING), (now, &|| task.next_id(now)))
        });
        let deliveries = made.await?;
        if deliveries > 0 {
            tracing::debug!(recovery_id = recovery, deliveries, "recovery continued");
            inner.wake.notify_one();
        }
    }
    Ok(())
}

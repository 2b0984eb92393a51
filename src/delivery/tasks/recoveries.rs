//! Continues recoveries: makes at most 25 deliveries a second, so that a receiver that has just come back is not flooded.

use std::sync::Arc;
use std::time::Duration;

use crate::db::Error;
use crate::db::deliveries::recoveries;
use crate::db::system::task_locks::{self, Task};
use crate::delivery::shared::Inner;
use crate::fault_injection;

/// The pause between two steps of the recoveries.
const STEP_INTERVAL: Duration = Duration::from_secs(1);
/// Deliveries that one step makes for one recovery.
pub const PER_SECOND: i64 = 25;

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.is_stopping() {
        fault_injection::panic_point("recoveries");
        if let Err(error) = step(&inner).await {
            error.log("a recovery could not continue");
        }
        tokio::time::sleep(STEP_INTERVAL).await;
    }
}

async fn step(inner: &Arc<Inner>) -> Result<(), Error> {
    for recovery in inner.db.read(recoveries::open).await? {
        let (task, me) = (Arc::clone(inner), inner.process);
        let made = inner.write_timed(move |conn, now| {
            if !task_locks::acquire(conn, Task::Recovery, me)? {
                return Ok(0);
            }
            recoveries::step::step(conn, recovery, PER_SECOND, now, &|| task.next_id(now))
        });
        let deliveries = made.await?;
        if deliveries > 0 {
            tracing::debug!(recovery_id = recovery.0, deliveries, "recovery continued");
            inner.backlog.wake_for_look();
        }
    }
    Ok(())
}

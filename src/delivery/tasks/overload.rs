//! The overload guard: refuses new events while too many deliveries are due or the disk is nearly full.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::db::Error;
use crate::db::deliveries::statistics;
use crate::delivery::shared::Inner;
use crate::fault_injection;

/// The pause between two checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// More due deliveries than this are an overload. Those that are held, paused, failing or due later do not count.
const OVERLOAD_DUE_MAX: i64 = 100_000;
/// Less free space than this on the disk of the database is an overload.
const DISK_FREE_MIN_BYTES: u64 = 64 * 1024 * 1024;

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.stopping.load(Ordering::Relaxed) {
        match is_overloaded(&inner).await {
            Ok(now) => match (inner.overloaded.swap(now, Ordering::Relaxed), now) {
                (false, true) => tracing::warn!("ingest paused: too many deliveries are due, or the disk is full"),
                (true, false) => tracing::info!("ingest resumed"),
                _ => {}
            },
            Err(error) => error.log("the queue could not be measured"),
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn is_overloaded(inner: &Inner) -> Result<bool, Error> {
    if inner.db.free_space().is_some_and(|free| free < DISK_FREE_MIN_BYTES) {
        return Ok(true);
    }
    // Counting costs a query; without a backlog every due delivery has a permit.
    if !inner.backlog.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let now = inner.now();
    let due_max = fault_injection::due_limit(OVERLOAD_DUE_MAX);
    Ok(inner.db.read(move |conn| statistics::due(conn, now, due_max + 1)).await? > due_max)
}

//! When no more events are taken in: the queue is too long, or the disk too full. Nothing grows without bound.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::db::Error;
use crate::db::deliveries::statistics;
use crate::delivery::shared::Inner;
use crate::fault_injection;

/// How often to look.
const EVERY: Duration = Duration::from_secs(2);
/// Deliveries due now; held, paused, failing and future ones do not count.
const DUE: i64 = 100_000;
/// Free bytes on the disk of the database.
const FREE: u64 = 64 * 1024 * 1024;

/// Looks until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.stopping.load(Ordering::Relaxed) {
        match is_too_much(&inner).await {
            Ok(too_much) => match (inner.overloaded.swap(too_much, Ordering::Relaxed), too_much) {
                (false, true) => tracing::warn!("ingest paused: too many deliveries are due, or the disk is full"),
                (true, false) => tracing::info!("ingest resumed"),
                _ => {}
            },
            Err(error) => error.log("the queue could not be measured"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn is_too_much(inner: &Inner) -> Result<bool, Error> {
    if inner.db.free_space().is_some_and(|free| free < FREE) {
        return Ok(true);
    }
    // Without a backlog there is nothing to count.
    if !inner.backlog.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let now = inner.now();
    let most = fault_injection::due_limit(DUE);
    Ok(inner.db.read(move |conn| statistics::due(conn, now, most + 1)).await? > most)
}

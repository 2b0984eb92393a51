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
/// The overload ends when no more than this part of [`OVERLOAD_DUE_MAX`] is due, so that ingest is not paused and resumed
/// every few seconds.
const RESUME_PERCENT: i64 = 90;

/// Why new events are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overload {
    DiskFull,
    TooManyDue,
}

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    let mut overload = None;
    while !inner.stopping.load(Ordering::Relaxed) {
        match check(&inner, overload).await {
            Ok(now) => {
                match (overload, now) {
                    (None, Some(Overload::DiskFull)) => tracing::warn!("ingest paused: the disk is nearly full"),
                    (None, Some(Overload::TooManyDue)) => tracing::warn!("ingest paused: too many deliveries are due"),
                    (Some(_), None) => tracing::info!("ingest resumed"),
                    _ => {}
                }
                inner.overloaded.store(now.is_some(), Ordering::Relaxed);
                overload = now;
            }
            Err(error) => error.log("the queue could not be measured"),
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn check(inner: &Inner, before: Option<Overload>) -> Result<Option<Overload>, Error> {
    if inner.db.is_disk_full() {
        return Ok(Some(Overload::DiskFull));
    }
    let mut due_max = fault_injection::due_limit(OVERLOAD_DUE_MAX);
    if before == Some(Overload::TooManyDue) {
        due_max = due_max * RESUME_PERCENT / 100;
    }
    let now = inner.now();
    let due = inner.db.read(move |conn| statistics::due(conn, now, due_max + 1)).await?;
    Ok((due > due_max).then_some(Overload::TooManyDue))
}

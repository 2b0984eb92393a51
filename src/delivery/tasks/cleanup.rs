//! Cleanup, every 10 minutes: ends expired deliveries and deletes old rows, in small batches so that other writes do not
//! wait long.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::clock_jump;
use crate::db::accounts::{kept_forms, sign_ins};
use crate::db::deliveries::{hourly_counts, retention};
use crate::db::system::task_locks::{self, Task};
use crate::db::{DbConnection, Error, form_answers};
use crate::delivery::policy::backoff;
use crate::delivery::shared::Inner;
use crate::fault_injection;

/// The pause after a cleanup.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(600);
/// The pause before the next try while another process has the task, or after an error.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long idempotency keys are kept.
const IDEMPOTENCY_KEYS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long hourly counts are kept: a day more than the pages show.
const HOURLY_COUNTS_KEPT: Duration = Duration::from_secs(8 * 24 * 3600);
/// The pause between two batches, for other writes.
const BATCH_PAUSE: Duration = Duration::from_millis(20);

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.stopping.load(Ordering::Relaxed) {
        fault_injection::panic_point("cleanup");
        let pause = match clean_if_free(&inner).await {
            Ok(true) => CLEANUP_INTERVAL,
            Ok(false) => RETRY_INTERVAL,
            Err(error) => {
                error.log("the cleanup failed");
                RETRY_INTERVAL
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Runs a cleanup. False if another process has the task.
async fn clean_if_free(inner: &Inner) -> Result<bool, Error> {
    let me = inner.process;
    if !inner.db.write(move |conn| task_locks::acquire(conn, Task::Cleanup, me)).await? {
        return Ok(false);
    }
    let span = tracing::debug_span!("cleanup");
    clean(inner).instrument(span).await.map(|()| true)
}

async fn clean(inner: &Inner) -> Result<(), Error> {
    let (begun, db, retention) = (Instant::now(), &inner.db, inner.retention);
    let now = inner.now();
    let age = now.before(clock_jump::set_forward(inner));
    let expired = age.before(backoff::LIFETIME);
    let expired = batches(inner, move |conn| retention::expire(conn, expired, now)).await?;
    let deleted = batches(inner, move |conn| retention::purge(conn, age.before(retention))).await?;
    batches(inner, move |conn| retention::forget_keys(conn, age.before(IDEMPOTENCY_KEYS_KEPT))).await?;
    batches(inner, move |conn| form_answers::forget(conn, age)).await?;
    batches(inner, move |conn| kept_forms::forget(conn, age)).await?;
    batches(inner, move |conn| hourly_counts::forget(conn, age.before(HOURLY_COUNTS_KEPT))).await?;
    batches(inner, sign_ins::forget_failures).await?;
    batches(inner, sign_ins::forget_known).await?;
    db.vacuum().await?;
    inner.pulse().cleaned_at = Some(now);
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(expired, deleted, duration_ms, "cleanup ended");
    Ok(())
}

/// Runs `batch` until it finds no more rows, and returns their number; stops when another process has the task.
async fn batches<F>(inner: &Inner, batch: F) -> Result<usize, Error>
where
    F: Fn(&mut DbConnection) -> Result<usize, Error> + Copy + Send + 'static,
{
    let me = inner.process;
    let step = move |conn: &mut DbConnection| {
        if task_locks::acquire(conn, Task::Cleanup, me)? { batch(conn) } else { Ok(0) }
    };
    let mut sum = 0;
    loop {
        match inner.db.write(step).await? {
            0 => return Ok(sum),
            rows => sum += rows,
        }
        tokio::time::sleep(BATCH_PAUSE).await;
    }
}

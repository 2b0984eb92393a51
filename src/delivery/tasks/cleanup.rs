//! Cleanup, every 10 minutes: ends expired deliveries and deletes old rows, in small batches so that other writes do not
//! wait long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::cleanup_step::step;
use super::days;
use crate::db::accounts::{kept_forms, sign_ins};
use crate::db::chatwoot::conversations;
use crate::db::deliveries::hourly_counts;
use crate::db::deliveries::retention::{self, Purged};
use crate::db::once::{form_answers, request_answers};
use crate::db::system::partitions::Partition;
use crate::db::system::task_locks::{self, Task};
use crate::db::{DbConnection, Error};
use crate::delivery::policy::backoff;
use crate::delivery::shared::Inner;
use crate::domain::timestamp::Timestamp;
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
    while !inner.is_stopping() {
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
async fn clean_if_free(inner: &Arc<Inner>) -> Result<bool, Error> {
    let me = inner.process;
    if !inner.db.write(move |conn| task_locks::acquire(conn, Task::Cleanup, me)).await? {
        return Ok(false);
    }
    let span = tracing::debug_span!("cleanup");
    clean(inner).instrument(span).await.map(|()| true)
}

async fn clean(inner: &Arc<Inner>) -> Result<(), Error> {
    let (begun, retention) = (Instant::now(), inner.limits.retention);
    let expired =
        batches(inner, move |conn, now, age| retention::expire(conn, age.before(backoff::LIFETIME), now)).await?;
    let deleted = purge(inner, retention).await?;
    batches(inner, |conn, _, age| retention::forget_keys(conn, age.before(IDEMPOTENCY_KEYS_KEPT))).await?;
    batches(inner, |conn, _, age| form_answers::forget(conn, age)).await?;
    batches(inner, |conn, _, age| request_answers::forget(conn, age)).await?;
    batches(inner, |conn, _, age| request_answers::forget_secrets(conn, age)).await?;
    batches(inner, |conn, _, age| kept_forms::forget(conn, age)).await?;
    batches(inner, |conn, _, age| hourly_counts::forget(conn, age.before(HOURLY_COUNTS_KEPT))).await?;
    batches(inner, |conn, _, _| conversations::forget(conn)).await?;
    batches(inner, |conn, _, _| sign_ins::forget_failures(conn)).await?;
    batches(inner, |conn, _, _| sign_ins::forget_known(conn)).await?;
    inner.db.vacuum().await?;
    inner.pulse().cleaned_at = Some(inner.now());
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(expired, deleted, duration_ms, "cleanup ended");
    Ok(())
}

/// Deletes what is older than `retention`: on Postgres whole days where that is possible, else row by row. Returns how many
/// deliveries and events it deleted row by row.
async fn purge(inner: &Arc<Inner>, retention: Duration) -> Result<usize, Error> {
    days::make_more(inner).await?;
    let mut days = days::droppable(inner, retention).await?;
    let mut deleted = purge_rows(inner, retention, &days).await?;
    if !days.is_empty() && days::drop_all(inner, &mut days).await? {
        deleted += purge_rows(inner, retention, &days).await?;
    }
    if inner.db.is_shared() && inner.pulse().deletes_by_row {
        batches(inner, move |conn, _, age| retention::purge_attempts(conn, age.before(retention))).await?;
    }
    Ok(deleted)
}

/// Deletes old rows, but for those of partitions that are dropped later.
async fn purge_rows(inner: &Arc<Inner>, retention: Duration, dropped: &[Partition]) -> Result<usize, Error> {
    let (dropped, mut done): (Arc<[Partition]>, _) = (dropped.into(), Purged::START);
    while !done.is_done {
        let dropped = Arc::clone(&dropped);
        let purged =
            step(inner, move |conn, _, age| retention::purge(conn, age.before(retention), done, &dropped)).await?;
        let Some(purged) = purged else { break };
        done = purged;
        tokio::time::sleep(BATCH_PAUSE).await;
    }
    Ok(done.rows)
}

/// Runs `batch` until it finds no more rows, and returns their number; stops when another process has the task.
async fn batches<F>(inner: &Arc<Inner>, batch: F) -> Result<usize, Error>
where
    F: Fn(&mut DbConnection, Timestamp, Timestamp) -> Result<usize, Error> + Copy + Send + 'static,
{
    let mut sum = 0;
    loop {
        match step(inner, batch).await? {
            None | Some(0) => return Ok(sum),
            Some(rows) => sum += rows,
        }
        tokio::time::sleep(BATCH_PAUSE).await;
    }
}

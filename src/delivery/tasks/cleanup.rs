//! Once in a while: what has run out is given up or thrown away, in small batches beside the traffic.

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

/// How often.
const EVERY: Duration = Duration::from_secs(600);
/// When to ask again while another process keeps house, or the database does not answer.
const BUSY: Duration = Duration::from_secs(5);
/// Idempotency keys are kept that long.
const KEYS: Duration = Duration::from_secs(7 * 24 * 3600);
/// Numbers an hour are kept that long: a day more than the pages show.
const HOURS: Duration = Duration::from_secs(8 * 24 * 3600);
/// Breath between two batches, for the traffic.
const BREATH: Duration = Duration::from_millis(20);

/// Keeps house until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.stopping.load(Ordering::Relaxed) {
        let pause = match keep(&inner).await {
            Ok(true) => EVERY,
            Ok(false) => BUSY,
            Err(error) => {
                error.log("old deliveries could not be removed");
                BUSY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// False if another process is at it, or was until it ended just now.
async fn keep(inner: &Inner) -> Result<bool, Error> {
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
    let orphans = batches(inner, move |conn| retention::end_orphans(conn, now)).await?;
    let deleted = batches(inner, move |conn| retention::purge(conn, age.before(retention))).await?;
    batches(inner, move |conn| retention::forget_keys(conn, age.before(KEYS))).await?;
    batches(inner, move |conn| form_answers::forget(conn, age)).await?;
    batches(inner, move |conn| kept_forms::forget(conn, age)).await?;
    batches(inner, move |conn| hourly_counts::forget(conn, age.before(HOURS))).await?;
    batches(inner, sign_ins::forget_failures).await?;
    batches(inner, sign_ins::forget_known).await?;
    db.vacuum_increment().await?;
    inner.pulse().cleaned_at = Some(now);
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(expired, orphans, deleted, duration_ms, "cleanup ended");
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
        tokio::time::sleep(BREATH).await;
    }
}

//! The overload guard: refuses new events while too many deliveries are due or the disk is nearly full.

use std::sync::Arc;
use std::time::Duration;

use crate::db::Error;
use crate::db::deliveries::statistics;
use crate::db::webhooks::backlog;
use crate::delivery::shared::Inner;
use crate::fault_injection;

/// The pause between two checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// More due deliveries than this many full backlogs are an overload. Those that are held, paused, failing or due later do
/// not count, nor those of one webhook beyond its own limit: it must not stop the events of others.
const OVERLOAD_BACKLOGS: i64 = 10;
/// The overload ends when no more than this part of its limit is due, so that ingest is not paused and resumed every few
/// seconds.
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
    while !inner.is_stopping() {
        fault_injection::panic_point("overload");
        match check(&inner, overload).await {
            Ok(now) => {
                match (overload, now) {
                    (None, Some(Overload::DiskFull)) => tracing::warn!("ingest paused: the disk is nearly full"),
                    (None, Some(Overload::TooManyDue)) => tracing::warn!("ingest paused: too many deliveries are due"),
                    (Some(_), None) => tracing::info!("ingest resumed"),
                    _ => {}
                }
                inner.intake.set_overloaded(now.is_some());
                overload = now;
            }
            Err(error) => error.log("the queue could not be measured"),
        }
        if let Err(error) = note_backlogs(&inner).await {
            error.log("a backlog could not be noted");
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn check(inner: &Inner, before: Option<Overload>) -> Result<Option<Overload>, Error> {
    if inner.db.is_disk_full() {
        return Ok(Some(Overload::DiskFull));
    }
    let mut due_max = fault_injection::due_limit(inner.limits.backlog_per_webhook.saturating_mul(OVERLOAD_BACKLOGS));
    if before == Some(Overload::TooManyDue) {
        due_max = due_max * RESUME_PERCENT / 100;
    }
    let now = inner.now();
    let per_webhook = inner.limits.backlog_per_webhook.min(due_max + 1);
    let due = inner.db.read(move |conn| statistics::due(conn, now, per_webhook)).await?;
    Ok((due > due_max).then_some(Overload::TooManyDue))
}

/// Stores which backlogs became full, and which no longer are.
async fn note_backlogs(inner: &Inner) -> Result<(), Error> {
    let pending_max = inner.limits.backlog_per_webhook;
    for (webhook, is_full) in inner.db.read(move |conn| backlog::changes(conn, pending_max)).await? {
        if inner.write_timed(move |conn, now| backlog::store(conn, webhook, is_full, now)).await? {
            let state = if is_full { "full" } else { "no longer full" };
            tracing::info!(webhook_id = webhook.0, "the backlog of a webhook is {state}");
        }
    }
    Ok(())
}

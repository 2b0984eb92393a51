//! Stores the results of attempts, many in one commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use super::shared::Inner;
use crate::db::Error;
use crate::db::deliveries::hourly_counts;
use crate::db::deliveries::queue::record::{self, Written};
use crate::db::deliveries::queue::rows::Finished;
use crate::db::webhooks::health::{self, HealthChange};
use crate::domain::id::WebhookId;
use crate::domain::webhooks::health::{Pace, Signal};
use crate::fault_injection;

/// Results in one commit.
const COMMIT_RESULTS_MAX: usize = 256;
/// The pause before a result is stored again that could not be stored.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Stores results until the last sender of the queue is dropped.
pub(super) async fn run(inner: Arc<Inner>, mut queue: mpsc::Receiver<Finished>) {
    let mut batch = Vec::with_capacity(COMMIT_RESULTS_MAX);
    loop {
        let Some(first) = queue.recv().await else { return };
        batch.push(first);
        while batch.len() < COMMIT_RESULTS_MAX
            && let Ok(more) = queue.try_recv()
        {
            batch.push(more);
        }
        let written = batch.len();
        write(&inner, batch.drain(..).collect()).await;
        inner.concurrency.results_written(written);
        inner.wake_for_backlog();
        if inner.running.fetch_sub(written, Ordering::AcqRel) == written {
            inner.settled.notify_one();
        }
    }
}

/// Stores a batch. If that fails, stores each result by itself until its lease has expired: then it is dropped, because the
/// delivery is claimed and sent again.
async fn write(inner: &Inner, batch: Arc<[Finished]>) {
    if record(inner, Arc::clone(&batch)).await.is_ok() {
        return;
    }
    // One result that cannot be stored must not hold up the others.
    for finished in batch.iter() {
        while let Err(error) = record(inner, [finished.clone()].into()).await {
            error.log("the result of an attempt could not be stored");
            if inner.now() >= finished.lease.until {
                break;
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }
}

/// Stores results in one commit, with the changes of their webhooks' health and the hourly counts.
pub(super) async fn record(inner: &Inner, batch: Arc<[Finished]>) -> Result<(), Error> {
    let now = inner.now();
    fault_injection::point("send-before-record");
    let changes = inner.db.write(move |conn| {
        // Ordered by id: transactions lock rows in that order.
        let mut signals: BTreeMap<WebhookId, Vec<Signal>> = BTreeMap::new();
        let mut ended = Vec::new();
        let written = record::record(conn, &batch, now)?;
        for (finished, written) in batch.iter().zip(written) {
            // A result without a signal (of a test or of a deleted webhook) is not counted either.
            let Some(signal) = finished.signal.filter(|_| written != Written::Discarded) else { continue };
            signals.entry(finished.webhook_id).or_default().push(signal);
            if written == Written::Applied {
                ended.push((finished.webhook_id, finished.next.status()));
            }
        }
        let mut changes = Vec::new();
        for (webhook, signals) in signals {
            if let Some(change) = health::record(conn, webhook, &signals, now, pace())? {
                changes.push((webhook, change));
            }
        }
        hourly_counts::count(conn, ended, now)?;
        Ok(changes)
    });
    let mut back = Vec::new();
    for (webhook, change) in changes.await? {
        match change {
            HealthChange::Failing => tracing::info!(webhook_id = webhook.0, "webhook is failing"),
            HealthChange::TurnedOff(reason) => {
                tracing::info!(webhook_id = webhook.0, reason = reason.as_str(), "webhook turned off")
            }
            HealthChange::Recovered => {
                tracing::info!(webhook_id = webhook.0, "webhook recovered");
                back.push(webhook);
            }
        }
    }
    for webhook in &back {
        inner.concurrency.start_slow_ramp(*webhook, now);
    }
    if !back.is_empty() {
        inner.mark_backlog(back);
    }
    Ok(())
}

fn pace() -> Pace {
    let pace = Pace::default();
    Pace {
        failing_after: fault_injection::span(pace.failing_after),
        first_probe: fault_injection::span(pace.first_probe),
        slowest_probe: fault_injection::span(pace.slowest_probe),
    }
}

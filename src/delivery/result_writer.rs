//! Writes results down, many in one commit.

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
const BATCH: usize = 256;
/// A result that cannot be written is dropped when its lease has run out: the delivery is sent again then.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes results down until the last sender is gone.
pub(super) async fn run(inner: Arc<Inner>, mut queue: mpsc::Receiver<Finished>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let Some(first) = queue.recv().await else { return };
        batch.push(first);
        while batch.len() < BATCH
            && let Ok(more) = queue.try_recv()
        {
            batch.push(more);
        }
        let written = batch.len();
        write(&inner, batch.drain(..).collect()).await;
        inner.slots.wrote(written);
        inner.wake_for_backlog();
        if inner.running.fetch_sub(written, Ordering::AcqRel) == written {
            inner.settled.notify_one();
        }
    }
}

async fn write(inner: &Inner, batch: Arc<[Finished]>) {
    if record(inner, Arc::clone(&batch)).await.is_ok() {
        return;
    }
    // One bad result must not take the others with it.
    for finished in batch.iter() {
        while let Err(error) = record(inner, [finished.clone()].into()).await {
            error.log("a result could not be written down");
            if inner.now() >= finished.lease.until {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Writes results down in one commit, and with them what they mean for their webhooks.
pub(super) async fn record(inner: &Inner, batch: Arc<[Finished]>) -> Result<(), Error> {
    let now = inner.now();
    fault_injection::point("send-before-record");
    let changes = inner.db.write(move |conn| {
        // In the order of their numbers, as transactions lock rows.
        let mut signals: BTreeMap<WebhookId, Vec<Signal>> = BTreeMap::new();
        let mut ended = Vec::new();
        let written = record::record(conn, &batch, now)?;
        for (finished, written) in batch.iter().zip(written) {
            // What says nothing of a webhook's health counts in no number either: tests, and what a deletion ended.
            let Some(signal) = finished.signal.filter(|_| written != Written::Dropped) else { continue };
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
            HealthChange::Failing => tracing::info!(webhook_id = webhook, "webhook is failing"),
            HealthChange::TurnedOff(reason) => {
                tracing::info!(webhook_id = webhook, reason = reason.as_str(), "webhook turned off")
            }
            HealthChange::Recovered => {
                tracing::info!(webhook_id = webhook, "webhook recovered");
                back.push(webhook);
            }
        }
    }
    for webhook in &back {
        inner.slots.returned(*webhook, now);
    }
    if !back.is_empty() {
        inner.left_waiting(back);
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

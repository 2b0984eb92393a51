//! Stores the results of attempts, many in one commit.
//!
//! Results that cannot be stored because of their own webhook, whose row another client has locked, are set aside: the others
//! do not wait for them.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::shared::Inner;
use crate::db::Error;
use crate::db::deliveries::hourly_counts::{self, Tally};
use crate::db::deliveries::queue::record::{self, Written};
use crate::db::deliveries::queue::rows::Finished;
use crate::db::webhooks::health::{self, HealthChange};
use crate::domain::deliveries::{AttemptOutcome, Next};
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::webhooks::health::{Pace, Signal};
use crate::fault_injection;

/// Results in one commit.
const COMMIT_RESULTS_MAX: usize = 256;
/// The pause before results are stored again that could not be stored.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// After this time the log says that the results of a webhook cannot be stored.
const LOGGED_AFTER: Duration = Duration::from_secs(10);

/// Results of webhooks whose rows are locked or refuse them. They are retried beside the others.
#[derive(Default)]
struct Aside {
    /// New results of webhooks that are being retried.
    waiting: HashMap<WebhookId, Vec<Finished>>,
    retries: JoinSet<Retry>,
}

/// One webhook's results, and since when they cannot be stored.
struct Retry {
    webhook: WebhookId,
    results: Vec<Finished>,
    since: Instant,
    is_logged: bool,
}

/// The results to store. They outlive the task that stores them.
pub(super) struct Queue {
    results: mpsc::Receiver<Finished>,
    aside: Aside,
}

impl Queue {
    pub(super) fn new(results: mpsc::Receiver<Finished>) -> Self {
        Self { results, aside: Aside::default() }
    }
}

/// Stores results until the last sender of the queue is dropped.
pub(super) async fn run(inner: Arc<Inner>, queue: Arc<Mutex<Queue>>) {
    let Queue { results, aside } = &mut *queue.lock().await;
    let mut batch = Vec::with_capacity(COMMIT_RESULTS_MAX);
    loop {
        fault_injection::panic_point("result-writer");
        tokio::select! {
            received = results.recv_many(&mut batch, COMMIT_RESULTS_MAX) => {
                if received == 0 {
                    return;
                }
                write(&inner, std::mem::take(&mut batch), aside).await;
            }
            Some(Ok(retry)) = aside.retries.join_next() => end_retry(&inner, retry, aside),
        }
    }
}

/// Stores a batch; sets aside the results of a webhook that cannot be stored while others can.
async fn write(inner: &Arc<Inner>, batch: Vec<Finished>, aside: &mut Aside) {
    let mut ready = Vec::with_capacity(batch.len());
    for finished in batch {
        match aside.waiting.get_mut(&finished.webhook_id) {
            Some(waiting) => {
                inner.concurrency.hold(finished.webhook_id, 1, inner.now());
                waiting.push(finished);
            }
            None => ready.push(finished),
        }
    }
    if ready.is_empty() || store(inner, &mut ready).await {
        return;
    }
    let mut groups: BTreeMap<WebhookId, Vec<Finished>> = BTreeMap::new();
    for finished in ready {
        groups.entry(finished.webhook_id).or_default().push(finished);
    }
    for (webhook, mut results) in groups {
        if !store(inner, &mut results).await {
            inner.concurrency.hold(webhook, results.len(), inner.now());
            aside.waiting.insert(webhook, Vec::new());
            let retry = Retry { webhook, results, since: Instant::now(), is_logged: false };
            aside.retries.spawn(try_again(Arc::clone(inner), retry));
        }
    }
}

/// Stores results in one commit, waiting as long as the whole database takes no writes. False if it refused these.
async fn store(inner: &Inner, results: &mut Vec<Finished>) -> bool {
    while let Err(error) = record(inner, results.as_slice().into()).await {
        if !error.is_outage() || error.is_of_statement() || is_any_locked(inner, results).await {
            return false;
        }
        error.log("results of attempts could not be stored");
        tokio::time::sleep(RETRY_INTERVAL).await;
        drop_expired(inner, results);
        if results.is_empty() {
            return true;
        }
    }
    inner.concurrency.results_written(results.len());
    written(inner, results.len());
    true
}

/// Whether a result waits for a row that another client has locked: then its statement failed after 2 s.
async fn is_any_locked(inner: &Inner, results: &[Finished]) -> bool {
    let ids: Vec<DeliveryId> = results.iter().map(|finished| finished.id).collect();
    inner.db.read(move |conn| record::are_locked(conn, &ids)).await.unwrap_or(false)
}

/// Drops failures whose lease has expired, because their deliveries are claimed and sent again. A success is kept: it
/// counts without a lease.
fn drop_expired(inner: &Inner, results: &mut Vec<Finished>) {
    let (now, before) = (inner.now(), results.len());
    results.retain(|finished| finished.next == Next::Done || now < finished.lease.until);
    let dropped = before - results.len();
    inner.concurrency.results_written(dropped);
    written(inner, dropped);
}

/// Counts results that need no more work.
fn written(inner: &Inner, results: usize) {
    inner.backlog.wake_if_waiting();
    inner.in_flight.end(results);
}

/// After a pause, stores results that were set aside: together, or else the first one by itself, so that one that can
/// never be stored does not hold up the others; it is dropped when its lease has expired and the database takes other writes.
/// Returns what is left.
async fn try_again(inner: Arc<Inner>, mut retry: Retry) -> Retry {
    tokio::time::sleep(RETRY_INTERVAL).await;
    let mut results = std::mem::take(&mut retry.results);
    let count = results.len();
    let error = match record(&inner, results.as_slice().into()).await {
        Ok(()) => {
            written(&inner, count);
            return retry;
        }
        Err(error) => error,
    };
    if !retry.is_logged && retry.since.elapsed() >= LOGGED_AFTER {
        tracing::error!(webhook_id = %retry.webhook, %error, "the results of a webhook cannot be stored");
        retry.is_logged = true;
    }
    let is_locked = matches!(error, Error::RowLocked);
    match results.first() {
        Some(first) if count > 1 && !is_locked && record(&inner, [first.clone()].into()).await.is_ok() => {
            results.remove(0);
        }
        _ => results.rotate_left(1),
    }
    let now = inner.now();
    let keeps_successes = is_locked || inner.db.write_outage().is_some();
    results.retain(|finished| now < finished.lease.until || (keeps_successes && finished.next == Next::Done));
    written(&inner, count - results.len());
    retry.results = results;
    retry
}

/// Continues with a webhook's results, or lets it send again once all are stored.
fn end_retry(inner: &Arc<Inner>, mut retry: Retry, aside: &mut Aside) {
    let more = aside.waiting.remove(&retry.webhook).unwrap_or_default();
    retry.results.extend(more);
    if retry.results.is_empty() {
        inner.concurrency.release(retry.webhook);
        inner.backlog.wake_for_look();
    } else {
        aside.waiting.insert(retry.webhook, Vec::new());
        aside.retries.spawn(try_again(Arc::clone(inner), retry));
    }
}

/// Stores results in one commit, with the changes of their webhooks' health and the hourly counts. A panic is an error, so that
/// no task ends with results in hand.
pub(super) async fn record(inner: &Inner, batch: Arc<[Finished]>) -> Result<(), Error> {
    loop {
        let committed = AssertUnwindSafe(commit(inner, Arc::clone(&batch))).catch_unwind().await;
        match committed.unwrap_or(Err(Error::Panicked)) {
            // The clock is followed now.
            Err(Error::ClockSet) => {}
            committed => return committed,
        }
    }
}

async fn commit(inner: &Inner, batch: Arc<[Finished]>) -> Result<(), Error> {
    fault_injection::panic_point("record");
    fault_injection::point("send-before-record");
    let repeats = batch.iter().any(|finished| finished.next == Next::Repeat);
    let clock = Arc::clone(&inner.clock);
    let changes = inner.db.write(move |conn| {
        // Ordered by id: transactions lock rows in that order.
        let mut signals: BTreeMap<WebhookId, Vec<Signal>> = BTreeMap::new();
        let mut tally = Tally::default();
        let offset = clock.offset();
        let now = clock.now_at(offset);
        let batch: Arc<[Finished]> = match batch.iter().all(|finished| finished.clock_offset == offset) {
            true => batch,
            false => batch.iter().map(|finished| finished.clone().at_offset(offset)).collect(),
        };
        let written = record::record(conn, &batch, now)?;
        for (finished, written) in batch.iter().zip(written) {
            // A result without a signal (of a test or of a deleted webhook) is not counted either.
            let Some(signal) = finished.signal.filter(|_| written != Written::Discarded) else { continue };
            signals.entry(finished.webhook_id).or_default().push(signal);
            if written == Written::Applied {
                tally.ended(finished.webhook_id, finished.next.status());
            }
            if finished.attempt.outcome == AttemptOutcome::Failed {
                tally.attempt_failed(finished.webhook_id);
            }
        }
        let changes = health::record(conn, &signals, now, pace())?;
        hourly_counts::count(conn, &tally, now)?;
        clock.confirm(conn, offset)?;
        Ok(changes)
    });
    let mut back = Vec::new();
    let changes = changes.await?;
    if repeats {
        inner.backlog.wake_for_look();
    }
    for (webhook, change) in changes {
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
        inner.concurrency.start_slow_ramp(*webhook, inner.now());
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

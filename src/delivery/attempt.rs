//! One attempt: prepare, send, classify, decide.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::network::request::{self, Prepared};
use super::network::sender::{Failure, Reply};
use super::policy::concurrency::Slot;
use super::policy::{outcome, retry_after};
use super::shared::Inner;
use crate::clock;
use crate::db::deliveries::queue::rows::{Finished, Lease};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Next, Reason, Trigger};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::Signal;

/// A delivery that this process has claimed.
pub(super) struct Claimed {
    pub(super) delivery: Delivery,
    pub(super) lease: Lease,
    pub(super) version: i32,
    pub(super) body: Bytes,
}

/// Makes an attempt and hands its result to the recorder. The slot is given back when the answer is in.
pub(super) fn spawn(inner: &Arc<Inner>, claimed: Claimed, mut slot: Slot) {
    let task = Arc::clone(inner);
    inner.running.fetch_add(1, Ordering::AcqRel);
    inner.spawn(async move {
        let mut attempt = std::pin::pin!(make(&task, &claimed));
        let finished = match timeout(Slot::SLOW_AFTER, &mut attempt).await {
            Ok(finished) => finished,
            Err(_) => {
                slot.slow_down();
                task.wake_for_backlog();
                attempt.await
            }
        };
        if let Some(signal) = finished.signal {
            task.slots.learn(claimed.delivery.webhook_id, outcome::feedback(signal));
        }
        slot.answered();
        task.wake_for_backlog();
        task.report(finished).await;
    });
}

/// Makes an attempt. A panic of ours is a failure like any other.
pub(super) async fn make(inner: &Inner, claimed: &Claimed) -> Finished {
    let started_at = inner.now();
    let result = AssertUnwindSafe(exchange(inner, claimed, clock::now())).catch_unwind().await;
    let (shown, result) = result.unwrap_or_else(|_| (Vec::new(), Err(internal("panic"))));
    let now = inner.now();
    let duration_ms = u64::try_from(now.since(started_at).as_millis()).unwrap_or(u64::MAX);
    let deleted = matches!(&result, Err(failure) if failure.detail.as_deref() == Some(DELETED));
    let (cause, detail, reply) = match result {
        Ok(reply) => (outcome::cause_of(reply.response.status), None, Some(reply)),
        Err(failure) => (Some(failure.cause), failure.detail, None),
    };
    let response = reply.as_ref().map(|reply| &reply.response);
    let mut signal = Signal {
        cause,
        status: response.map(|response| response.status),
        retry_after: response.and_then(|response| retry_after::of(response, now)),
        gave_up: false,
    };
    let next = match outcome::decide(&claimed.delivery, signal, now, clock::random_fraction()) {
        _ if deleted => Next::GiveUp(Reason::WebhookDeleted),
        next => next,
    };
    signal.gave_up = next == Next::GiveUp(Reason::Exhausted);
    tracing::debug!(
        delivery_id = %claimed.delivery.id,
        webhook_id = claimed.delivery.webhook_id,
        attempt = claimed.delivery.attempts,
        status = signal.status,
        cause = cause.map(FailureCause::as_str),
        duration_ms,
        ?next,
        "attempt ended"
    );
    Finished {
        id: claimed.delivery.id,
        lease: claimed.lease,
        webhook_id: claimed.delivery.webhook_id,
        attempt: attempt(claimed, (started_at, now), cause, (shown, reply)),
        detail,
        next,
        // A test says nothing about the traffic.
        signal: (claimed.delivery.trigger != Trigger::Test && !deleted).then_some(signal),
    }
}

const DELETED: &str = "webhook deleted";

fn internal(detail: &str) -> Failure {
    Failure { cause: FailureCause::Internal, detail: Some(detail.to_owned()) }
}

type Exchange = (Vec<(String, String)>, Result<Reply, Failure>);

async fn exchange(inner: &Inner, claimed: &Claimed, now: Timestamp) -> Exchange {
    let target = match inner.target(claimed.delivery.webhook_id, claimed.version).await {
        Ok(Some(target)) => target,
        Ok(None) => return (Vec::new(), Err(internal(DELETED))),
        Err(error) => {
            tracing::error!(%error, delivery_id = %claimed.delivery.id, "a delivery could not be prepared");
            return (Vec::new(), Err(internal("database")));
        }
    };
    match request::prepare(&target, &claimed.delivery, claimed.body.clone(), now) {
        Some(Prepared { request, shown }) => (shown, inner.sender.send(&request).await),
        None => (Vec::new(), Err(internal("header"))),
    }
}

fn attempt(
    claimed: &Claimed,
    (started_at, now): (Timestamp, Timestamp),
    cause: Option<FailureCause>,
    (request_headers, reply): (Vec<(String, String)>, Option<Reply>),
) -> Attempt {
    let (response, remote_ip) = match reply {
        Some(reply) => (Some(reply.response), reply.remote_ip.map(|ip| ip.to_string())),
        None => (None, None),
    };
    Attempt {
        number: claimed.delivery.attempts,
        started_at,
        duration_ms: i64::try_from(now.since(started_at).as_millis()).ok(),
        outcome: if cause.is_none() { AttemptOutcome::Succeeded } else { AttemptOutcome::Failed },
        cause,
        remote_ip,
        request_headers,
        response,
    }
}

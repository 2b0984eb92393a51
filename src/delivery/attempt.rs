//! One attempt: prepare, send, classify, decide.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::FutureExt;

use super::engine::Inner;
use super::outcome;
use super::request::{self, Prepared};
use super::sender::{Failure, Reply};
use super::slots::Slot;
use crate::clock;
use crate::db::deliveries::{Finished, Lease};
use crate::domain::cause::FailureCause;
use crate::domain::delivery::{Attempt, AttemptOutcome, Delivery, Next, Reason};
use crate::domain::timestamp::Timestamp;

/// A delivery that this process has claimed.
pub(super) struct Claimed {
    pub(super) delivery: Delivery,
    pub(super) lease: Lease,
    pub(super) version: i32,
    pub(super) body: Bytes,
}

/// Makes an attempt and hands its result to the recorder. The slot is given back when the answer is in.
pub(super) fn spawn(inner: &Arc<Inner>, claimed: Claimed, slot: Slot) {
    let task = Arc::clone(inner);
    inner.running.fetch_add(1, Ordering::AcqRel);
    inner.spawn(async move {
        let finished = make(&task, &claimed).await;
        drop(slot);
        if task.backlog.load(Ordering::Relaxed) {
            task.wake.notify_one();
        }
        task.report(finished).await;
    });
}

/// Makes an attempt. A panic of ours is a failure like any other.
pub(super) async fn make(inner: &Inner, claimed: &Claimed) -> Finished {
    let started_at = clock::now();
    let result = AssertUnwindSafe(exchange(inner, claimed, started_at)).catch_unwind().await;
    let (shown, result) = result.unwrap_or_else(|_| (Vec::new(), Err(internal("panic"))));
    let now = clock::now();
    let deleted = matches!(&result, Err(failure) if failure.detail.as_deref() == Some(DELETED));
    let (cause, detail, reply) = match result {
        Ok(reply) => (outcome::cause_of(reply.response.status), None, Some(reply)),
        Err(failure) => (Some(failure.cause), failure.detail, None),
    };
    let next = match outcome::decide(&claimed.delivery, cause, now, clock::chance()) {
        _ if deleted => Next::GiveUp(Reason::WebhookDeleted),
        next => next,
    };
    Finished {
        id: claimed.delivery.id,
        lease: claimed.lease,
        attempt: attempt(claimed, (started_at, now), cause, (shown, reply)),
        detail,
        next,
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
            tracing::error!(%error, delivery = %claimed.delivery.id, "a delivery could not be prepared");
            return (Vec::new(), Err(internal("database")));
        }
    };
    let Prepared { request, shown } = request::prepare(&target, &claimed.delivery, claimed.body.clone(), now);
    (shown, inner.sender.send(&request).await)
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

//! Makes one attempt: opens the webhook's target, prepares and sends the request, and decides what follows.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::network::request::{self, Prepared};
use super::network::sender::{Failure, Reply};
use super::policy::concurrency::{Feedback, Permit};
use super::policy::{outcome, retry_after};
use super::shared::Inner;
use crate::clock;
use crate::db::deliveries::queue::rows::{Finished, Lease, NewDelivery};
use crate::domain::deliveries::delivery_control::DeliveryControl;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Next, Reason, Status, Trigger};
use crate::domain::events::Event;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::Signal;
use crate::domain::webhooks::options::Options;

/// A delivery that this process has claimed, with all that its attempt needs.
pub(super) struct Claimed {
    pub(super) delivery: Delivery,
    pub(super) lease: Lease,
    /// The version of the webhook whose target is used. `None` reads the target from the database.
    pub(super) version: Option<i32>,
    pub(super) body: Bytes,
}

impl Claimed {
    /// The claim on a delivery that was inserted with a lease.
    pub(super) fn inserted(new: &NewDelivery, event: &Event, lease: Lease, version: i32) -> Self {
        let delivery = Delivery {
            id: new.id,
            event_id: new.event_id,
            event: new.event,
            webhook_id: new.webhook_id,
            inbox_id: new.inbox_id,
            status: Status::Pending,
            reason: None,
            trigger: new.trigger,
            attempts: 1,
            steps: 0,
            next_attempt_at: Some(new.now),
            leased_until: Some(lease.until),
            created_at: new.now,
            finished_at: None,
            resend_of: None,
            recovery_id: None,
        };
        Self { delivery, lease, version: Some(version), body: event.body.clone() }
    }
}

/// Starts an attempt and hands its result to the result writer. The permit is released when the request has ended.
pub(super) fn spawn(inner: &Arc<Inner>, claimed: Claimed, mut permit: Permit) {
    let task = Arc::clone(inner);
    inner.in_flight.begin();
    inner.spawn(async move {
        let ended = with_permit(&task, &mut permit, claimed.delivery.webhook_id, make(&task, &claimed)).await;
        if let Some(feedback) = ended.feedback {
            task.concurrency.adjust_limit(claimed.delivery.webhook_id, feedback);
        }
        permit.release_with_result(task.now());
        task.backlog.wake_if_waiting();
        task.report(ended.finished).await;
    });
}

/// Makes an attempt, whose permit moves to the slow pool when it takes long.
async fn with_permit(
    inner: &Inner,
    permit: &mut Permit,
    webhook: WebhookId,
    attempt: impl Future<Output = Ended>,
) -> Ended {
    let mut attempt = std::pin::pin!(attempt);
    if let Ok(ended) = timeout(Permit::LATE_AFTER, &mut attempt).await {
        return ended;
    }
    // Not known while the target is still being read.
    if let Some(receiver) = inner.targets.origin(webhook) {
        permit.make_room(&receiver);
        inner.backlog.wake_if_waiting();
    }
    if let Ok(ended) = timeout(Permit::SLOW_AFTER - Permit::LATE_AFTER, &mut attempt).await {
        return ended;
    }
    if let Some(receiver) = inner.targets.origin(webhook) {
        permit.mark_slow(&receiver, inner.now());
        inner.backlog.wake_if_waiting();
    }
    attempt.await
}

/// An attempt that has ended.
pub(super) struct Ended {
    /// The result, to be stored.
    pub(super) finished: Finished,
    /// What the attempt says about the load of the receiver; `None` for a test.
    feedback: Option<Feedback>,
}

/// Makes an attempt. A panic counts as a failure with the cause `internal`.
pub(super) async fn make(inner: &Inner, claimed: &Claimed) -> Ended {
    let offset_before = inner.clock.offset();
    let started_at = inner.clock.now_at(offset_before);
    let exchange = AssertUnwindSafe(exchange(inner, claimed, started_at)).catch_unwind().await;
    let Exchange { shown, result } = exchange.unwrap_or_else(|_| Exchange::not_sent("panic"));
    let clock_offset = inner.clock.offset();
    let ended_at = inner.clock.now_at(clock_offset);
    // If the clock was set meanwhile: the times from before, by the clock as it is now.
    let moved = |time: Timestamp| time.plus_micros(clock_offset.saturating_sub(offset_before));
    let started_at = moved(started_at);
    let delivery = Delivery { created_at: moved(claimed.delivery.created_at), ..claimed.delivery.clone() };
    let duration_ms = u64::try_from(ended_at.since(started_at).as_millis()).unwrap_or(u64::MAX);
    let is_deleted = matches!(result, ExchangeResult::WebhookDeleted);
    let is_name_timeout = matches!(&result, ExchangeResult::Failed(failure) if failure.is_name_timeout);
    let (cause, detail, reply) = match result {
        ExchangeResult::Answered(reply, options) => {
            (outcome::cause_of(reply.response.status, options), None, Some(reply))
        }
        ExchangeResult::Failed(failure) => (Some(failure.cause), failure.detail, None),
        ExchangeResult::WebhookDeleted => (Some(FailureCause::Internal), Some("webhook deleted".to_owned()), None),
    };
    let response = reply.as_ref().map(|reply| &reply.response);
    let mut signal = Signal {
        cause,
        status: response.map(|response| response.status),
        retry_after: response.and_then(|response| retry_after::of(response, ended_at)),
        control: response.map(|response| DeliveryControl::of(&response.headers)).unwrap_or_default(),
        gave_up: false,
        began_at: started_at,
        lease: claimed.lease.token,
    };
    let next = match outcome::decide(&delivery, signal, ended_at, clock::random_fraction()) {
        _ if is_deleted => Next::GiveUp(Reason::WebhookDeleted),
        next => next,
    };
    signal.gave_up = next == Next::GiveUp(Reason::Exhausted);
    tracing::debug!(
        delivery_id = %claimed.delivery.id,
        webhook_id = claimed.delivery.webhook_id.0,
        attempt = claimed.delivery.attempts,
        status = signal.status,
        cause = cause.map(FailureCause::as_str),
        control = (!signal.control.is_empty()).then(|| tracing::field::display(signal.control)),
        duration_ms,
        ?next,
        "attempt ended"
    );
    // Neither a test nor the end of a kept connection counts for the health of the webhook.
    let counts = claimed.delivery.trigger != Trigger::Test && !is_deleted && next != Next::Repeat;
    let signal = counts.then_some(signal);
    let finished = Finished {
        id: claimed.delivery.id,
        lease: claimed.lease,
        webhook_id: claimed.delivery.webhook_id,
        attempt: attempt(claimed, started_at, ended_at, cause, shown, reply),
        detail,
        next,
        signal,
        clock_offset,
    };
    Ended { finished, feedback: signal.map(|signal| outcome::feedback(signal, is_name_timeout)) }
}

/// A request and its result.
struct Exchange {
    /// The headers of the request, as the log shows them; empty if no request was sent.
    shown: Vec<(String, String)>,
    result: ExchangeResult,
}

enum ExchangeResult {
    /// The answer, and the options of the webhook by which it is judged.
    Answered(Reply, Options),
    Failed(Failure),
    WebhookDeleted,
}

impl Exchange {
    /// An internal failure before the request. `detail` is shown to administrators.
    fn not_sent(detail: &str) -> Self {
        let failure = Failure { detail: Some(detail.to_owned()), ..FailureCause::Internal.into() };
        Self { shown: Vec::new(), result: ExchangeResult::Failed(failure) }
    }
}

async fn exchange(inner: &Inner, claimed: &Claimed, now: Timestamp) -> Exchange {
    let target = match inner.targets.get(&inner.db, claimed.delivery.webhook_id, claimed.version).await {
        Ok(Some(target)) => target,
        Ok(None) => return Exchange { shown: Vec::new(), result: ExchangeResult::WebhookDeleted },
        Err(error) => {
            tracing::error!(%error, delivery_id = %claimed.delivery.id, "a delivery could not be prepared");
            return Exchange::not_sent("database");
        }
    };
    let Some(Prepared { request, shown }) = request::prepare(&target, &claimed.delivery, claimed.body.clone(), now)
    else {
        return Exchange::not_sent("header");
    };
    let result = match inner.sender.send(&request).await {
        Ok(reply) => ExchangeResult::Answered(reply, target.options),
        Err(failure) => ExchangeResult::Failed(failure),
    };
    Exchange { shown, result }
}

fn attempt(
    claimed: &Claimed,
    started_at: Timestamp,
    ended_at: Timestamp,
    cause: Option<FailureCause>,
    request_headers: Vec<(String, String)>,
    reply: Option<Reply>,
) -> Attempt {
    let (response, remote_ip) = match reply {
        Some(reply) => (Some(reply.response), reply.remote_ip.map(|ip| ip.to_string())),
        None => (None, None),
    };
    Attempt {
        number: claimed.delivery.attempts,
        started_at,
        duration_ms: i64::try_from(ended_at.since(started_at).as_millis()).ok(),
        outcome: match cause {
            None => AttemptOutcome::Succeeded,
            Some(FailureCause::ConnectionClosed) => AttemptOutcome::Interrupted,
            Some(_) => AttemptOutcome::Failed,
        },
        cause,
        remote_ip,
        request_headers,
        response,
    }
}

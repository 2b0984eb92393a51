//! A delivery and its attempts.

pub mod curl_command;
pub mod delivery_control;
pub mod failure_cause;
pub mod log_filter;
pub mod log_period;
pub mod recovery;
pub mod search;
pub mod state;

use super::events::catalogue::EventName;
use super::id::{DeliveryId, EventId, InboxId, RecoveryId, WebhookId};
use super::string_enum::string_enum;
use super::timestamp::Timestamp;
use super::webhooks::target_url::TargetUrl;
use failure_cause::FailureCause;

string_enum!(
    /// The state of a delivery. `Success` and `Failed` are final.
    Status {
        /// Waiting for its next attempt, or being sent.
        Pending = "pending",
        /// The receiver responded with 2xx.
        Success = "success",
        /// Failed permanently; the reason says why.
        Failed = "failed",
    }
);

string_enum!(
    /// Why a delivery failed permanently.
    Reason {
        /// The last attempt of the schedule failed.
        Exhausted = "exhausted",
        /// The event was accepted 7 days ago.
        Expired = "expired",
        /// Six attempts in a row were interrupted by the end of the process.
        Crashed = "crashed",
        /// The only attempt of a test failed.
        TestFailed = "test_failed",
        /// A person cancelled it.
        Cancelled = "cancelled",
        /// Its webhook was deleted.
        WebhookDeleted = "webhook_deleted",
        /// The receiver asked for no further attempt (`webhook-delivery: abort-message`).
        Aborted = "aborted",
    }
);

string_enum!(
    /// What made a delivery.
    Trigger {
        /// An event was accepted.
        Event = "event",
        /// A person sent it again, or sent the event to another webhook.
        Manual = "manual",
        /// A person sent a test event.
        Test = "test",
        /// A recovery after an outage.
        Recovery = "recovery",
    }
);

string_enum!(
    /// The outcome of an attempt.
    AttemptOutcome {
        /// The attempt is running.
        Started = "started",
        /// The receiver responded with 2xx.
        Succeeded = "succeeded",
        /// The attempt failed; the cause says why.
        Failed = "failed",
        /// The process ended or lost its lease, or a kept connection ended before an answer (the cause is
        /// `connection_closed`); whether the receiver got the request is unknown.
        Interrupted = "interrupted",
    }
);

/// Maximum number of attempts in the retry schedule, the first one included.
pub const ATTEMPTS: i32 = 10;

/// What happens to a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Delivered.
    Done,
    /// The next attempt is due at this time.
    RetryAt(Timestamp),
    /// The attempt was interrupted; the next one is due at once and uses no further step of the schedule.
    Repeat,
    /// Failed permanently.
    GiveUp(Reason),
}

impl Next {
    /// The resulting state of the delivery.
    pub const fn status(self) -> Status {
        match self {
            Self::Done => Status::Success,
            Self::RetryAt(_) | Self::Repeat => Status::Pending,
            Self::GiveUp(_) => Status::Failed,
        }
    }
}

/// A delivery, as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Begins with the time of creation.
    pub id: DeliveryId,
    /// The event that it carries; its id is the `webhook-id` header.
    pub event_id: EventId,
    /// The name of the event.
    pub event: EventName,
    /// The webhook that it goes to.
    pub webhook_id: WebhookId,
    /// The inbox that the event names.
    pub inbox_id: Option<InboxId>,
    /// The present status.
    pub status: Status,
    /// Why it failed permanently.
    pub reason: Option<Reason>,
    /// What made it.
    pub trigger: Trigger,
    /// Attempts that were started; also the number of the latest one.
    pub attempts: i32,
    /// Used steps of the retry schedule; an interrupted attempt uses none.
    pub steps: i32,
    /// When the next attempt is due; `None` when the delivery is final.
    pub next_attempt_at: Option<Timestamp>,
    /// The end of the lease, while it is being sent.
    pub leased_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
    /// The delivery whose event it sends again, by hand or by a recovery.
    pub resend_of: Option<DeliveryId>,
    /// The recovery that made it.
    pub recovery_id: Option<RecoveryId>,
}

impl Delivery {
    /// Whether an attempt before the latest one was interrupted.
    pub const fn was_interrupted(&self) -> bool {
        self.attempts > self.steps + 1
    }
}

/// An attempt, as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: i32,
    /// When it started.
    pub started_at: Timestamp,
    /// From the start to the response or the failure; `None` while it is running, or if it was interrupted by the
    /// end of the process or of its lease.
    pub duration_ms: Option<i64>,
    /// How it ended, or that it is running.
    pub outcome: AttemptOutcome,
    /// Why it failed.
    pub cause: Option<FailureCause>,
    /// The IP address that the request went to.
    pub remote_ip: Option<String>,
    /// The headers as sent; secrets are replaced.
    pub request_headers: Vec<(String, String)>,
    /// The response, if there was one.
    pub response: Option<Response>,
}

/// An attempt, as lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastAttempt {
    /// Counted from 1.
    pub number: i32,
    /// When it started.
    pub started_at: Timestamp,
    /// See [`Attempt::duration_ms`].
    pub duration_ms: Option<i64>,
    /// How it ended, or that it is running.
    pub outcome: AttemptOutcome,
    /// Why it failed.
    pub cause: Option<FailureCause>,
    /// The HTTP status, if the receiver answered.
    pub response_status: Option<u16>,
}

impl From<&Attempt> for LastAttempt {
    fn from(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: attempt.duration_ms,
            outcome: attempt.outcome,
            cause: attempt.cause,
            response_status: attempt.response.as_ref().map(|response| response.status),
        }
    }
}

/// A receiver's response, as far as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers in order, at most 8 KiB together.
    pub headers: Vec<(String, String)>,
    /// The first 16 KiB of the body.
    pub body: Vec<u8>,
    /// The body was longer than that.
    pub truncated: bool,
}

impl Response {
    /// Removes everything but the status.
    pub fn keep_status(&mut self) {
        *self = Self { status: self.status, ..Self::default() };
    }

    /// Replaces parts of the target URL that the response repeats.
    pub fn hide(&mut self, url: &TargetUrl) {
        for (_, value) in &mut self.headers {
            *value = url.hide_in(value);
        }
        // As it is shown: the stored body may end within a character.
        self.body = url.hide_in(&String::from_utf8_lossy(&self.body)).into_bytes();
    }
}

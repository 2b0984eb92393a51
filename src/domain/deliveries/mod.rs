//! A delivery and its attempts.

pub mod curl_command;
pub mod failure_cause;
pub mod log_period;
pub mod recovery;
pub mod search;

use super::events::catalogue::EventName;
use super::id::{DeliveryId, EventId, InboxId, WebhookId};
use super::timestamp::Timestamp;
use super::webhooks::target_url::TargetUrl;
use failure_cause::{FailureCause, named};

named!(
    /// Where a delivery stands. `Success` and `Failed` never change any more.
    Status {
        /// Waits for its next attempt, or is being sent.
        Pending = "pending",
        /// The receiver answered 2xx.
        Success = "success",
        /// Given up; the reason says why.
        Failed = "failed",
    }
);

named!(
    /// Why a delivery was given up.
    Reason {
        /// The last attempt of the schedule failed.
        Exhausted = "exhausted",
        /// 7 days have passed since the event was accepted.
        Expired = "expired",
        /// Six attempts in a row ended with the process.
        Poison = "poison",
        /// A person cancelled it.
        Cancelled = "cancelled",
        /// Its webhook was deleted.
        WebhookDeleted = "webhook_deleted",
    }
);

named!(
    /// What made the delivery.
    Trigger {
        /// An event came in.
        Event = "event",
        /// A person sent it again.
        Manual = "manual",
        /// The test page.
        Test = "test",
        /// A recovery after an outage.
        Recovery = "recovery",
    }
);

named!(
    /// How one HTTP request ended.
    AttemptOutcome {
        /// It is on its way.
        Started = "started",
        /// 2xx.
        Succeeded = "succeeded",
        /// The cause says why.
        Failed = "failed",
        /// The process ended or lost its lease; nobody knows whether the receiver got it.
        Interrupted = "interrupted",
    }
);

/// Attempts a delivery has, the first included.
pub const ATTEMPTS: i32 = 10;

/// What is to become of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Delivered.
    Done,
    /// Try again then.
    RetryAt(Timestamp),
    /// Give up.
    GiveUp(Reason),
}

impl Next {
    /// Where the delivery stands then.
    pub const fn status(self) -> Status {
        match self {
            Self::Done => Status::Success,
            Self::RetryAt(_) => Status::Pending,
            Self::GiveUp(_) => Status::Failed,
        }
    }
}

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event it carries; the `webhook-id` that the receiver sees.
    pub event_id: EventId,
    /// The event's name.
    pub event: EventName,
    /// The webhook it goes to.
    pub webhook_id: WebhookId,
    /// The inbox the event came from, if it came from one.
    pub inbox_id: Option<InboxId>,
    /// Where it stands.
    pub status: Status,
    /// Why it was given up, when it was.
    pub reason: Option<Reason>,
    /// What made it.
    pub trigger: Trigger,
    /// Attempts begun so far; also the number of the latest one.
    pub attempts: i32,
    /// Attempts of the schedule used up: interrupted ones take a number but no step.
    pub steps: i32,
    /// When the next attempt is due; `None` once it has ended.
    pub next_attempt_at: Option<Timestamp>,
    /// Being sent until then at the latest.
    pub leased_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// One HTTP request of a delivery, as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// 1 for the first.
    pub number: i32,
    /// When it began.
    pub started_at: Timestamp,
    /// From the first byte of work to the answer or the failure, in milliseconds.
    pub duration_ms: Option<i64>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed, when it did.
    pub cause: Option<FailureCause>,
    /// The address that was reached.
    pub remote_ip: Option<String>,
    /// Headers as sent, with secrets replaced.
    pub request_headers: Vec<(String, String)>,
    /// What came back, if anything did.
    pub response: Option<Response>,
}

/// A receiver's answer, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers in order, at most 8 KiB together.
    pub headers: Vec<(String, String)>,
    /// The body's first 16 KiB.
    pub body: Vec<u8>,
    /// The body went on after that.
    pub truncated: bool,
}

impl Response {
    /// Leaves out everything but the status.
    pub fn keep_status(&mut self) {
        *self = Self { status: self.status, ..Self::default() };
    }

    /// Hides what it repeats of the address that it came from.
    pub fn hide(&mut self, url: &TargetUrl) {
        for (_, value) in &mut self.headers {
            *value = url.hide_in(value);
        }
        // As it is shown; it may have been cut within a character.
        self.body = url.hide_in(&String::from_utf8_lossy(&self.body)).into_bytes();
    }
}

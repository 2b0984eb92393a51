//! How a webhook is doing: its streak of failures, and what follows from it (docs/reference/delivery.md,
//! "Health of a webhook").

use std::time::Duration;

use crate::domain::deliveries::failure_cause::{FailureCause, named};
use crate::domain::timestamp::Timestamp;

/// A webhook fails after that many failures in a row.
const FAILURES: i32 = 10;
/// It is turned off when everything has failed for that long …
pub const OFF_AFTER: Duration = Duration::from_secs(120 * 3600);
/// … and at least that often.
pub const OFF_FAILURES: i32 = 20;
/// A 429 pauses the whole webhook for at least that long.
const PAUSE: Duration = Duration::from_secs(60);
/// People are told when everything has failed for that long.
const TELL_AFTER: Duration = Duration::from_secs(24 * 3600);

named!(
    /// Why Hachok turned a webhook off.
    OffReason {
        /// Everything failed for five days.
        Failing = "failing",
        /// The receiver answered 410.
        Gone = "gone",
    }
);

/// What matters of a finished attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signal {
    /// Why it failed; `None` is success.
    pub cause: Option<FailureCause>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Not before then, says the receiver.
    pub retry_after: Option<Timestamp>,
    /// It was the delivery's last.
    pub gave_up: bool,
}

/// How fast trouble is noticed and probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Ten failures in a row mean failing when they took that long.
    pub failing_after: Duration,
    /// A failing webhook is probed after that long, then after twice as long, and so on …
    pub first_probe: Duration,
    /// … up to that long.
    pub slowest_probe: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { failing_after: seconds(120), first_probe: seconds(30), slowest_probe: seconds(600) }
    }
}

/// The health of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Failures in the unbroken streak.
    pub failures: i32,
    /// When the streak began.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before then: the receiver asked for it.
    pub paused_until: Option<Timestamp>,
    /// While failing: the next probe, not before then.
    pub probe_at: Option<Timestamp>,
    /// While failing: how long the last wait was, in milliseconds.
    pub probe_wait_ms: i32,
    /// When a delivery was first given up in this streak.
    pub exhausted_at: Option<Timestamp>,
}

/// The stages of trouble that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A delivery was given up.
    Exhausted,
    /// Everything has failed for that long.
    Failing(Duration),
    /// It will be turned off then.
    OffSoon(Timestamp),
}

impl Health {
    /// What a finished attempt means for the webhook; a reason to turn it off, if there is one.
    pub fn record(&mut self, signal: Signal, now: Timestamp, pace: Pace) -> Option<OffReason> {
        let Some(cause) = signal.cause else {
            *self = Self::default();
            return None;
        };
        // A fault of ours says nothing about the receiver.
        if cause == FailureCause::Internal {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let since = *self.failing_since.get_or_insert(now);
        if signal.gave_up {
            self.exhausted_at.get_or_insert(now);
        }
        if signal.status == Some(429) {
            let asked = signal.retry_after.unwrap_or(now).max(now.after(PAUSE));
            self.paused_until = self.paused_until.max(Some(asked));
        }
        if self.failures >= FAILURES && now.since(since) >= pace.failing_after {
            let last = Duration::from_millis(u64::try_from(self.probe_wait_ms).unwrap_or(0));
            let wait = (last * 2).clamp(pace.first_probe, pace.slowest_probe);
            self.probe_wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
            self.probe_at = Some(now.after(wait));
        }
        match cause {
            FailureCause::Gone => Some(OffReason::Gone),
            _ if self.failures >= OFF_FAILURES && now.since(since) >= OFF_AFTER => Some(OffReason::Failing),
            _ => None,
        }
    }

    /// Only probes go out: ten failures in a row over two minutes.
    pub const fn is_failing(&self) -> bool {
        self.probe_at.is_some()
    }

    /// The receiver asked for silence, and it is not over.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// Something may be sent now.
    pub fn lets_send(&self, now: Timestamp) -> bool {
        !self.is_paused(now) && self.probe_at.is_none_or(|at| at <= now)
    }

    /// What to tell people, if anything.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        let since = self.failing_since?;
        let long = now.since(since);
        if long >= OFF_AFTER.saturating_sub(TELL_AFTER) {
            Some(Stage::OffSoon(since.after(OFF_AFTER)))
        } else if long >= TELL_AFTER {
            Some(Stage::Failing(long))
        } else {
            self.exhausted_at.map(|_| Stage::Exhausted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Signal {
        Signal { cause: Some(FailureCause::HttpStatus), status: Some(503), ..Signal::default() }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    #[test]
    fn ten_failures_over_two_minutes_are_failing_and_probes_slow_down() {
        let mut health = Health::default();
        for second in 0..10 {
            health.record(failed(), at(second), Pace::default());
        }
        assert!(!health.is_failing(), "ten failures, but not for two minutes");
        let mut now = 120;
        let mut waits = Vec::new();
        for _ in 0..8 {
            health.record(failed(), at(now), Pace::default());
            assert!(!health.lets_send(at(now)));
            waits.push(health.probe_wait_ms / 1000);
            now += i64::from(health.probe_wait_ms / 1000);
            assert!(health.lets_send(at(now)));
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600, 600]);
        health.record(Signal::default(), at(now), Pace::default());
        assert_eq!(health, Health::default());
    }

    #[test]
    fn five_days_and_twenty_failures_turn_a_webhook_off() {
        let mut health = Health::default();
        let day = 24 * 3600;
        for failure in 0..19 {
            assert_eq!(health.record(failed(), at(failure), Pace::default()), None);
        }
        assert_eq!(health.stage(at(100)), None);
        assert_eq!(health.stage(at(day)), Some(Stage::Failing(Duration::from_secs(24 * 3600))));
        assert_eq!(health.stage(at(4 * day)), Some(Stage::OffSoon(at(5 * day))));
        assert_eq!(health.record(failed(), at(5 * day), Pace::default()), Some(OffReason::Failing));
        let mut few = Health::default();
        few.record(failed(), at(0), Pace::default());
        assert_eq!(few.record(failed(), at(6 * day), Pace::default()), None, "only two failures");
    }

    #[test]
    fn a_receiver_that_is_gone_is_turned_off_at_once() {
        let gone = Signal { cause: Some(FailureCause::Gone), status: Some(410), ..Signal::default() };
        assert_eq!(Health::default().record(gone, at(0), Pace::default()), Some(OffReason::Gone));
    }

    #[test]
    fn too_many_requests_pause_the_whole_webhook() {
        let busy = |retry_after| Signal { status: Some(429), retry_after, ..failed() };
        let mut health = Health::default();
        health.record(busy(None), at(0), Pace::default());
        assert!(health.is_paused(at(59)) && !health.is_paused(at(60)));
        health.record(busy(Some(at(500))), at(1), Pace::default());
        assert!(health.is_paused(at(499)) && !health.lets_send(at(499)) && health.lets_send(at(500)));
        health.record(busy(Some(at(100))), at(2), Pace::default());
        assert!(health.is_paused(at(499)), "a later answer never shortens the pause");
    }

    #[test]
    fn a_delivery_given_up_is_told_and_our_own_faults_are_not_the_receivers() {
        let mut health = Health::default();
        health.record(Signal { cause: Some(FailureCause::Internal), ..Signal::default() }, at(0), Pace::default());
        assert_eq!(health, Health::default());
        health.record(Signal { gave_up: true, ..failed() }, at(1), Pace::default());
        assert_eq!(health.stage(at(2)), Some(Stage::Exhausted));
    }
}

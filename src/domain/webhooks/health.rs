//! The health of a webhook: its streak of failures and the consequences (docs/reference/delivery.md, "Health of a
//! webhook").

use std::time::Duration;

use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

/// Failures in a row after which a webhook may be failing.
const FAILING_FAILURES_MIN: i32 = 10;
/// A webhook is turned off when every attempt failed for this time …
pub const OFF_AFTER: Duration = Duration::from_secs(120 * 3600);
/// … and at least this many attempts failed.
pub const OFF_FAILURES: i32 = 20;
/// Minimum duration of the pause after a 429.
const PAUSE_MIN: Duration = Duration::from_secs(60);
/// A warning is shown when every attempt failed for this time.
const WARNING_AFTER: Duration = Duration::from_secs(24 * 3600);

string_enum!(
    /// Why Hachok turned a webhook off.
    OffReason {
        /// Every attempt failed for five days.
        Failing = "failing",
        /// The receiver responded with 410.
        Gone = "gone",
    }
);

/// The parts of a finished attempt that affect the health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signal {
    /// Why the attempt failed; `None` if it succeeded.
    pub cause: Option<FailureCause>,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The time that the receiver asked for in `Retry-After`.
    pub retry_after: Option<Timestamp>,
    /// The delivery failed permanently with this attempt.
    pub gave_up: bool,
}

/// How fast failures are noticed, and how often a failing webhook is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A webhook is failing when ten failures in a row took at least this long.
    pub failing_after: Duration,
    /// The wait before the first probe of a failing webhook; it doubles with each failure …
    pub first_probe: Duration,
    /// … up to this wait.
    pub slowest_probe: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { failing_after: seconds(120), first_probe: seconds(30), slowest_probe: seconds(600) }
    }
}

/// The health of a webhook; the default is that of one without failures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Failures in the streak.
    pub failures: i32,
    /// When the streak began.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before this time, because the receiver responded with 429.
    pub paused_until: Option<Timestamp>,
    /// While failing: when the next probe may be sent.
    pub probe_at: Option<Timestamp>,
    /// While failing: the wait before the latest probe, in milliseconds.
    pub probe_wait_ms: i32,
    /// When a delivery first failed permanently in this streak.
    pub exhausted_at: Option<Timestamp>,
}

/// The warnings about a webhook, from the mildest to the most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A delivery failed permanently.
    Exhausted,
    /// Every attempt failed for this time.
    Failing(Duration),
    /// The webhook will be turned off at this time.
    OffSoon(Timestamp),
}

impl Health {
    /// Records a finished attempt. Returns the reason if the webhook must be turned off.
    pub fn record(&mut self, signal: Signal, now: Timestamp, pace: Pace) -> Option<OffReason> {
        let Some(cause) = signal.cause else {
            *self = Self::default();
            return None;
        };
        // An internal error says nothing about the receiver.
        if cause == FailureCause::Internal {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let since = *self.failing_since.get_or_insert(now);
        if signal.gave_up {
            self.exhausted_at.get_or_insert(now);
        }
        if signal.status == Some(429) {
            let asked = signal.retry_after.unwrap_or(now).max(now.after(PAUSE_MIN));
            self.paused_until = self.paused_until.max(Some(asked));
        }
        if self.failures >= FAILING_FAILURES_MIN && now.since(since) >= pace.failing_after {
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

    /// Whether only probes are sent: ten failures in a row over at least two minutes.
    pub const fn is_failing(&self) -> bool {
        self.probe_at.is_some()
    }

    /// Whether the receiver asked for a pause that is not over.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// The warning to show.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        let since = self.failing_since?;
        let long = now.since(since);
        if long >= OFF_AFTER.saturating_sub(WARNING_AFTER) {
            Some(Stage::OffSoon(since.after(OFF_AFTER)))
        } else if long >= WARNING_AFTER {
            Some(Stage::Failing(long))
        } else {
            self.exhausted_at.map(|_| Stage::Exhausted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_send(health: &Health, now: Timestamp) -> bool {
        !health.is_paused(now) && health.probe_at.is_none_or(|at| at <= now)
    }

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
            assert!(!lets_send(&health, at(now)));
            waits.push(health.probe_wait_ms / 1000);
            now += i64::from(health.probe_wait_ms / 1000);
            assert!(lets_send(&health, at(now)));
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
        assert!(health.is_paused(at(499)) && !lets_send(&health, at(499)) && lets_send(&health, at(500)));
        health.record(busy(Some(at(100))), at(2), Pace::default());
        assert!(health.is_paused(at(499)), "a later answer never shortens the pause");
    }

    #[test]
    fn a_permanent_failure_is_shown_and_internal_errors_do_not_count() {
        let mut health = Health::default();
        health.record(Signal { cause: Some(FailureCause::Internal), ..Signal::default() }, at(0), Pace::default());
        assert_eq!(health, Health::default());
        health.record(Signal { gave_up: true, ..failed() }, at(1), Pace::default());
        assert_eq!(health.stage(at(2)), Some(Stage::Exhausted));
    }
}

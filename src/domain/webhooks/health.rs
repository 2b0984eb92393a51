//! The health of a webhook: its streak of failures and the consequences (docs/reference/delivery.md, "Health of a
//! webhook").

use std::time::Duration;

use crate::domain::deliveries::delivery_control::DeliveryControl;
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
        /// The receiver asked for it (`webhook-delivery: disable`).
        Asked = "asked",
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
    /// What the receiver asked for in `webhook-delivery`.
    pub control: DeliveryControl,
    /// The delivery used its whole schedule with this attempt.
    pub gave_up: bool,
    /// When the attempt began: it may be older than the condition that it meets.
    pub began_at: Timestamp,
    /// The token of the lease under which it was made; that of a probe is in [`Condition::Failing`].
    pub lease: i64,
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

/// What the answers of a receiver allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Deliveries are sent when they are due.
    #[default]
    Healthy,
    /// The receiver responded with 429. Nothing is sent before `until`, the latest time that any response asked for.
    Paused {
        /// When sending may begin again.
        until: Timestamp,
    },
    /// Ten failures in a row over at least two minutes: one probe at a time is sent.
    Failing {
        /// Not before this time.
        probe_at: Timestamp,
        /// The wait before the probe; it doubles with each probe that fails.
        wait: Duration,
        /// The lease of the probe that is being sent.
        probe: Option<i64>,
    },
    /// Nothing is sent, and new deliveries are held.
    Off {
        /// `None` if a person turned the webhook off.
        reason: Option<OffReason>,
    },
}

/// Failures without a success between them. A pause and the wait for a probe do not end it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// How many attempts failed.
    pub failures: i32,
    /// When the first of them failed.
    pub since: Option<Timestamp>,
    /// When a delivery first failed permanently.
    pub exhausted_at: Option<Timestamp>,
}

/// The health of a webhook; the default is that of one without failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What may be sent.
    pub condition: Condition,
    /// Kept beside the condition.
    pub streak: Streak,
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
    /// Records a finished attempt. Returns the reason if it turned the webhook off.
    ///
    /// Attempts end in any order, so many of them began before the condition that they meet. A success ends a pause
    /// only if its attempt began after the pause, and failing only if it was the probe; only a probe that fails doubles
    /// the wait. Every 429 may prolong a pause, every failure counts in the streak, and a 410 or `disable` always turns
    /// the webhook off, `disable` also with a success.
    pub fn record(&mut self, signal: Signal, now: Timestamp, pace: Pace) -> Option<OffReason> {
        if matches!(self.condition, Condition::Off { .. }) {
            return None;
        }
        let asked = signal.control.disable.then_some(OffReason::Asked);
        let reason = self.follow(signal, now, pace).or(asked)?;
        self.condition = Condition::Off { reason: Some(reason) };
        Some(reason)
    }

    /// Records an attempt of a webhook that is on. Returns the reason if its rules turn it off.
    fn follow(&mut self, signal: Signal, now: Timestamp, pace: Pace) -> Option<OffReason> {
        let is_probe = self.end_probe(signal.lease);
        let Some(cause) = signal.cause else {
            let counts = match self.condition {
                Condition::Healthy => true,
                Condition::Paused { until } => signal.began_at >= until,
                Condition::Failing { .. } => is_probe,
                Condition::Off { .. } => false,
            };
            if counts {
                *self = Self::default();
            }
            return None;
        };
        // An internal error says nothing about the receiver.
        if cause == FailureCause::Internal {
            return None;
        }
        self.streak.failures = self.streak.failures.saturating_add(1);
        let since = *self.streak.since.get_or_insert(now);
        if signal.gave_up {
            self.streak.exhausted_at.get_or_insert(now);
        }
        if is_probe {
            self.slow_down(now, pace);
        }
        if signal.status == Some(429) {
            self.pause(signal.retry_after.unwrap_or(now).max(now.after(PAUSE_MIN)));
        }
        if self.streak.failures >= FAILING_FAILURES_MIN && now.since(since) >= pace.failing_after {
            self.fail(now, pace);
        }
        let is_over = self.streak.failures >= OFF_FAILURES && now.since(since) >= OFF_AFTER;
        match cause {
            FailureCause::Gone => Some(OffReason::Gone),
            _ if is_over && !signal.control.disable => Some(OffReason::Failing),
            _ => None,
        }
    }

    /// Whether the attempt under this lease was the probe; then another may be sent.
    fn end_probe(&mut self, lease: i64) -> bool {
        match &mut self.condition {
            Condition::Failing { probe, .. } if *probe == Some(lease) => probe.take().is_some(),
            _ => false,
        }
    }

    /// Waits twice as long for the next probe, up to the longest wait.
    fn slow_down(&mut self, now: Timestamp, pace: Pace) {
        if let Condition::Failing { probe_at, wait, .. } = &mut self.condition {
            *wait = (*wait * 2).clamp(pace.first_probe, pace.slowest_probe);
            *probe_at = now.after(*wait);
        }
    }

    /// Sends nothing before `asked`. A pause is never shortened.
    fn pause(&mut self, asked: Timestamp) {
        match &mut self.condition {
            Condition::Healthy => self.condition = Condition::Paused { until: asked },
            Condition::Paused { until: at } | Condition::Failing { probe_at: at, .. } => *at = asked.max(*at),
            Condition::Off { .. } => {}
        }
    }

    /// Sends only probes from now on, the first not before the end of a pause.
    fn fail(&mut self, now: Timestamp, pace: Pace) {
        let first_probe_at = now.after(pace.first_probe);
        let probe_at = match self.condition {
            Condition::Healthy => first_probe_at,
            Condition::Paused { until } => until.max(first_probe_at),
            Condition::Failing { .. } | Condition::Off { .. } => return,
        };
        self.condition = Condition::Failing { probe_at, wait: pace.first_probe, probe: None };
    }

    /// Whether only probes are sent.
    pub const fn is_failing(&self) -> bool {
        matches!(self.condition, Condition::Failing { .. })
    }

    /// The end of the pause that the receiver asked for, if it is not over.
    pub fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.condition {
            Condition::Paused { until } => Some(until).filter(|until| now < *until),
            _ => None,
        }
    }

    /// When the next probe may be sent, while only probes are.
    pub const fn probe_at(&self) -> Option<Timestamp> {
        match self.condition {
            Condition::Failing { probe_at, .. } => Some(probe_at),
            _ => None,
        }
    }

    /// The warning to show.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        let since = self.streak.since?;
        let long = now.since(since);
        if long >= OFF_AFTER.saturating_sub(WARNING_AFTER) {
            Some(Stage::OffSoon(since.after(OFF_AFTER)))
        } else if long >= WARNING_AFTER {
            Some(Stage::Failing(long))
        } else {
            self.streak.exhausted_at.map(|_| Stage::Exhausted)
        }
    }
}

#[cfg(test)]
mod tests;

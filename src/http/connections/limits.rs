//! When a connection is closed. Pure rules: ages and counts are arguments.

use std::time::Duration;

use crate::fault_injection;

/// From the first byte of a request to the end of its head. For the first request of a connection, the parser's timer
/// counts from the start of the connection and answers 408.
pub const HEAD_MAX: Duration = Duration::from_secs(5);

/// The sweep's limit for a head. The parser's timer covers only the first head of a connection; this one covers all
/// heads, and is longer so that the parser answers 408 first.
const LATE_HEAD_MAX: Duration = Duration::from_secs(6);

/// How long a peer may take nothing of a response.
const WRITE_STALL_MAX: Duration = Duration::from_secs(30);

/// How long a connection may be idle while connections are scarce.
const SCARCE_IDLE_MAX: Duration = Duration::from_secs(5);

/// A connection that has waited this long for a request head may be closed at critical pressure.
const CRITICAL_HEAD_MIN: Duration = Duration::from_secs(1);

/// A connection whose peer has taken nothing of a response for this long may be closed at critical pressure.
const CRITICAL_STALL_MIN: Duration = Duration::from_secs(5);

/// What a connection is doing, and whether its peer or the server is to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connected; no byte received yet.
    Silent,
    /// Part of a request head received.
    Head,
    /// A request is handled, or its response is being written.
    Busy,
    /// The peer takes nothing of the response.
    Stalled,
    /// All responses have been written.
    Idle,
}

/// How much of the connection limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// At most half.
    Low,
    /// More than half: idle connections are closed earlier.
    Scarce,
    /// More than seven eighths: the longest idle connections are closed at once.
    Critical,
}

impl Pressure {
    pub const fn of(open: usize, limit: usize) -> Self {
        if open > limit - limit / 8 {
            Self::Critical
        } else if open > limit / 2 {
            Self::Scarce
        } else {
            Self::Low
        }
    }
}

/// How many connections to close at critical pressure: down to three quarters of the limit, so that the next new
/// connection does not make the pressure critical again.
pub const fn surplus(open: usize, limit: usize) -> usize {
    open.saturating_sub(limit - limit / 4)
}

/// The time limits of one server.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    keep_alive: Duration,
    scarce_idle: Duration,
    head: Duration,
    stall: Duration,
    critical_head: Duration,
    critical_stall: Duration,
}

impl TimeLimits {
    /// `keep_alive` is the limit for idle connections while they are not scarce.
    pub fn new(keep_alive: Duration) -> Self {
        let scaled = fault_injection::connection;
        Self {
            keep_alive: scaled(keep_alive),
            scarce_idle: scaled(SCARCE_IDLE_MAX.min(keep_alive)),
            head: scaled(LATE_HEAD_MAX),
            stall: scaled(WRITE_STALL_MAX),
            critical_head: scaled(CRITICAL_HEAD_MIN),
            critical_stall: scaled(CRITICAL_STALL_MIN),
        }
    }

    /// A connection in `phase` for `age` is past its limit. A request that is being handled never is: its handler has
    /// limits of its own.
    pub fn is_over(&self, phase: Phase, age: Duration, scarce: bool) -> bool {
        match phase {
            Phase::Busy => false,
            Phase::Idle => age >= if scarce { self.scarce_idle } else { self.keep_alive },
            Phase::Silent | Phase::Head => age >= self.head,
            Phase::Stalled => age >= self.stall,
        }
    }

    /// The order of closing at critical pressure: the lowest rank first and, within a rank, the longest age. Idle
    /// connections are first because their peers lose least. `None` is not closed.
    pub fn rank(&self, phase: Phase, age: Duration) -> Option<u8> {
        match phase {
            Phase::Busy => None,
            Phase::Idle => Some(0),
            Phase::Silent | Phase::Head => (age >= self.critical_head).then_some(1),
            Phase::Stalled => (age >= self.critical_stall).then_some(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn half_of_the_limit_is_low_and_more_than_seven_eighths_are_critical() {
        for (open, limit, pressure, surplus_expected) in [
            (0, 1024, Pressure::Low, 0),
            (512, 1024, Pressure::Low, 0),
            (513, 1024, Pressure::Scarce, 0),
            (896, 1024, Pressure::Scarce, 128),
            (897, 1024, Pressure::Critical, 129),
            (1024, 1024, Pressure::Critical, 256),
            (1, 1, Pressure::Scarce, 0),
            (2, 1, Pressure::Critical, 1),
        ] {
            assert_eq!(Pressure::of(open, limit), pressure, "{open} of {limit}");
            assert_eq!(surplus(open, limit), surplus_expected, "{open} of {limit}");
        }
    }

    #[test]
    fn a_phase_ends_at_its_time_and_a_request_in_progress_never() {
        let limits = TimeLimits::new(75 * SECOND);
        for (phase, plenty, scarce) in [
            (Phase::Silent, Some(6), Some(6)),
            (Phase::Head, Some(6), Some(6)),
            (Phase::Stalled, Some(30), Some(30)),
            (Phase::Idle, Some(75), Some(5)),
            (Phase::Busy, None, None),
        ] {
            for (is_scarce, end) in [(false, plenty), (true, scarce)] {
                let over = |seconds: u32| limits.is_over(phase, seconds * SECOND, is_scarce);
                match end {
                    Some(end) => assert!(!over(end - 1) && over(end), "{phase:?} {is_scarce}"),
                    None => assert!(!over(1_000_000), "{phase:?}"),
                }
            }
        }
    }

    #[test]
    fn a_keep_alive_shorter_than_the_scarce_limit_always_applies() {
        let limits = TimeLimits::new(2 * SECOND);
        assert!(limits.is_over(Phase::Idle, 2 * SECOND, true) && !limits.is_over(Phase::Idle, SECOND, true));
        assert!(limits.is_over(Phase::Idle, 2 * SECOND, false));
    }

    #[test]
    fn idle_connections_go_before_slow_ones_and_busy_ones_stay() {
        let limits = TimeLimits::new(75 * SECOND);
        for (phase, seconds, rank) in [
            (Phase::Idle, 0, Some(0)),
            (Phase::Silent, 0, None),
            (Phase::Silent, 1, Some(1)),
            (Phase::Head, 0, None),
            (Phase::Head, 1, Some(1)),
            (Phase::Stalled, 4, None),
            (Phase::Stalled, 5, Some(2)),
            (Phase::Busy, 1_000_000, None),
        ] {
            assert_eq!(limits.rank(phase, seconds * SECOND), rank, "{phase:?} after {seconds} s");
        }
    }
}

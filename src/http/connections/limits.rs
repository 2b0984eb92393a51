//! When a connection is taken back from its peer. Pure rules: ages and counts are arguments.

use std::time::Duration;

use crate::fault_injection;

/// From the first byte of a request to the end of its head. For the first request of a connection the parser's own
/// timer counts from the connection's start and answers 408.
pub const HEAD_MAX: Duration = Duration::from_secs(5);

/// The parser's timer covers only the first head of a connection; ours covers all of them, and leaves it the first turn.
const LATE_HEAD_MAX: Duration = Duration::from_secs(6);

/// A response of which the peer takes nothing.
const WRITE_STALL_MAX: Duration = Duration::from_secs(30);

/// An idle connection while connections are scarce.
const SCARCE_IDLE_MAX: Duration = Duration::from_secs(5);

/// From this age on, a connection that waits for a request head is closed at critical pressure.
const CRITICAL_HEAD_MIN: Duration = Duration::from_secs(1);

/// From this age on, a connection whose peer takes nothing of a response is closed at critical pressure.
const CRITICAL_STALL_MIN: Duration = Duration::from_secs(5);

/// What a connection is doing, as its peer could be blamed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connected; nothing has come yet.
    Silent,
    /// A part of a request head has come.
    Head,
    /// A request is being handled, or its response written.
    Busy,
    /// The peer takes nothing of the response.
    Stalled,
    /// All requests are answered.
    Idle,
}

/// How much of the connection limit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// Up to a half.
    Low,
    /// More than a half: idle connections end earlier.
    Scarce,
    /// More than seven eighths: the longest idle connections end at once.
    Critical,
}

impl Pressure {
    /// The pressure of `open` connections under `limit`.
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

/// How many connections to take back at critical pressure: down to three quarters, so that not every new connection
/// asks for the same again.
pub const fn surplus(open: usize, limit: usize) -> usize {
    open.saturating_sub(limit - limit / 4)
}

/// The times of one server.
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
    /// The limits with that keep-alive time.
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

    /// A connection that has been in that phase for that long is over. A request that is being handled never is: its
    /// handler has limits of its own.
    pub fn is_over(&self, phase: Phase, age: Duration, scarce: bool) -> bool {
        match phase {
            Phase::Busy => false,
            Phase::Idle => age >= if scarce { self.scarce_idle } else { self.keep_alive },
            Phase::Silent | Phase::Head => age >= self.head,
            Phase::Stalled => age >= self.stall,
        }
    }

    /// Who goes first at critical pressure, the lowest rank and the longest age: idle connections cost their peers
    /// least. `None` stays.
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
    fn half_of_the_limit_is_plenty_and_seven_eighths_are_critical() {
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
    fn a_keep_alive_below_the_scarce_one_holds_always() {
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

//! How many requests a token may make, and how many wrong tokens an address may send (docs/reference/http-api.md, "Limits").

use std::time::{Duration, Instant};

/// Seconds over which a token may spread its requests: it may make twice its rate at once.
pub const WINDOW_S: u32 = 2;
/// Wrong tokens of an address that are answered as such within [`FAILURE_WINDOW`].
pub const FAILURES_MAX: u32 = 30;
/// How long wrong tokens count, from the first of them.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(15 * 60);

/// The rate of a token, by the generic cell rate algorithm (ITU-T I.371): one time holds the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, at least 1.
    pub per_second: u32,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests that may be made at once.
    pub remaining: u32,
    /// When the whole quota is there again.
    pub full_in: Duration,
}

impl Rate {
    /// Requests that may be made at once.
    pub const fn burst(self) -> u32 {
        self.per_second.saturating_mul(WINDOW_S)
    }

    /// Takes one request at `now`. `used_until` is the state: when the requests made so far will have been earned. The
    /// error is how long to wait for the next request.
    pub fn take(self, used_until: &mut Instant, now: Instant) -> Result<Quota, Duration> {
        let (interval, window) =
            (Duration::from_secs(1) / self.per_second.max(1), Duration::from_secs(WINDOW_S.into()));
        let after = (*used_until).max(now) + interval;
        let debt = after.saturating_duration_since(now);
        if debt > window {
            return Err(debt.saturating_sub(window));
        }
        *used_until = after;
        let left = (window.saturating_sub(debt)).as_nanos() / interval.as_nanos().max(1);
        Ok(Quota { remaining: u32::try_from(left).unwrap_or(u32::MAX), full_in: debt })
    }
}

/// The wrong tokens of one address.
#[derive(Clone, Copy, Debug)]
pub struct Failures {
    begun: Instant,
    count: u32,
}

impl Failures {
    /// None yet.
    pub const fn begin(now: Instant) -> Self {
        Self { begun: now, count: 0 }
    }

    /// Counts one more. The error is how long its address has to wait until wrong tokens are answered as such again.
    pub fn count(&mut self, now: Instant) -> Result<(), Duration> {
        let age = now.saturating_duration_since(self.begun);
        if age >= FAILURE_WINDOW {
            *self = Self::begin(now);
        }
        self.count = self.count.saturating_add(1);
        if self.count <= FAILURES_MAX { Ok(()) } else { Err(FAILURE_WINDOW.saturating_sub(age)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_make_twice_its_rate_at_once_and_then_its_rate() {
        for per_second in [1, 3, 50, 100_000] {
            let (rate, start) = (Rate { per_second }, Instant::now());
            let mut state = start;
            let taken = (0..).take_while(|_| rate.take(&mut state, start).is_ok()).count();
            assert_eq!(taken, 2 * per_second as usize);
            let wait = rate.take(&mut state, start).expect_err("no quota");
            assert!(wait <= Duration::from_secs(1) / per_second, "{wait:?}");
            assert!(rate.take(&mut state, start + wait).is_ok(), "after the wait there is one");
            let later = start + Duration::from_secs(11);
            let again = (0..).take_while(|_| rate.take(&mut state, later).is_ok()).count();
            assert_eq!(again, 2 * per_second as usize, "unused time is not saved up");
        }
    }

    #[test]
    fn the_quota_counts_down_to_zero_and_grows_again() {
        let (rate, start) = (Rate { per_second: 2 }, Instant::now());
        let mut state = start;
        let left: Vec<u32> =
            (0..4).filter_map(|_| rate.take(&mut state, start).ok()).map(|quota| quota.remaining).collect();
        assert_eq!(left, [3, 2, 1, 0]);
        let quota = rate.take(&mut state, start + Duration::from_secs(1)).expect("two are earned");
        assert_eq!(quota, Quota { remaining: 1, full_in: Duration::from_millis(1500) });
    }

    #[test]
    fn thirty_wrong_tokens_are_answered_until_their_window_has_passed() {
        let start = Instant::now();
        let mut failures = Failures::begin(start);
        assert!((0..30).all(|_| failures.count(start).is_ok()));
        assert_eq!(failures.count(start + Duration::from_secs(60)), Err(Duration::from_secs(840)));
        assert_eq!(failures.count(start + Duration::from_secs(899)), Err(Duration::from_secs(1)));
        assert_eq!(failures.count(start + FAILURE_WINDOW), Ok(()));
    }
}

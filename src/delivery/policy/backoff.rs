//! The retry schedule.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

const S: u64 = 1;
const M: u64 = 60;
const H: u64 = 3600;

/// The wait after each attempt, in seconds (Standard Webhooks 1.0, "Deliverability and reliability"). Ten attempts in
/// 75 h 35 min.
pub const DELAYS: [u64; 9] = [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H];

/// A delivery fails permanently (`expired`) this long after it was created.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * H);

/// When the attempt after step `step` is due; 1 is the first attempt. `None` after the last step. `random_fraction` in
/// 0..1 multiplies the wait by 0.8 to 1.2, so that receivers that failed together are not retried together.
pub fn next_attempt(step: i32, now: Timestamp, random_fraction: f64) -> Option<Timestamp> {
    let delay = usize::try_from(step - 1).ok().and_then(|index| DELAYS.get(index))?;
    let with_jitter = Duration::from_secs(*delay).mul_f64(0.8 + 0.4 * random_fraction.clamp(0.0, 1.0));
    Some(now.after(fault_injection::span(with_jitter)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::deliveries::ATTEMPTS;

    #[test]
    fn ten_attempts_over_75_hours_and_35_minutes() {
        assert_eq!(DELAYS.len() + 1, ATTEMPTS as usize);
        assert_eq!(DELAYS.iter().sum::<u64>(), 75 * H + 35 * M + 5 * S);
        assert_eq!(next_attempt(10, Timestamp::default(), 0.5), None);
        assert_eq!(next_attempt(0, Timestamp::default(), 0.5), None);
    }

    proptest! {
        #[test]
        fn a_wait_is_within_a_fifth_of_the_schedule(step in 1..10_i32, fraction in 0.0..1.0_f64, now in 0..4_000_000_000_i64) {
            let now = Timestamp::from_seconds(now);
            let wait = next_attempt(step, now, fraction).map(|due| due.since(now)).unwrap_or_default();
            let plan = Duration::from_secs(DELAYS[step as usize - 1]);
            prop_assert!(wait >= plan.mul_f64(0.799) && wait <= plan.mul_f64(1.201));
        }
    }
}

//! How long an address must wait before its next try to enter a password (docs/reference/security.md,
//! "Sign-in limits").
//!
//! Two limits hold at once. The first counts the failures of one account from one address, the second all failures of
//! one address. Neither counts what other addresses do, so nobody can be locked out from elsewhere.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// Failures older than that are forgotten.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(15 * 60);
/// A sign-in exempts its pair of address and account from the limit of the address for that long.
pub const SIGN_IN_MEMORY: Duration = Duration::from_secs(30 * 24 * 3600);
/// Failures of one account from one address before the first delay.
const PAIR_FAILURES_MAX: usize = 5;
/// Failures of one address, whatever the account, before it has to wait.
const ADDRESS_FAILURES_MAX: usize = 30;
/// The first delay of a pair; each further failure doubles it.
const PAIR_FIRST_DELAY: Duration = Duration::from_secs(30);
/// Doublings of the delay at most: 16 minutes, longer than the window.
const PAIR_DOUBLINGS_MAX: usize = 5;

/// A failed try from the address in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// It was for the account in question.
    pub same_account: bool,
    /// When it was made.
    pub at: Timestamp,
}

/// How long the address must wait; zero allows the try now. `failures` are those of the address, the oldest first.
///
/// `signed_in_before` says that the account has signed in from this address lately. Its delay then depends on its own
/// failures alone: whoever shares the address with an attacker (an office, a carrier's NAT, a proxy that is not
/// trusted) is not locked out by the attacker's tries for other accounts.
///
/// Failures in the future do not count: the clock was set back since.
pub fn wait(failures: &[Failure], signed_in_before: bool, now: Timestamp) -> Duration {
    let counted = |failure: &&Failure| failure.at <= now && now.since(failure.at) < FAILURE_WINDOW;
    let of_pair = pair_wait(failures.iter().filter(counted).filter(|failure| failure.same_account), now);
    if signed_in_before { of_pair } else { of_pair.max(address_wait(failures.iter().filter(counted), now)) }
}

fn pair_wait<'a>(failures: impl Iterator<Item = &'a Failure>, now: Timestamp) -> Duration {
    let (count, last) = failures.fold((0_usize, None), |(count, _), failure| (count + 1, Some(failure.at)));
    match (count.checked_sub(PAIR_FAILURES_MAX), last) {
        (Some(more), Some(last)) => {
            let delay = PAIR_FIRST_DELAY.saturating_mul(1 << more.min(PAIR_DOUBLINGS_MAX));
            delay.saturating_sub(now.since(last))
        }
        _ => Duration::ZERO,
    }
}

/// Until so many failures have left the window that one more is allowed.
fn address_wait<'a>(failures: impl Iterator<Item = &'a Failure>, now: Timestamp) -> Duration {
    let times: Vec<Timestamp> = failures.map(|failure| failure.at).collect();
    let leaves_last = times.len().checked_sub(ADDRESS_FAILURES_MAX).and_then(|index| times.get(index));
    leaves_last.map_or(Duration::ZERO, |at| FAILURE_WINDOW.saturating_sub(now.since(*at)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn failure(seconds_ago: u64, same_account: bool) -> Failure {
        Failure { same_account, at: NOW.before(Duration::from_secs(seconds_ago)) }
    }

    fn seconds(failures: &[Failure], signed_in_before: bool) -> u64 {
        wait(failures, signed_in_before, NOW).as_secs()
    }

    #[test]
    fn five_failures_of_a_pair_cost_a_delay_that_doubles_and_ends() {
        for (count, delay) in [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 960), (20, 960)] {
            assert_eq!(seconds(&vec![failure(0, true); count], false), delay, "{count} failures");
            assert_eq!(seconds(&vec![failure(0, true); count], true), delay, "{count} failures, known");
            assert_eq!(seconds(&vec![failure(0, false); count], false), 0, "{count} failures of others");
        }
        assert_eq!(seconds(&[failure(20, true); 5], false), 10);
        assert_eq!(seconds(&[failure(31, true); 5], false), 0);
        assert_eq!(seconds(&[failure(900, true); 10], false), 0, "they have left the window");
    }

    #[test]
    fn thirty_failures_of_an_address_hold_it_up_until_one_leaves_the_window() {
        assert_eq!(seconds(&[failure(100, false); 29], false), 0);
        assert_eq!(seconds(&[failure(100, false); 30], false), 800);
        let mut spread: Vec<Failure> = (0..40).map(|index| failure(899 - index, false)).collect();
        assert_eq!(seconds(&spread, false), 11, "eleven must leave");
        spread.truncate(30);
        assert_eq!(seconds(&spread, false), 1);
    }

    #[test]
    fn who_has_signed_in_from_the_address_is_held_up_by_own_failures_alone() {
        assert_eq!(seconds(&[failure(0, false); 1000], true), 0);
        let mut failures = vec![failure(0, false); 100];
        failures.extend([failure(0, true); 5]);
        assert_eq!(seconds(&failures, true), 30);
    }

    #[test]
    fn failures_in_the_future_do_not_count() {
        let ahead = Failure { same_account: true, at: NOW.after(Duration::from_secs(86_400)) };
        assert_eq!(seconds(&[ahead; 40], false), 0);
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_longest_delay(ages in proptest::collection::vec((0u64..2000, any::<bool>()), 0..80)) {
            let mut failures: Vec<Failure> = ages.into_iter().map(|(age, same)| failure(age, same)).collect();
            failures.sort_by_key(|failure| failure.at);
            let known = wait(&failures, true, NOW);
            prop_assert!(known <= wait(&failures, false, NOW));
            prop_assert!(wait(&failures, false, NOW) <= Duration::from_secs(960));
            // After the wait, and without a further try, the next one is allowed.
            let later = NOW.after(wait(&failures, false, NOW));
            prop_assert_eq!(wait(&failures, false, later), Duration::ZERO);
        }
    }
}

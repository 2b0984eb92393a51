//! How long a client must wait before its next attempt to enter a password (docs/reference/security.md, "Sign-in
//! limits").
//!
//! Two limits apply: on the failures of one account from one address, and on all failures of one address. Neither
//! counts failures from other addresses, so no account can be locked out from elsewhere.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// Older failures do not count.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(15 * 60);
/// After a sign-in, the limit of the address does not apply to this pair of address and account for this time.
pub const SIGN_IN_MEMORY: Duration = Duration::from_secs(30 * 24 * 3600);
/// Failures of a pair of address and account without a delay.
const PAIR_FAILURES_MAX: usize = 5;
/// Failures of an address, over all accounts, without a delay.
const ADDRESS_FAILURES_MAX: usize = 30;
/// The first delay of a pair; each further failure doubles it.
const PAIR_FIRST_DELAY: Duration = Duration::from_secs(30);
/// Maximum number of doublings: the delay is then 16 minutes, longer than the window.
const PAIR_DOUBLINGS_MAX: usize = 5;

/// A failed attempt from the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether it was for the account in question.
    pub same_account: bool,
    /// When the attempt was made.
    pub at: Timestamp,
}

/// How long the client must wait; zero if the attempt is allowed now. `failures` are those of its address, oldest
/// first.
///
/// `signed_in_before`: the account recently signed in from this address. Then only its own failures delay it: a person
/// who shares the address with an attacker (an office, a carrier's NAT, an untrusted proxy) is not locked out by the
/// attacker's attempts on other accounts.
///
/// Failures in the future are ignored: the clock was set back after them.
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

/// The time until enough failures have left the window for one more attempt.
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
    fn five_failures_of_a_pair_cause_a_delay_that_doubles_up_to_a_limit() {
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
    fn thirty_failures_of_an_address_delay_it_until_one_leaves_the_window() {
        assert_eq!(seconds(&[failure(100, false); 29], false), 0);
        assert_eq!(seconds(&[failure(100, false); 30], false), 800);
        let mut spread: Vec<Failure> = (0..40).map(|index| failure(899 - index, false)).collect();
        assert_eq!(seconds(&spread, false), 11, "eleven must leave");
        spread.truncate(30);
        assert_eq!(seconds(&spread, false), 1);
    }

    #[test]
    fn an_account_that_signed_in_from_the_address_is_delayed_only_by_its_own_failures() {
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
            // After the wait, and without another failure, the next attempt is allowed.
            let later = NOW.after(wait(&failures, false, NOW));
            prop_assert_eq!(wait(&failures, false, later), Duration::ZERO);
        }
    }
}

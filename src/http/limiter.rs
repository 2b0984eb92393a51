//! Brakes on guessing passwords: in memory, per process.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// Failures are remembered that long.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures for one account from one address before it has to wait.
const PER_ACCOUNT: usize = 5;
/// Failures from one address, whatever the account, before it has to wait.
const PER_ADDRESS: usize = 30;
/// The first wait of an account; it doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// Addresses remembered at most; the oldest go first.
const MOST: usize = 10_000;

/// Remembers failed sign-ins.
#[derive(Debug, Default)]
pub struct Limiter {
    failures: Mutex<HashMap<IpAddr, Vec<(String, Timestamp)>>>,
}

impl Limiter {
    /// How long `address` must wait before it may try `account`; zero lets it try now. Never a lock for others: the
    /// account stays open to every other address.
    ///
    /// A try counts as a failure until it has `succeeded`: counted only afterwards, many tries at once would all pass.
    pub fn admit(&self, address: IpAddr, account: &str, now: Timestamp) -> Duration {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut failures, address, now);
        let list = failures.entry(address).or_default();
        list.retain(|(_, at)| now.since(*at) < WINDOW);
        let wait = wait(list, account, now);
        if wait.is_zero() {
            list.push((account.to_owned(), now));
        }
        wait
    }

    /// Forgets the failures of an account from an address that has now signed in.
    pub fn succeeded(&self, address: IpAddr, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = failures.get_mut(&address) {
            list.retain(|(name, _)| name != account);
        }
    }
}

fn wait(list: &[(String, Timestamp)], account: &str, now: Timestamp) -> Duration {
    let of_account: Vec<Timestamp> = list.iter().filter(|(name, _)| name == account).map(|(_, at)| *at).collect();
    let over = of_account.len().saturating_sub(PER_ACCOUNT);
    let account_wait = match of_account.last() {
        Some(last) if of_account.len() >= PER_ACCOUNT => {
            let doubled = FIRST_WAIT.saturating_mul(1 << over.min(5));
            doubled.saturating_sub(now.since(*last))
        }
        _ => Duration::ZERO,
    };
    let address_wait = match list.first() {
        Some((_, oldest)) if list.len() >= PER_ADDRESS => WINDOW.saturating_sub(now.since(*oldest)),
        _ => Duration::ZERO,
    };
    account_wait.max(address_wait)
}

fn make_room(failures: &mut HashMap<IpAddr, Vec<(String, Timestamp)>>, address: IpAddr, now: Timestamp) {
    if failures.len() >= MOST && !failures.contains_key(&address) {
        failures.retain(|_, list| list.last().is_some_and(|(_, at)| now.since(*at) < WINDOW));
        if failures.len() >= MOST {
            failures.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn five_failures_cost_a_wait_that_doubles_and_ends() {
        let limiter = Limiter::default();
        let now = Timestamp::from_seconds(1000);
        for _ in 0..5 {
            assert_eq!(limiter.admit(HERE, "a", now), Duration::ZERO);
        }
        assert_eq!(limiter.admit(HERE, "a", now), Duration::from_secs(30));
        assert_eq!(limiter.admit(THERE, "a", now), Duration::ZERO);
        assert_eq!(limiter.admit(HERE, "b", now), Duration::ZERO);
        let later = now.after(Duration::from_secs(31));
        assert_eq!(limiter.admit(HERE, "a", later), Duration::ZERO);
        assert_eq!(limiter.admit(HERE, "a", later), Duration::from_secs(60));
        limiter.succeeded(HERE, "a");
        assert_eq!(limiter.admit(HERE, "a", later), Duration::ZERO);
    }

    #[test]
    fn thirty_failures_close_the_door_to_an_address() {
        let limiter = Limiter::default();
        let now = Timestamp::from_seconds(1000);
        for account in 0..30 {
            assert_eq!(limiter.admit(HERE, &account.to_string(), now), Duration::ZERO);
        }
        assert!(limiter.admit(HERE, "x", now) > Duration::from_secs(800));
        assert_eq!(limiter.admit(THERE, "x", now), Duration::ZERO);
        assert_eq!(limiter.admit(HERE, "x", now.after(WINDOW)), Duration::ZERO);
    }
}

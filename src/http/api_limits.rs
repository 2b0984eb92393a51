//! Counts the requests of tokens and the wrong tokens of addresses, in this process.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;

use crate::domain::accounts::request_limit::{Failures, Quota, Rate};
use crate::domain::client_address;
use crate::domain::id::TokenId;

/// Entries of each table: 10,000 addresses take 1 MB. A full table is emptied, so that strangers with many addresses can
/// neither fill the memory nor make each request look through the table; then some get their first attempts again.
const COUNTED_MAX: usize = 10_000;

/// The counts of the API.
pub struct ApiLimits {
    /// `None`: no limit.
    pub rate: Option<Rate>,
    tokens: Mutex<HashMap<TokenId, Instant>>,
    addresses: Mutex<HashMap<IpNet, Failures>>,
}

impl ApiLimits {
    /// `per_second` requests a second for each token; 0 for no limit.
    pub fn new(per_second: u32) -> Self {
        let rate = (per_second > 0).then_some(Rate { per_second });
        Self { rate, tokens: Mutex::default(), addresses: Mutex::default() }
    }

    /// Takes one request of a token; `None` without a limit. The error is how long to wait.
    pub fn take(&self, token: TokenId, now: Instant) -> Result<Option<Quota>, Duration> {
        let Some(rate) = self.rate else { return Ok(None) };
        with(&self.tokens, token, now, |used_until| rate.take(used_until, now)).map(Some)
    }

    /// Counts a wrong token of an address (IPv6: of its /64). The error is how long to wait.
    pub fn count_wrong(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        with(&self.addresses, client_address::group(address), Failures::begin(now), |failures| failures.count(now))
    }
}

fn with<K: Eq + Hash, V, R>(table: &Mutex<HashMap<K, V>>, key: K, new: V, change: impl FnOnce(&mut V) -> R) -> R {
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    if table.len() >= COUNTED_MAX && !table.contains_key(&key) {
        table.clear();
    }
    change(table.entry(key).or_insert(new))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn addresses_of_one_ipv6_subnet_share_their_attempts_and_others_do_not() {
        let (limits, now) = (ApiLimits::new(50), Instant::now());
        let address = |net: u16, host: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, net, 0, 0, 0, host));
        assert!((0..30).all(|host| limits.count_wrong(address(1, host), now).is_ok()));
        assert!(limits.count_wrong(address(1, 99), now).is_err());
        assert!(limits.count_wrong(address(2, 1), now).is_ok());
    }

    #[test]
    fn a_hundred_thousand_addresses_take_little_memory() {
        let (limits, now) = (ApiLimits::new(50), Instant::now());
        for number in 0..100_000_u32 {
            assert!(limits.count_wrong(IpAddr::from(number.to_be_bytes()), now).is_ok());
        }
        assert!(limits.addresses.lock().expect("the table").len() <= COUNTED_MAX);
    }

    #[test]
    fn each_token_has_its_own_rate_and_zero_is_no_limit() {
        let now = Instant::now();
        let limits = ApiLimits::new(1);
        assert!(limits.take(TokenId(1), now).is_ok() && limits.take(TokenId(1), now).is_ok());
        assert!(limits.take(TokenId(1), now).is_err() && limits.take(TokenId(2), now).is_ok());
        let unlimited = ApiLimits::new(0);
        assert!((0..1000).all(|_| unlimited.take(TokenId(1), now) == Ok(None)));
    }
}

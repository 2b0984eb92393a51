//! The only code that reads the system's clock and its random number generator.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::timestamp::Timestamp;

/// The current time; the Unix epoch if the system's clock is set before it.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// `N` random bytes from the operating system.
///
/// # Panics
///
/// If the operating system returns none: with predictable secrets the program must not continue.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without random bytes no secret can be made")]
    getrandom::fill(&mut bytes).expect("random bytes from the operating system");
    bytes
}

/// A uniformly distributed number in `0.0..1.0`.
pub fn random_fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / (f64::from(u32::MAX) + 1.0)
}

//! The only caller of the system's clock and of its source of chance.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::timestamp::Timestamp;

/// Now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// `N` random bytes from the operating system.
///
/// # Panics
/// When the operating system has no chance to give: going on with predictable secrets would be worse.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a machine without chance cannot make secrets")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A number in 0..1.
pub fn chance() -> f64 {
    f64::from(u32::from_le_bytes(random())) / (f64::from(u32::MAX) + 1.0)
}

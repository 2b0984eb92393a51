//! Waiting, always with a limit.

use std::future::Future;
use std::time::Duration;

/// Limit for what should happen at once, on a busy machine.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// Awaits the future; panics after `WAIT_TIMEOUT`.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(WAIT_TIMEOUT, future).await {
        Ok(value) => value,
        Err(_) => panic!("timed out after {WAIT_TIMEOUT:?} waiting for: {what}"),
    }
}

/// Calls `look` every 25 ms until it returns a value; panics after `WAIT_TIMEOUT`.
pub async fn eventually<T, F>(what: &str, look: impl Fn() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let mut ticks = tokio::time::interval(Duration::from_millis(25));
    let seen = async {
        loop {
            ticks.tick().await;
            if let Some(value) = look().await {
                return value;
            }
        }
    };
    within(what, seen).await
}

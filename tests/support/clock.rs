//! Waiting, always with a bound.

use std::future::Future;
use std::time::Duration;

/// The longest that anything may take that is expected to happen at once, on a busy machine.
pub const BOUND: Duration = Duration::from_secs(20);

/// The future's value, if it comes within the bound.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(BOUND, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {BOUND:?} in vain for {what}"),
    }
}

/// Looks again and again until there is something to see.
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

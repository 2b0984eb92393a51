//! Stores the counts of what came from connected Chatwoots.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::shared::Inner;
use crate::fault_injection;

/// How often the counts are stored.
const STORE_INTERVAL: Duration = Duration::from_secs(5);

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.is_stopping() {
        fault_injection::panic_point("chatwoot-arrivals");
        tokio::time::sleep(STORE_INTERVAL).await;
        if let Err(error) = inner.arrivals.store(&inner.db).await {
            error.log("counts of a Chatwoot could not be stored");
        }
    }
}

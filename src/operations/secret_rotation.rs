//! Replacing the signing secret of a webhook.

use std::time::Duration;

/// How long the old secret remains valid: `0`, `24h` or `7d`.
pub fn overlap(text: &str) -> Option<Option<Duration>> {
    match text {
        "0" => Some(None),
        "24h" => Some(Some(Duration::from_secs(24 * 3600))),
        "7d" => Some(Some(Duration::from_secs(7 * 24 * 3600))),
        _ => None,
    }
}

//! The state of a delivery in words: its badge, the reason, and when the next attempt follows.

use crate::domain::deliveries::state::{Obstacle, Progress};
use crate::i18n::Translator;

/// Why the delivery is held or waits; empty in other states. Without a full stop.
pub fn reason(t: Translator, progress: Progress) -> String {
    match progress.obstacle {
        None => String::new(),
        Some(Obstacle::Off) => t.held_off(),
        Some(Obstacle::Paused(until)) => t.held_paused(t.clock(until)),
        Some(Obstacle::Failing(_)) => t.waiting_failing(),
        Some(Obstacle::Backlog) => t.waiting_backlog(),
    }
}

/// When the next attempt follows, for the title of a badge: the reason, the time, or both; empty if there is neither.
pub fn outlook(t: Translator, progress: Progress) -> String {
    let next = match progress.obstacle {
        // The reason names the time.
        Some(Obstacle::Paused(_)) => None,
        _ => progress.next_at.map(|at| t.next_attempt(at)),
    };
    let reason = Some(reason(t, progress)).filter(|reason| !reason.is_empty());
    reason.into_iter().chain(next).collect::<Vec<_>>().join(". ")
}

//! When each part of the process last ran, so that a watchdog ends a process that hangs.
//!
//! A part that hangs does not end, so the supervisor does not notice it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The parts of a process; a clone is one more reference.
#[derive(Clone, Debug)]
pub struct Liveness(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    begun: Instant,
    /// When each part last ran, in milliseconds after `begun`.
    parts: Mutex<Vec<(&'static str, Weak<AtomicU64>)>>,
}

/// One part: it calls [`Beat::beat`] in each of its rounds. A part whose beat was dropped has ended and is not watched.
#[derive(Clone, Debug)]
pub struct Beat {
    liveness: Liveness,
    last_ms: Arc<AtomicU64>,
}

impl Default for Liveness {
    fn default() -> Self {
        Self(Arc::new(Shared { begun: Instant::now(), parts: Mutex::default() }))
    }
}

impl Liveness {
    /// A new part, which runs now.
    pub fn part(&self, name: &'static str) -> Beat {
        let beat = Beat { liveness: self.clone(), last_ms: Arc::default() };
        beat.beat();
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner).push((name, Arc::downgrade(&beat.last_ms)));
        beat
    }

    /// The part that has not run for longest, and for how long.
    pub fn latest(&self) -> Option<(&'static str, Duration)> {
        let now = self.now_ms();
        let mut parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|(_, last)| last.strong_count() > 0);
        let last = parts.iter().filter_map(|(name, last)| Some((*name, last.upgrade()?.load(Ordering::Relaxed))));
        let last = last.min_by_key(|(_, at)| *at);
        last.map(|(name, at)| (name, Duration::from_millis(now.saturating_sub(at))))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Beat {
    /// Says that this part runs.
    pub fn beat(&self) {
        self.last_ms.store(self.liveness.now_ms(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_hangs_is_found_among_those_that_run() {
        let liveness = Liveness::default();
        assert_eq!(liveness.latest(), None);
        let (runs, hangs) = (liveness.part("runs"), liveness.part("hangs"));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(20) {
            runs.beat();
        }
        let (name, silent) = liveness.latest().expect("a part");
        assert!(name == "hangs" && silent >= Duration::from_millis(10), "{name}: {silent:?}");
        drop(hangs);
        assert_eq!(liveness.latest().map(|(name, _)| name), Some("runs"), "a part that has ended is not watched");
    }
}

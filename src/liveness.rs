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
    parts: Mutex<Vec<(Part, Weak<AtomicU64>)>>,
}

/// A watched part of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A thread of the HTTP server.
    Http,
    /// The loop that leases deliveries and sends them.
    Worker,
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
    pub fn part(&self, part: Part) -> Beat {
        let beat = Beat { liveness: self.clone(), last_ms: Arc::default() };
        beat.beat();
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner).push((part, Arc::downgrade(&beat.last_ms)));
        beat
    }

    /// The parts that have not run for more than `limit`.
    pub fn silent(&self, limit: Duration) -> Vec<Part> {
        let now = self.now_ms();
        let mut parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|(_, last)| last.strong_count() > 0);
        let is_silent = |at: u64| Duration::from_millis(now.saturating_sub(at)) > limit;
        let last = parts.iter().filter_map(|(part, last)| Some((*part, last.upgrade()?.load(Ordering::Relaxed))));
        last.filter(|(_, at)| is_silent(*at)).map(|(part, _)| part).collect()
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
        assert_eq!(liveness.silent(Duration::ZERO), []);
        let (runs, hangs) = (liveness.part(Part::Http), liveness.part(Part::Worker));
        std::thread::sleep(Duration::from_millis(2));
        runs.beat();
        // Whatever time passes between the calls, the part that beats last is the last to be silent.
        let hanging =
            (1..).find_map(|ms| Some(liveness.silent(Duration::from_millis(ms))).filter(|parts| parts.len() < 2));
        assert_eq!(hanging.expect("a part"), [Part::Worker]);
        assert_eq!(liveness.silent(Duration::from_secs(60)), []);
        drop(hangs);
        assert_eq!(liveness.silent(Duration::from_millis(10)), [], "a part that has ended is not watched");
    }
}

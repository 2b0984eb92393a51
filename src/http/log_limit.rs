//! Limits log lines that clients can cause: one for each subject, and few subjects in a period.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A subject is logged at most once in this time.
const LOG_PERIOD: Duration = Duration::from_secs(600);
/// The most subjects that are logged within `LOG_PERIOD`.
const LOG_SUBJECTS_MAX: usize = 10;

/// Decides which lines of one kind are logged.
#[derive(Debug, Default)]
pub struct LogLimit(Mutex<Vec<(String, Instant)>>);

impl LogLimit {
    /// Whether to log a line about `subject` now; `true` counts as logged.
    pub fn admits(&self, subject: &str, now: Instant) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.retain(|(_, at)| now.saturating_duration_since(*at) < LOG_PERIOD);
        let is_new = written.len() < LOG_SUBJECTS_MAX && written.iter().all(|(known, _)| known != subject);
        if is_new {
            written.push((subject.to_owned(), now));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_logged_once_in_ten_minutes_and_ten_subjects_at_most() {
        let (limit, start) = (LogLimit::default(), Instant::now());
        let subjects: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        assert_eq!(subjects.iter().filter(|subject| limit.admits(subject, start)).count(), 10);
        assert!(!limit.admits("0", start + LOG_PERIOD / 2));
        assert!(limit.admits("0", start + LOG_PERIOD));
        assert!(limit.admits("11", start + LOG_PERIOD));
    }
}

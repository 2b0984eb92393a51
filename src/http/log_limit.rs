//! Lines that strangers can cause in the log: one a subject, and only so many of them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A subject is logged once in that time.
const PERIOD: Duration = Duration::from_secs(600);
/// Subjects that are logged in that time at most.
const SUBJECTS_MAX: usize = 10;

/// Decides which lines of one kind are written.
#[derive(Debug, Default)]
pub struct LogLimit(Mutex<Vec<(String, Instant)>>);

impl LogLimit {
    /// A line about `subject` is to be written now.
    pub fn admits(&self, subject: &str, now: Instant) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.retain(|(_, at)| now.saturating_duration_since(*at) < PERIOD);
        let is_new = written.len() < SUBJECTS_MAX && written.iter().all(|(known, _)| known != subject);
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
    fn a_subject_is_logged_once_in_ten_minutes_and_ten_of_them_at_most() {
        let (limit, start) = (LogLimit::default(), Instant::now());
        let subjects: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        assert_eq!(subjects.iter().filter(|subject| limit.admits(subject, start)).count(), 10);
        assert!(!limit.admits("0", start + PERIOD / 2));
        assert!(limit.admits("0", start + PERIOD));
        assert!(limit.admits("11", start + PERIOD));
    }
}

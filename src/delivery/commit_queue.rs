//! Items that wait for the next commit.
//!
//! The job that stores them takes them when it starts, not when it is queued. SQLite has one writer, which runs all queued
//! jobs in one commit: what arrives while one commit is on its way to the disk is in the next one, events and results
//! together. On Postgres one job at a time takes what has gathered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A queue of which at most one job takes items at a time.
#[derive(Debug)]
pub(super) struct CommitQueue<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    has_job: bool,
}

impl<T> CommitQueue<T> {
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State { waiting: VecDeque::new(), has_job: false }) }
    }

    /// Adds an item. True if no job will take it: the caller queues one.
    #[must_use]
    pub(super) fn push(&self, item: T) -> bool {
        let mut state = self.lock();
        state.waiting.push_back(item);
        !std::mem::replace(&mut state.has_job, true)
    }

    /// Takes the items that have waited longest: as many as are together of this size, at least one.
    pub(super) fn take(&self, size_max: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
        let mut state = self.lock();
        let mut sum = 0_usize;
        let fits = |item: &&T| {
            sum = sum.saturating_add(size(item));
            sum <= size_max
        };
        let count = state.waiting.iter().take_while(fits).count().max(1).min(state.waiting.len());
        state.waiting.drain(..count).collect()
    }

    /// Takes all items.
    pub(super) fn take_all(&self) -> Vec<T> {
        self.lock().waiting.drain(..).collect()
    }

    /// Puts items back that were taken, in the same order.
    pub(super) fn put_back(&self, items: impl DoubleEndedIterator<Item = T>) {
        let mut state = self.lock();
        items.rev().for_each(|item| state.waiting.push_front(item));
    }

    /// The job takes no more. True if items wait: the caller queues the next job.
    #[must_use]
    pub(super) fn end_job(&self) -> bool {
        let mut state = self.lock();
        state.has_job = !state.waiting.is_empty();
        state.has_job
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_job_at_a_time_takes_what_waits() {
        let queue = CommitQueue::new();
        assert!(queue.push(1), "no job is queued yet");
        assert!(!queue.push(2), "the queued job takes it");
        assert!(!queue.push(3));
        let take = |count: usize| queue.take(count, |_| 1);
        assert_eq!(take(2), [1, 2]);
        assert!(!queue.push(4), "the running job may take more");
        assert!(queue.end_job(), "two wait for the next job");
        assert!(!queue.push(5));
        let taken = queue.take_all();
        assert_eq!(taken, [3, 4, 5]);
        queue.put_back(taken.into_iter().skip(1));
        assert_eq!(take(1), [4]);
        assert_eq!(take(9), [5]);
        assert!(!queue.end_job());
        assert!(queue.push(6), "the last job has ended");
    }

    #[test]
    fn a_job_takes_what_fits_and_at_least_one() {
        let queue = CommitQueue::new();
        for size in [60, 4, 1, 500, 3] {
            let _ = queue.push(size);
        }
        let take = || queue.take(64, |size| *size);
        assert_eq!((take(), take(), take(), take(), take()), (vec![60, 4], vec![1], vec![500], vec![3], vec![]));
    }
}

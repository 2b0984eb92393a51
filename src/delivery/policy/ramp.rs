//! The rate to a webhook after an outage.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// Requests in the first second; each further second allows twice as many.
const RAMP_REQUESTS_FIRST: u32 = 4;
/// After this time only the limit of the webhook applies again.
const RAMP_SECONDS: u32 = 8;

/// When a webhook came back after an outage, and the requests in the current second since then.
#[derive(Debug)]
pub(super) struct Ramp {
    since: Timestamp,
    second: u32,
    given: u32,
}

impl Ramp {
    /// A webhook that came back at `since`, with so many requests.
    pub(super) const fn new(since: Timestamp, given: u32) -> Self {
        Self { since, second: 0, given }
    }

    pub(super) const fn began_at(&self) -> Timestamp {
        self.since
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.seconds(now) >= RAMP_SECONDS
    }

    /// Whether one more request may begin in this second.
    pub(super) fn allows_one(&self, now: Timestamp) -> bool {
        let second = self.seconds(now);
        let given = if second == self.second { self.given } else { 0 };
        second >= RAMP_SECONDS || given < RAMP_REQUESTS_FIRST << second
    }

    /// Counts a request.
    pub(super) fn count(&mut self, now: Timestamp) {
        match self.seconds(now) {
            second if second == self.second => self.given += 1,
            second => (self.second, self.given) = (second, 1),
        }
    }

    /// Whole seconds since the start. A start in the future, because a clock was set back, counts as long ago.
    fn seconds(&self, now: Timestamp) -> u32 {
        let is_ahead = self.since.since(now) > Duration::from_secs(1);
        if is_ahead { u32::MAX } else { u32::try_from(now.since(self.since).as_secs()).unwrap_or(u32::MAX) }
    }
}

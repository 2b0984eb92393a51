//! How fast a receiver answers now.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// For how long an answer shows that a receiver does not hang.
const ANSWER_COUNTS: Duration = Duration::from_secs(2);
/// For how long a request without an answer shows that a receiver is slow.
const SLOWNESS_COUNTS: Duration = Duration::from_secs(600);

/// What the last requests say about a receiver.
#[derive(Clone, Debug)]
pub(super) enum Pace {
    Unknown,
    /// It answered within a second, at this time.
    Quick(Timestamp),
    /// A request had no answer after a second, at this time.
    Slow(Timestamp, Arc<str>),
}

impl Pace {
    /// What it still says now. A time in the future, because a clock was set back, counts as long ago.
    pub(super) fn at(&self, now: Timestamp) -> Self {
        let (since, counts) = match self {
            Self::Unknown => return Self::Unknown,
            Self::Quick(at) => (*at, ANSWER_COUNTS),
            Self::Slow(at, _) => (*at, SLOWNESS_COUNTS),
        };
        let is_ahead = since.since(now) > Duration::from_secs(1);
        if is_ahead || now.since(since) > counts { Self::Unknown } else { self.clone() }
    }
}

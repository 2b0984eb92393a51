//! Decisions without a clock or a socket: what an answer means, when to try again, how many at once.

pub(super) mod backoff;
pub(super) mod concurrency;
pub(super) mod outcome;
mod pace;
mod ramp;
pub mod retry_after;

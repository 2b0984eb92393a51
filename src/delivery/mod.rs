//! From a due delivery to a receiver's answer.
//!
//! `sender` sends one request and says what came of it; `guard` is the resolver that it connects
//! through, and `failure` finds the cause in what the HTTP client reports.

mod attempt;
pub mod engine;
mod failure;
pub mod guard;
mod housekeeping;
mod intake;
mod outcome;
mod pressure;
mod recorder;
mod recovery;
pub mod request;
pub mod retry_after;
mod schedule;
pub mod sender;
mod slots;
mod steady;
mod worker;

pub use engine::{Engine, Limits, Pulse};
pub use intake::{Accepted, Key, Posted};
pub use recovery::PER_SECOND;
pub use schedule::{DELAYS, LIFETIME};

#[cfg(test)]
mod tests;

//! The delivery engine: accepts events, claims due deliveries, sends them, and stores the results.
//!
//! `ingest` stores an event with its deliveries and starts their first attempts. `worker` claims deliveries that are due
//! later. `attempt` makes one attempt; `result_writer` stores results, many in one commit. `network` has the HTTP client,
//! `policy` the decisions without I/O, `tasks` the background tasks.

mod attempt;
pub mod engine;
mod ingest;
pub mod network;
pub mod policy;
mod result_writer;
mod shared;
mod tasks;
mod worker;

pub use engine::{Engine, Limits};
pub use ingest::{Accepted, Key, Posted};
pub use policy::backoff::{DELAYS, LIFETIME};
pub use shared::Pulse;
pub use tasks::recoveries::PER_SECOND;

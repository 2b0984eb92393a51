//! From a due delivery to a receiver's answer.
//!
//! `worker` claims what is due and sends it, `ingest` stores events with their deliveries, and `result_writer` stores
//! results. `network` holds the HTTP client, `policy` the decisions, `tasks` what runs beside the worker.

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

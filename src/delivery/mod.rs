//! The delivery engine: accepts events, claims due deliveries, sends them, and stores the results.
//!
//! `ingest` accepts events and `ingest_writer` stores them with their deliveries, many in one commit
//! (`ingest_transaction`), and starts the first attempts. `worker` claims deliveries that are due later; `backlog` knows for which webhooks. `attempt` makes one attempt;
//! `result_writer` stores results, many in one commit. `network` has the HTTP client,
//! `policy` the decisions without I/O, `tasks` the background tasks. `chatwoot` keeps the connections to Chatwoot,
//! `snapshots` the last known state of its conversations.

mod attempt;
mod backlog;
pub mod chatwoot;
mod commit_queue;
pub mod engine;
mod engine_clock;
mod in_flight;
mod ingest;
mod ingest_transaction;
mod ingest_writer;
mod intake;
pub mod network;
pub mod policy;
mod posted;
mod result_writer;
mod shared;
mod snapshots;
mod targets;
mod tasks;
mod worker;

pub use engine::Engine;
pub use ingest_transaction::BATCH_ROWS_MAX;
pub use policy::backoff::{DELAYS, LIFETIME};
pub use posted::{Accepted, Key, Posted, Source};
pub use shared::{Limits, Pulse};
pub use tasks::recoveries::PER_SECOND;

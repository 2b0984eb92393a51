//! Events in, and the events received.

mod derived;
mod idempotency;
mod ingest;
mod received;
mod refusals;

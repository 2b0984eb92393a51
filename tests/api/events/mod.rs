//! Ingest, and the list of received events.

mod derived;
mod idempotency;
mod ingest;
mod received;
mod refusals;

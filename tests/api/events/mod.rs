//! Ingest, and the list of received events.

mod batch;
mod derived;
mod idempotency;
mod ingest;
mod received;
mod refusals;

//! What programs rely on: the ingest API and the management API.

mod accounts;
mod basic;
mod compatible;
mod deliveries;
mod derived;
mod idempotency;
mod inboxes;
mod ingest;
mod json;
mod long_lists;
mod received;
mod refusals;
mod request_line;
mod rotation;
mod search;
mod surroundings;
mod text;
mod update;
mod validation;
mod webhooks;

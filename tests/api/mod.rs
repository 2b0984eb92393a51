//! The API that programs use: ingest and management.

mod accounts;
mod chatwoot;
mod deliveries;
mod events;
mod every_request;
mod inboxes;
mod schemathesis;
mod system;
mod webhooks;

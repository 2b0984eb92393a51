//! What programs rely on: the ingest API and the management API.

mod accounts;
mod deliveries;
mod events;
mod every_request;
mod inboxes;
mod system;
mod webhooks;

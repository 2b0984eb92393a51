//! The JSON API: events in, and the management API in Chatwoot's shapes (docs/reference/ingest.md,
//! docs/reference/http-api.md).

pub mod accounts;
pub mod auth;
pub mod deliveries;
pub mod events;
pub mod inboxes;
pub mod json_body;
pub mod management;
pub mod response_json;
pub mod system;
pub mod webhooks;

//! The JSON API: ingest (docs/reference/ingest.md), and the management API, whose JSON is compatible with Chatwoot's
//! (docs/reference/http-api.md).

pub mod accounts;
pub mod auth;
pub mod chatwoot;
pub mod deliveries;
pub mod entity_tag;
pub mod error;
pub mod error_code;
pub mod error_entry;
pub mod events;
pub mod inboxes;
pub mod json_body;
pub mod management;
pub mod names;
pub mod openapi;
pub mod permissions;
pub mod response_json;
pub mod system;
pub mod webhooks;

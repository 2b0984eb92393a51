//! The JSON API: events in, and the management API in Chatwoot's shapes (INTERFACE §5, §7).

pub mod auth;
pub mod body;
pub mod catalogue;
pub mod deliveries;
pub mod events;
pub mod inboxes;
pub mod management;
pub mod method;
pub mod problem;
pub mod profile;
pub mod received;
pub mod recoveries;
pub mod shapes;
pub mod version;
pub mod webhook_input;
pub mod webhooks;

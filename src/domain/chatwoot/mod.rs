//! Chatwoot as a source of events: connections to it, what its bodies say, and what follows from them.

pub mod account;
pub mod api_objects;
pub mod attribute;
pub mod comparison;
pub mod connection;
pub mod inputs;
pub mod message_ids;
pub mod observation;
pub mod progress;
pub mod signature;
pub mod snapshot;
pub mod subscriptions;

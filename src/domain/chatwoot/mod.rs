//! Chatwoot as a source of events: what its bodies say, and what follows from them.

pub mod attribute;
pub mod message_ids;
pub mod observation;
pub mod snapshot;

//! The catalogue of events, and the events received.

pub mod catalogue;
pub mod received;
pub mod received_event;

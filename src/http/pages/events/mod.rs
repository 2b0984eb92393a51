//! The catalogue of events, and received events.

pub mod catalogue;
pub mod received;

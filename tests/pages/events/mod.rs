//! The catalogue of events, and the received events.

mod catalogue;
mod received;

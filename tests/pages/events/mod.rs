//! The catalogue of events, and the events received.

mod catalogue;
mod received;

//! The delivery log, and one delivery.

mod log;
mod search;
mod shape;
mod states;

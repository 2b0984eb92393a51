//! The delivery log, and one delivery.

mod log;
mod recoveries;
mod search;
mod shape;
mod states;

//! Submitted forms as typed, and their validation into domain types, with all problems by field.

pub mod header_row;
pub mod webhook;

pub use webhook::Context;

//! Submitted forms as typed, and their validation into domain types, with all problems by field.

mod check;
mod pairs;
pub mod webhook;

pub use check::Context;

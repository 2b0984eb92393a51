//! What people typed, as they typed it, and its way into the domain: all problems, by field.

mod check;
mod pairs;
pub mod webhook;

pub use check::Context;

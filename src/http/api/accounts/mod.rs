//! The profile of a token.

pub mod profile;

//! The profile of a token, and the token itself.

pub mod profile;
pub mod token;

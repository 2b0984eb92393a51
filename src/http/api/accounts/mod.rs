//! The profile of a token, the token itself, all tokens, users.

pub mod profile;
pub mod token;
pub mod tokens;
pub mod users;

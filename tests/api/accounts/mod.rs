//! Tokens: where they are read from, and what they allow.

mod basic;
mod limits;
mod scopes;
mod tokens;
mod users;

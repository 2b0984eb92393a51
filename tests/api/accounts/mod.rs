//! Tokens: where they are read from, and what they allow.

mod basic;
mod scopes;
mod tokens;
mod users;

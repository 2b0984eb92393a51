//! From a due delivery to a receiver's answer.
//!
//! `sender` sends one request and says what came of it; `guard` is the resolver that it connects
//! through, and `failure` finds the cause in what the HTTP client reports.

mod failure;
pub mod guard;
pub mod sender;

#[cfg(test)]
mod tests;

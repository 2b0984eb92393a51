//! The HTTP client: addresses are checked, requests are signed and sent, and errors get their cause.

pub mod address_guard;
pub(super) mod failure_cause;
pub mod request;
pub mod sender;
#[cfg(test)]
mod tests;

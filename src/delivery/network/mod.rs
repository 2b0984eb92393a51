//! The HTTP client: builds and signs requests, checks addresses, sends, and maps errors to causes.

pub mod address_guard;
pub mod api_call;
mod connection_use;
pub(super) mod failure_cause;
mod name_lookup;
pub mod request;
pub mod sender;
#[cfg(test)]
mod tests;

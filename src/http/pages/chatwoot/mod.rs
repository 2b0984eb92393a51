//! Connections to Chatwoot: the list, connecting, and one connection.

pub mod connect;
pub mod connection;
pub mod missing;

//! Connections to Chatwoot: the list, the choice of an account, one connection, ending it.

pub mod accounts;
pub mod connection;
pub mod list;
pub mod missing;

//! The version of the server.

pub mod version;

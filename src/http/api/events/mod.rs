//! Ingest, received events, and the catalogue.

pub mod catalogue;
pub mod ingest;
pub mod ingest_error;
pub mod received;

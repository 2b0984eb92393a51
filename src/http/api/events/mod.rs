//! Ingest, received events, and the catalogue.

pub mod catalogue;
pub mod ingest;
pub mod ingest_error;
pub mod loops;
pub mod received;
pub mod substatus;

//! The delivery log, one delivery, sending again, recoveries.

pub mod log;
pub mod recoveries;
pub mod statistics;

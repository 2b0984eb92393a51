//! The delivery log, one delivery, and sending again what failed.

pub mod log;
pub mod recoveries;

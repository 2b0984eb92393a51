//! The delivery log, one delivery, sending again, recoveries.

pub mod delivery;
pub mod log;
pub mod resend;

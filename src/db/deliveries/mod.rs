//! Deliveries: the queue, the log, recoveries, counts and retention.

pub mod hourly_counts;
pub mod log;
pub mod queue;
pub mod recoveries;
pub mod retention;
pub mod statistics;

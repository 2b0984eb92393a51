//! The guarantees of the delivery engine under faults, checked from outside.
//!
//! `rig/` has the tools. Sizes are small enough for each run; `tests/long` runs the same tests with larger ones.

mod answers;
mod backlog;
mod bad_rows;
mod batches;
#[cfg(feature = "fault-injection")]
mod clock;
#[cfg(feature = "fault-injection")]
mod clock_of_postgres;
mod connections;
mod failover;
mod fairness;
mod first_start;
#[cfg(feature = "fault-injection")]
mod forms;
mod health;
mod kills;
mod mass_changes;
mod matrix;
mod memory;
mod model;
mod nagle;
#[cfg(feature = "fault-injection")]
mod names;
#[cfg(feature = "fault-injection")]
mod partitions;
mod pause;
#[cfg(feature = "fault-injection")]
mod points;
mod poison;
mod postgres;
mod processes;
mod reading;
#[cfg(feature = "fault-injection")]
mod recovery;
pub mod rig;
mod shutdown;
#[cfg(feature = "fault-injection")]
mod sign_in;
mod storage;
mod strangers;
mod tasks;
mod unwritten;
mod vanished;

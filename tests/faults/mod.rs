//! What holds when things break: the promises of the delivery engine, checked from outside.
//!
//! `rig/` has the tools. The sizes are those of every day; `tests/long` asks for more of the same.

mod answers;
#[cfg(feature = "fault-injection")]
mod connections;
mod fairness;
#[cfg(feature = "fault-injection")]
mod forms;
mod kills;
mod matrix;
mod memory;
mod model;
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
mod storage;
mod strangers;
mod unwritten;
mod vanished;

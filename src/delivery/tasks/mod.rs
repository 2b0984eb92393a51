//! Background tasks beside the worker: counts of arrivals, cleanup, partitions, overload guard, recoveries, mass changes, clock
//! jumps.

pub(super) mod arrivals;
pub(super) mod cleanup;
mod cleanup_step;
pub(super) mod clock_jump;
pub(super) mod days;
pub(super) mod mass_changes;
pub(super) mod overload;
pub(super) mod recoveries;

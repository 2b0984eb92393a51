//! Background tasks beside the worker: cleanup, overload guard, recoveries, clock jumps.

pub(super) mod cleanup;
pub(super) mod clock_jump;
pub(super) mod overload;
pub(super) mod recoveries;

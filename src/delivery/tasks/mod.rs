//! What runs beside the worker, every second or more rarely.

pub(super) mod cleanup;
pub(super) mod clock_jump;
pub(super) mod overload;
pub(super) mod recoveries;

//! A recovery: everything that failed since some time is sent again, little by little.

use super::failure_cause::named;

named!(
    /// Where a recovery stands. `Done` and `Cancelled` never change any more.
    RecoveryState {
        /// Deliveries are still being made.
        Running = "running",
        /// All of them were made.
        Done = "done",
        /// A person stopped it; the rest stays failed.
        Cancelled = "cancelled",
    }
);

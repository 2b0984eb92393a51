//! Recoveries: failed deliveries of a time span are sent again, gradually.

use crate::domain::named_enum::named;

named!(
    /// The state of a recovery. `Done` and `Cancelled` are final.
    RecoveryState {
        /// Deliveries are still being created.
        Running = "running",
        /// All deliveries were created.
        Done = "done",
        /// A person cancelled it; deliveries that were not created yet stay failed.
        Cancelled = "cancelled",
    }
);

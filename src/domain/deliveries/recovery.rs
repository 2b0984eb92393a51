//! Recoveries: failed deliveries of a time span are sent again, gradually.

use crate::domain::string_enum::string_enum;

string_enum!(
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

//! Recoveries: failed deliveries of a time span, or successful ones, are sent again, gradually.

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

impl RecoveryState {
    /// The state of a recovery with these values.
    pub const fn of(has_ended: bool, is_cancelled: bool) -> Self {
        match (has_ended, is_cancelled) {
            (false, _) => Self::Running,
            (true, true) => Self::Cancelled,
            (true, false) => Self::Done,
        }
    }
}

string_enum!(
    /// How the deliveries ended that a recovery sends again.
    Ended {
        /// They failed permanently.
        Failed = "failed",
        /// They succeeded.
        Success = "success",
    }
);

string_enum!(
    /// Why a recovery has not yet sent all failed deliveries of a webhook, or did not send them.
    Unsent {
        /// The webhook is off. They are sent when it is turned on.
        WebhookOff = "webhook_off",
        /// Too many of those that were sent again are pending. The next ones are sent when those have ended.
        Pending = "pending_deliveries",
        /// The webhook was deleted.
        WebhookDeleted = "webhook_deleted",
        /// They were sent again by other means, or removed from the log, since the recovery was started.
        LeftOut = "left_out",
    }
);

//! The time ranges of charts and lists.

use crate::domain::string_enum::string_enum;

string_enum!(
    /// A time range that ends now.
    Range {
        /// Twenty-four hours.
        Day = "24h",
        /// Seven days.
        Week = "7d",
    }
);

impl Range {
    /// The hours of the range, the current one included.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 168,
        }
    }
}

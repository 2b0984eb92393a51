//! How far back a page looks.

use crate::domain::deliveries::failure_cause::named;

named!(
    /// How far back a page looks.
    Range {
        /// Twenty-four hours.
        Day = "24h",
        /// Seven days.
        Week = "7d",
    }
);

impl Range {
    /// Its hours, the running one included.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 168,
        }
    }
}

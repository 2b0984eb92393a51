//! The state of the system: what is measured, and which measurements are problems.

use std::time::Duration;

use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// A problem of the system itself, not of a receiver.
    SystemProblem {
        /// New events are refused with 503.
        Overloaded = "overloaded",
        /// Writes to the database have failed, or one has not ended, for five seconds.
        CannotWrite = "cannot_write",
        /// A background task ended unexpectedly and does not yet work again.
        TaskEnded = "task_ended",
        /// The system has no CA certificates: no receiver is reached by https.
        NoCaCertificates = "no_ca_certificates",
        /// The disk of the database is nearly full.
        DiskLow = "disk_low",
        /// The database's file was moved, replaced or damaged.
        Unusable = "unusable",
        /// Deliveries are sent later than they could be.
        Late = "late",
        /// Expired rows are not being removed.
        NotCleaned = "not_cleaned",
    }
);

/// Events are refused below 64 MiB; the warning appears earlier.
pub const DISK_LOW_BYTES: u64 = 256 * 1024 * 1024;
/// The longest delay of a due delivery in normal operation.
pub const LATE_AFTER: Duration = Duration::from_secs(60);
/// The cleanup runs every 10 minutes; three missed runs are no coincidence.
const NOT_CLEANED_AFTER: Duration = Duration::from_secs(30 * 60);

/// The measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurements {
    /// New events are refused.
    pub overloaded: bool,
    /// The database's file was moved, replaced or damaged.
    pub unusable: bool,
    /// Writes to the database fail.
    pub cannot_write: bool,
    /// A background task ended unexpectedly and does not yet work again.
    pub task_ended: bool,
    /// The system has no CA certificates.
    pub no_ca_certificates: bool,
    /// Free bytes on the disk of the database, if known.
    pub free_disk: Option<u64>,
    /// The due time of the oldest delivery that no pause or limit holds back.
    pub oldest_due: Option<Timestamp>,
    /// When old rows were last removed.
    pub cleaned_at: Option<Timestamp>,
    /// When the process started.
    pub started_at: Timestamp,
}

impl Measurements {
    /// The problems that the measurements show.
    pub fn problems(&self, now: Timestamp) -> Vec<SystemProblem> {
        let not_cleaned_since = self.cleaned_at.unwrap_or(self.started_at);
        let found = [
            (SystemProblem::Overloaded, self.overloaded),
            (SystemProblem::Unusable, self.unusable),
            (SystemProblem::CannotWrite, self.cannot_write && !self.unusable),
            (SystemProblem::TaskEnded, self.task_ended),
            (SystemProblem::NoCaCertificates, self.no_ca_certificates),
            (SystemProblem::DiskLow, self.free_disk.is_some_and(|free| free < DISK_LOW_BYTES)),
            (SystemProblem::Late, self.oldest_due.is_some_and(|due| now.since(due) > LATE_AFTER)),
            (SystemProblem::NotCleaned, now.since(not_cleaned_since) > NOT_CLEANED_AFTER),
        ];
        found.into_iter().filter_map(|(problem, is_present)| is_present.then_some(problem)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_detected() {
        let now = Timestamp::from_seconds(1_000_000);
        let ago = |seconds| now.before(Duration::from_secs(seconds));
        let well = Measurements {
            overloaded: false,
            unusable: false,
            cannot_write: false,
            task_ended: false,
            no_ca_certificates: false,
            free_disk: None,
            oldest_due: Some(ago(60)),
            cleaned_at: None,
            started_at: ago(1800),
        };
        for (measurements, expected) in [
            (well, vec![]),
            (
                Measurements {
                    free_disk: Some(DISK_LOW_BYTES),
                    cleaned_at: Some(ago(1)),
                    started_at: ago(9000),
                    ..well
                },
                vec![],
            ),
            (Measurements { overloaded: true, ..well }, vec![SystemProblem::Overloaded]),
            (Measurements { unusable: true, ..well }, vec![SystemProblem::Unusable]),
            (Measurements { cannot_write: true, ..well }, vec![SystemProblem::CannotWrite]),
            (Measurements { task_ended: true, ..well }, vec![SystemProblem::TaskEnded]),
            (Measurements { no_ca_certificates: true, ..well }, vec![SystemProblem::NoCaCertificates]),
            (Measurements { cannot_write: true, unusable: true, ..well }, vec![SystemProblem::Unusable]),
            (Measurements { free_disk: Some(DISK_LOW_BYTES - 1), ..well }, vec![SystemProblem::DiskLow]),
            (Measurements { oldest_due: Some(ago(61)), ..well }, vec![SystemProblem::Late]),
            (Measurements { started_at: ago(1801), ..well }, vec![SystemProblem::NotCleaned]),
            (
                Measurements { cleaned_at: Some(ago(1801)), started_at: ago(9000), ..well },
                vec![SystemProblem::NotCleaned],
            ),
        ] {
            assert_eq!(measurements.problems(now), expected, "{measurements:?}");
        }
    }
}

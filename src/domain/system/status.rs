//! Whether the system works: what is measured, and what of it is trouble.

use std::time::Duration;

use crate::domain::deliveries::failure_cause::named;
use crate::domain::timestamp::Timestamp;

named!(
    /// What is wrong with the system itself. Receivers that fail are their own trouble.
    Trouble {
        /// No more events are taken in.
        Overloaded = "overloaded",
        /// The disk of the database is nearly full.
        DiskLow = "disk_low",
        /// The database's file was moved, replaced or damaged.
        Unusable = "unusable",
        /// Deliveries that could go out wait.
        Late = "late",
        /// What has run out is not removed.
        NotCleaned = "not_cleaned",
    }
);

/// Events are refused below 64 MiB; people should know earlier.
const DISK_LOW: u64 = 256 * 1024 * 1024;
/// A delivery that is due waits no longer than that while all is well.
pub const LATE: Duration = Duration::from_secs(60);
/// The cleaning comes round every ten minutes; three missed rounds are no accident.
const NOT_CLEANED: Duration = Duration::from_secs(30 * 60);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// No more events are taken in.
    pub overloaded: bool,
    /// The database's file was moved, replaced or damaged.
    pub unusable: bool,
    /// Free bytes on the disk of the database, where that is known.
    pub free_disk: Option<u64>,
    /// Since when the oldest delivery is due that nothing holds back.
    pub oldest_due: Option<Timestamp>,
    /// When old rows were last removed.
    pub cleaned_at: Option<Timestamp>,
    /// When the process started.
    pub started_at: Timestamp,
}

impl Signs {
    /// What is wrong; nothing if everything works.
    pub fn troubles(&self, now: Timestamp) -> Vec<Trouble> {
        let not_cleaned_since = self.cleaned_at.unwrap_or(self.started_at);
        let found = [
            (Trouble::Overloaded, self.overloaded),
            (Trouble::Unusable, self.unusable),
            (Trouble::DiskLow, self.free_disk.is_some_and(|free| free < DISK_LOW)),
            (Trouble::Late, self.oldest_due.is_some_and(|due| now.since(due) > LATE)),
            (Trouble::NotCleaned, now.since(not_cleaned_since) > NOT_CLEANED),
        ];
        found.into_iter().filter_map(|(trouble, is)| is.then_some(trouble)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_of_trouble_is_told() {
        let now = Timestamp::from_seconds(1_000_000);
        let ago = |seconds| now.before(Duration::from_secs(seconds));
        let well = Signs {
            overloaded: false,
            unusable: false,
            free_disk: None,
            oldest_due: Some(ago(60)),
            cleaned_at: None,
            started_at: ago(1800),
        };
        for (signs, expected) in [
            (well, vec![]),
            (Signs { free_disk: Some(DISK_LOW), cleaned_at: Some(ago(1)), started_at: ago(9000), ..well }, vec![]),
            (Signs { overloaded: true, ..well }, vec![Trouble::Overloaded]),
            (Signs { unusable: true, ..well }, vec![Trouble::Unusable]),
            (Signs { free_disk: Some(DISK_LOW - 1), ..well }, vec![Trouble::DiskLow]),
            (Signs { oldest_due: Some(ago(61)), ..well }, vec![Trouble::Late]),
            (Signs { started_at: ago(1801), ..well }, vec![Trouble::NotCleaned]),
            (Signs { cleaned_at: Some(ago(1801)), started_at: ago(9000), ..well }, vec![Trouble::NotCleaned]),
        ] {
            assert_eq!(signs.troubles(now), expected, "{signs:?}");
        }
    }
}

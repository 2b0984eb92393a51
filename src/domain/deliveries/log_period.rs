//! Periods of the log that end now.

use std::time::Duration;

use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// A period that ends now.
    Period {
        /// The last hour.
        Hour = "1h",
        /// Since midnight in the reader's time zone.
        Today = "today",
        /// The last 24 hours.
        Day = "24h",
        /// The last seven days.
        Week = "7d",
    }
);

const HOUR: u64 = 3600;

impl Period {
    /// The beginning of the period, seen at `now` in an IANA time zone; `None` if the zone is unknown.
    pub fn start(self, now: Timestamp, zone: &str) -> Option<Timestamp> {
        let before = |hours: u64| Some(now.before(Duration::from_secs(hours * HOUR)));
        match self {
            Self::Hour => before(1),
            Self::Day => before(24),
            Self::Week => before(7 * 24),
            Self::Today => {
                let now = jiff::Timestamp::from_microsecond(now.micros()).ok()?.in_tz(zone).ok()?;
                Some(Timestamp::from_micros(now.start_of_day().ok()?.timestamp().as_microsecond()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_begins_at_midnight_in_the_readers_time_zone() {
        // 21 November 2026, 00:30 in Kyiv.
        let now = Timestamp::from_seconds(1_795_213_800);
        let hours_ago = |period: Period, zone| now.since(period.start(now, zone).expect("a start")).as_secs() / 1800;
        assert_eq!(hours_ago(Period::Today, "Europe/Kyiv"), 1);
        assert_eq!(hours_ago(Period::Today, "UTC"), 45);
        assert_eq!(hours_ago(Period::Hour, "UTC"), 2);
        assert_eq!(hours_ago(Period::Week, "UTC"), 336);
        assert_eq!(Period::Today.start(now, "No/Where"), None);
    }
}

//! Times in queries, and in the form fields that show them.
//!
//! A `datetime-local` field holds no offset, so it cannot distinguish the two passes of an hour that a clock change
//! repeats. A time that such a field would change is shown in a text field, with its offset (RFC 3339).

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::timestamp::Timestamp;

/// Which end of a period a time is: a date means the beginning or the end of the day, a repeated time its first or
/// second pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The beginning.
    Start,
    /// The end.
    End,
}

/// Parses RFC 3339 with an offset, a date, or a local time in `zone` as `datetime-local` writes it. With the first pass
/// of a repeated time as start and the second as end, a period includes both.
pub fn time(text: &str, zone: &str, edge: Edge) -> Option<Timestamp> {
    let text = with_plus(text);
    let moment = || text.parse::<jiff::Timestamp>().ok();
    let date = || {
        let date: Date = Some(&text).filter(|text| text.len() == 10)?.parse().ok()?;
        let date = match edge {
            Edge::Start => date,
            Edge::End => date.tomorrow().ok()?,
        };
        Some(date.in_tz(zone).ok()?.timestamp())
    };
    let clock = || {
        let clock: DateTime = Some(&text).filter(|text| text.len() > 10)?.parse().ok()?;
        let meant = TimeZone::get(zone).ok()?.to_ambiguous_timestamp(clock);
        match edge {
            // A time that a clock change skips means the same moment at both edges.
            _ if !is_repeated(&meant) => meant.compatible().ok(),
            Edge::Start => meant.earlier().ok(),
            Edge::End => meant.later().ok(),
        }
    };
    moment().or_else(date).or_else(clock).map(|time| Timestamp::from_micros(time.as_microsecond()))
}

/// Restores the `+` of an offset: unescaped in a query it means a space (WHATWG URL, form-urlencoded).
fn with_plus(text: &str) -> String {
    let is_offset = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    match text.rsplit_once(' ') {
        // Not the space between a date and a time.
        Some((time, offset)) if time.len() > 10 && is_offset(offset) => format!("{time}+{offset}"),
        _ => text.to_owned(),
    }
}

fn is_repeated(meant: &jiff::tz::AmbiguousTimestamp) -> bool {
    matches!(meant.offset(), jiff::tz::AmbiguousOffset::Fold { .. })
}

/// The value of a field for a time, which [`time`] parses to the same time: as `datetime-local` writes it if that is
/// exact, otherwise with the offset.
pub fn shown(at: Timestamp, zone: &str) -> Option<String> {
    let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?.in_tz(zone).ok()?;
    let is_repeated = is_repeated(&at.time_zone().to_ambiguous_timestamp(at.datetime()));
    let pattern = match (at.subsec_nanosecond(), at.second()) {
        (0, 0) if is_repeated => "%Y-%m-%dT%H:%M%:z",
        (0, _) if is_repeated => "%Y-%m-%dT%H:%M:%S%:z",
        (0, 0) => "%Y-%m-%dT%H:%M",
        (0, _) => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.f%:z",
    };
    Some(at.strftime(pattern).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Option<i64> {
        text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
    }

    #[test]
    fn a_date_is_the_whole_day_in_the_readers_zone() {
        let time = |text, edge| time(text, "Europe/Kyiv", edge).map(Timestamp::micros);
        assert_eq!(time("2026-11-21", Edge::Start), exact("2026-11-20T22:00:00Z"));
        assert_eq!(time("2026-11-21", Edge::End), exact("2026-11-21T22:00:00Z"));
        assert_eq!(time("2026-11-21T08:00:00+02:00", Edge::End), exact("2026-11-21T06:00:00Z"));
        assert_eq!(time("2026-11-21T08:00", Edge::End), exact("2026-11-21T06:00:00Z"));
        for wrong in ["2026-11-31", "2026-11-21T25:00", "yesterday", "", " ", "2026-11-21T08:00 later"] {
            assert_eq!(time(wrong, Edge::Start), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_plus_that_arrives_as_a_space_begins_an_offset() {
        for (text, expected) in [
            ("2026-11-21T08:00:00 02:00", "2026-11-21T06:00:00Z"),
            ("2026-11-21T08:00 02:00", "2026-11-21T06:00:00Z"),
            ("2026-11-21T08:00:00.5 0530", "2026-11-21T02:30:00.5Z"),
            ("2026-11-21 08:00 02:00", "2026-11-21T06:00:00Z"),
            ("2026-11-21 08:00", "2026-11-21T08:00:00Z"),
        ] {
            assert_eq!(time(text, "UTC", Edge::Start).map(Timestamp::micros), exact(expected), "{text}");
        }
    }

    #[test]
    fn a_span_between_local_times_holds_both_halves_of_a_repeated_hour() {
        let at = |text, edge| time(text, "Europe/Kyiv", edge).map(Timestamp::micros);
        assert_eq!(at("2026-10-25T03:30", Edge::Start), exact("2026-10-25T00:30:00Z"));
        assert_eq!(at("2026-10-25T03:30", Edge::End), exact("2026-10-25T01:30:00Z"));
        // The hour that the clocks skip in March.
        assert_eq!(at("2026-03-29T03:30", Edge::Start), at("2026-03-29T03:30", Edge::End));
    }

    #[test]
    fn a_repeated_hour_is_shown_with_its_offset() {
        let shown = |text: &str| shown(Timestamp::from_micros(exact(text).expect(text)), "Europe/Kyiv");
        for (at, expected) in [
            ("2026-10-25T00:30:00Z", "2026-10-25T03:30+03:00"),
            ("2026-10-25T01:30:00Z", "2026-10-25T03:30+02:00"),
            ("2026-10-25T01:30:15Z", "2026-10-25T03:30:15+02:00"),
            ("2026-10-25T02:30:00Z", "2026-10-25T04:30"),
            ("2026-11-21T06:00:05Z", "2026-11-21T08:00:05"),
            ("2026-11-21T06:00:00.25Z", "2026-11-21T08:00:00.25+02:00"),
        ] {
            assert_eq!(shown(at).as_deref(), Some(expected), "{at}");
        }
    }

    proptest! {
        #[test]
        fn the_value_of_a_field_parses_to_the_same_time(
            micros in 0_i64..4_000_000_000_000_000,
            zone in "Europe/Kyiv|America/New_York|Australia/Lord_Howe|Asia/Kathmandu|UTC",
            edge in prop_oneof![Just(Edge::Start), Just(Edge::End)],
            unit in prop_oneof![Just(1_i64), Just(1_000_000), Just(60_000_000), Just(1_800_000_000)],
        ) {
            let at = Timestamp::from_micros(micros - micros % unit);
            let text = shown(at, &zone).expect("a time");
            prop_assert_eq!(time(&text, &zone, edge), Some(at), "{}", text);
            // As it arrives in a query whose `+` was not escaped.
            prop_assert_eq!(time(&text.replace('+', " "), &zone, edge), Some(at), "{}", text);
        }
    }
}

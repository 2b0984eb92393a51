//! `Retry-After` (RFC 9110 §10.2.3): seconds, or a date in any of its three forms.

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::deliveries::Response;
use crate::domain::timestamp::Timestamp;

/// The longest wait that a receiver can ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// The time before which the receiver wants no request; `None` without a valid header.
pub fn of(response: &Response, now: Timestamp) -> Option<Timestamp> {
    let value = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    parse(&value?.1, now)
}

/// The time in the value of a header, at most 24 hours from `now`. `None` if the value is malformed or in the past.
pub fn parse(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let asked = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is more than a day.
        now.after(Duration::from_secs(value.parse().unwrap_or(u64::MAX)).min(RETRY_AFTER_MAX))
    } else {
        let since = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Timestamp::from_seconds(i64::try_from(since.as_secs()).ok()?)
    };
    Some(asked.min(now.after(RETRY_AFTER_MAX))).filter(|asked| *asked > now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const DATE: i64 = 784_111_777;

    #[test]
    fn seconds_and_all_three_forms_of_a_date_are_parsed() {
        let now = Timestamp::from_seconds(DATE - 60);
        for value in [
            "60",
            " 60 ",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse(value, now), Some(Timestamp::from_seconds(DATE)), "{value}");
        }
    }

    #[test]
    fn malformed_and_past_values_are_ignored_and_the_wait_is_at_most_a_day() {
        let now = Timestamp::from_seconds(DATE);
        for value in
            ["", "0", "-5", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT", "６０"]
        {
            assert_eq!(parse(value, now), None, "{value}");
        }
        for value in ["86401", "99999999999999999999999", "Sun, 06 Nov 2044 08:49:37 GMT"] {
            assert_eq!(parse(value, now), Some(now.after(RETRY_AFTER_MAX)), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_ignored(value in ".{0,60}", now in 0..4_000_000_000_i64) {
            let now = Timestamp::from_seconds(now);
            if let Some(asked) = parse(&value, now) {
                prop_assert!(asked > now && asked <= now.after(RETRY_AFTER_MAX));
            }
        }
    }
}

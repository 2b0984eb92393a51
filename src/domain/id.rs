//! Ids of rows, a type for each table. The ids of events and deliveries sort by time and are never reused, not even
//! after a restore from a backup.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::timestamp::Timestamp;

/// Crockford's base32 in lower case: without letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 13;

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self).ok_or(InvalidId)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

public_id!(
    /// An accepted event, `evt_…` in text; the `webhook-id` of all its deliveries.
    EventId, "evt"
);
public_id!(
    /// A delivery, `dlv_…` in text.
    DeliveryId, "dlv"
);

macro_rules! row_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

row_number!(
    /// A webhook, a number in text and JSON.
    WebhookId
);
row_number!(
    /// An inbox of this installation, a number in text and JSON; not the help desk's own id.
    InboxId
);
row_number!(
    /// A user, a number in text and JSON.
    UserId
);
row_number!(
    /// An API token, a number in text and JSON.
    TokenId
);
row_number!(
    /// A recovery, a number in text and JSON.
    RecoveryId
);
row_number!(
    /// A connection to Chatwoot, a number in text and JSON.
    ConnectionId
);

/// The text is not an id of this kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

/// Generates ids: 51 bits of microseconds since 2020, then 12 random bits; always greater than the previous one, so
/// that a process never repeats an id. Only when the clock was set back by a second or more, ids go back with it. If an id
/// exists already, because two processes drew the same or the clock passes a time again, the primary key refuses it, and the
/// caller draws another.
#[derive(Debug, Default)]
pub struct IdSource {
    last: AtomicI64,
}

/// If the last id is ahead of the clock by so much, the clock was set back. Ids that are drawn faster than one a microsecond get
/// ahead of it too, but by far less.
const SET_BACK_MIN: Duration = Duration::from_secs(1);

impl IdSource {
    /// Microseconds from the Unix epoch to 2020-01-01.
    const EPOCH: i64 = 1_577_836_800_000_000;

    /// The smallest id of that time; the bound for a scan by time. 0 for times before 2020, `i64::MAX` for times after
    /// 2091.
    pub const fn first_at(at: Timestamp) -> i64 {
        let since = at.micros() - Self::EPOCH;
        if since < 0 { 0 } else { since.saturating_mul(1 << 12) }
    }

    /// Whether ids can hold that time: from 2020 to 2091.
    pub const fn covers(at: Timestamp) -> bool {
        at.micros() >= Self::EPOCH && Self::first_at(at) < i64::MAX
    }

    /// The time at which an id was generated.
    pub const fn time_of(id: i64) -> Timestamp {
        Timestamp::from_micros((id >> 12) + Self::EPOCH)
    }

    /// The next id. Of `random` the lower 12 bits are used.
    pub fn next(&self, now: Timestamp, random: u16) -> i64 {
        let wanted = Self::first_at(now) | i64::from(random & 0xfff);
        let step = |last: i64| {
            let was_set_back = Self::time_of(last).since(Self::time_of(wanted)) >= SET_BACK_MIN;
            if was_set_back { wanted } else { wanted.max(last.saturating_add(1)) }
        };
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(step(last))) {
            Ok(before) | Err(before) => step(before),
        }
    }
}

fn encode(id: i64) -> String {
    (0..DIGITS)
        .rev()
        .filter_map(|place| ALPHABET.get((id >> (place * 5) & 31) as usize))
        .map(|&digit| char::from(digit))
        .collect()
}

fn decode(text: &str) -> Option<i64> {
    if text.len() != DIGITS {
        return None;
    }
    text.bytes().try_fold(0_i64, |id, digit| {
        let value = ALPHABET.iter().position(|&known| known == digit)?;
        id.checked_mul(32)?.checked_add(i64::try_from(value).ok()?)
    })
}

/// The range of ids whose text (after `evt_` or `dlv_`) begins with these digits; `None` for anything else.
pub fn beginning_with(digits: &str) -> Option<RangeInclusive<i64>> {
    let open = DIGITS.checked_sub(digits.len())?;
    let value = digits.bytes().try_fold(0_u128, |value, digit| {
        let digit = ALPHABET.iter().position(|&known| known == digit)?;
        Some(value << 5 | digit as u128)
    })?;
    let first = i64::try_from(value << (open * 5)).ok()?;
    let last = i64::try_from(((value + 1) << (open * 5)) - 1).unwrap_or(i64::MAX);
    Some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_range_of_ids() {
        assert_eq!(beginning_with(""), Some(0..=i64::MAX));
        assert_eq!(beginning_with("0000000000001"), Some(1..=1));
        assert_eq!(beginning_with("000000000001"), Some(32..=63));
        for junk in ["z", "u", "00000000000000", "Ї"] {
            assert_eq!(beginning_with(junk), None, "{junk}");
        }
        let id = 889_528_071_815_168_009;
        let text = EventId(id).to_string();
        for length in 5..=text.len() {
            let range = text.get(4..length).and_then(beginning_with).expect("a prefix");
            assert!(range.contains(&id), "{text} {length}");
        }
    }

    #[test]
    fn an_id_contains_its_time() {
        let at = Timestamp::from_seconds(1_800_000_000);
        assert_eq!(IdSource::time_of(IdSource::first_at(at) | 0xfff), at);
        // The last ids are of 2091.
        assert_eq!(IdSource::first_at(Timestamp::from_seconds(4_070_908_800)), i64::MAX);
    }

    #[test]
    fn an_id_reads_back() {
        for id in [0, 1, 31, 32, i64::MAX] {
            assert_eq!(EventId(id).to_string().parse(), Ok(EventId(id)));
        }
        for junk in ["", "evt_", "dlv_0000000000000", "evt_000000000000u", "evt_zzzzzzzzzzzzz", "evt_00000000000000"] {
            assert_eq!(junk.parse::<EventId>(), Err(InvalidId), "{junk}");
        }
    }

    #[test]
    fn a_row_number_is_a_number_in_text_and_json() {
        let id = WebhookId(42);
        assert_eq!((id.to_string().as_str(), "42".parse()), ("42", Ok(id)));
        assert_eq!("4x".parse::<WebhookId>(), Err(InvalidId));
        assert_eq!(serde_json::to_string(&id).ok().as_deref(), Some("42"));
        assert_eq!(serde_json::from_str::<WebhookId>("42").ok(), Some(id));
    }

    #[test]
    fn times_beyond_the_ids_are_before_or_after_all_of_them() {
        assert_eq!(IdSource::first_at(Timestamp::from_seconds(0)), 0);
        assert_eq!(IdSource::first_at(Timestamp::from_seconds(4_070_908_800)), i64::MAX);
        let covers = |seconds| IdSource::covers(Timestamp::from_seconds(seconds));
        assert!(covers(1_577_836_800) && covers(1_800_000_000));
        assert!(!covers(0) && !covers(1_577_836_799) && !covers(4_070_908_800));
    }

    #[test]
    fn ids_before_2020_grow_too() {
        let (source, now) = (IdSource::default(), Timestamp::from_seconds(0));
        let ids: Vec<i64> = (0..3).map(|_| source.next(now, 0)).collect();
        assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
    }

    #[test]
    fn ids_grow_even_when_the_clock_does_not() {
        let source = IdSource::default();
        let now = Timestamp::from_seconds(1_800_000_000);
        let first = source.next(now, 0xfff);
        let second = source.next(now, 0);
        assert!(second > first);
        assert!(source.next(now.before(Duration::from_millis(900)), 0) > second);
    }

    #[test]
    fn ids_go_back_with_a_clock_that_was_set_back_and_grow_from_there() {
        let (source, now) = (IdSource::default(), Timestamp::from_seconds(1_800_000_000));
        for ahead in [1, 3600, 30 * 86_400, 3650 * 86_400] {
            source.next(now.after(Duration::from_secs(ahead)).plus_micros(1), 7);
            let first = source.next(now, 5);
            assert_eq!(IdSource::time_of(first), now, "{ahead} s ahead");
            assert_eq!(source.next(now, 5), first + 1, "no id is given twice");
        }
    }
}

//! The filter of the delivery log as a query, for page and API.

use serde::Deserialize;

use crate::domain::clock_field::{Edge, time};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::log_filter::{LogFilter, StateFilter};
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::search::Search;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// How much of a search text the page repeats, in its field and in each of its links. No valid search is longer.
const SEARCH_SHOWN_CHARS_MAX: usize = 500;

/// The parameters of the query. Page and API use the same names; an empty value does not filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[expect(missing_docs, reason = "the filters of docs/reference/http-api.md")]
pub struct LogQuery {
    pub webhook: Option<String>,
    pub status: Option<String>,
    /// A group of causes: `4xx`, `timeout`, …
    pub cause: Option<String>,
    pub event: Option<String>,
    pub inbox: Option<String>,
    /// Created at this time or later, or on this date or later.
    pub from: Option<String>,
    /// Created before this time, or on this date or earlier.
    pub to: Option<String>,
    /// A span that ends now: `1h`, `today`, `24h`, `7d`.
    pub period: Option<String>,
    /// `1`: only tests; `0`: no tests.
    pub test: Option<String>,
    /// Part of an id, an HTTP status, or text.
    pub q: Option<String>,
    /// The id of a delivery: older ones; `after-` and an id: newer ones.
    pub cursor: Option<String>,
    pub limit: Option<String>,
    /// The page polls for new deliveries; any value.
    pub live: Option<String>,
    /// The newest delivery on the page.
    pub seen: Option<String>,
    /// The number of newer deliveries that the page shows already.
    pub known: Option<String>,
}

/// A parsed query.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "what the query says")]
pub struct Parsed {
    pub filter: LogFilter,
    pub cursor: Cursor<DeliveryId>,
    /// The names of parameters whose values were not understood; they do not filter.
    pub unrecognised: Vec<&'static str>,
}

impl LogQuery {
    /// Dates, and times without an offset, are in the time zone `zone`.
    pub fn parse(&self, zone: &str, now: Timestamp) -> Parsed {
        let mut unrecognised = Vec::new();
        let period = read(&mut unrecognised, "period", &self.period, Period::parse);
        let from = read(&mut unrecognised, "from", &self.from, |text| time(text, zone, Edge::Start));
        let to = read(&mut unrecognised, "to", &self.to, |text| time(text, zone, Edge::End));
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            unrecognised.push("to");
        }
        let filter = LogFilter {
            webhook: read(&mut unrecognised, "webhook", &self.webhook, |text| text.parse().ok()),
            state: read(&mut unrecognised, "status", &self.status, StateFilter::parse),
            cause: read(&mut unrecognised, "cause", &self.cause, CauseGroup::parse),
            event: read(&mut unrecognised, "event", &self.event, EventName::parse_any),
            inbox: read(&mut unrecognised, "inbox", &self.inbox, |text| text.parse().ok()),
            from,
            to,
            period,
            period_start: period.and_then(|period| period.start(now, zone)),
            test: read(&mut unrecognised, "test", &self.test, |text| match text {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            }),
            q: given(&self.q).unwrap_or_default().chars().take(SEARCH_SHOWN_CHARS_MAX).collect(),
            search: read(&mut unrecognised, "q", &self.q, Search::parse),
            is_viewers: false,
        };
        let cursor = read(&mut unrecognised, "cursor", &self.cursor, Cursor::parse);
        Parsed { filter, cursor: cursor.unwrap_or_default(), unrecognised }
    }

    /// The page polls for new deliveries.
    pub fn is_live(&self) -> bool {
        given(&self.live).is_some()
    }
}

/// Parses a value; adds `name` to `unrecognised` if it is not understood.
pub(in crate::http) fn read<T>(
    unrecognised: &mut Vec<&'static str>,
    name: &'static str,
    value: &Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = given(value)?;
    let parsed = parse(text);
    if parsed.is_none() {
        unrecognised.push(name);
    }
    parsed
}

/// The value without surrounding white space; `None` if that is empty.
pub(in crate::http) fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_query_makes_parsing_panic(from in ".{0,40}", q in ".{0,220}", cursor in ".{0,30}", number in ".{0,22}") {
            let some = |text: &str| Some(text.to_owned());
            let query = LogQuery {
                from: some(&from),
                to: some(&from),
                q: some(&q),
                cursor: some(&cursor),
                webhook: some(&number),
                inbox: some(&number),
                period: some(&number),
                ..LogQuery::default()
            };
            drop(query.parse("Europe/Kyiv", Timestamp::from_seconds(0)).filter.pairs("Europe/Kyiv"));
        }
    }

    #[test]
    fn the_pairs_of_a_filter_parse_to_the_same_filter() {
        let some = |text: &str| Some(text.to_owned());
        let query = LogQuery {
            webhook: some("7"),
            status: some("failed"),
            cause: some("5xx"),
            event: some("message_created"),
            inbox: some("3"),
            from: some("2026-10-25T03:30"),
            to: some("2026-10-25"),
            period: some("7d"),
            test: some("0"),
            q: some(" замовлення "),
            ..LogQuery::default()
        };
        let (zone, now) = ("Europe/Kyiv", Timestamp::from_seconds(1_795_245_900));
        let Parsed { filter, unrecognised, .. } = query.parse(zone, now);
        assert!(unrecognised.is_empty(), "{unrecognised:?}");
        let object = filter.pairs(zone).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let again: LogQuery = serde_json::from_value(serde_json::Value::Object(object)).expect("a query");
        assert_eq!(again.parse(zone, now).filter, filter);
    }

    #[test]
    fn a_value_that_is_not_understood_is_named_and_does_not_filter() {
        let some = |text: &str| Some(text.to_owned());
        let query = LogQuery {
            status: some("lost"),
            event: some("message_created"),
            from: some("2026-11-21"),
            to: some("2026-11-20"),
            q: some(&"a".repeat(300)),
            ..LogQuery::default()
        };
        let Parsed { filter, unrecognised, .. } = query.parse("UTC", Timestamp::from_seconds(0));
        assert_eq!(unrecognised, ["to", "status", "q"]);
        assert!(filter.event.is_some() && filter.since().is_some() && filter.until().is_none());
    }

    #[test]
    fn a_period_ends_now_and_the_later_start_applies() {
        let now = Timestamp::from_seconds(1_795_245_900);
        let from = |from: &str, period: &str| {
            let query = LogQuery { from: Some(from.into()), period: Some(period.into()), ..LogQuery::default() };
            query.parse("UTC", now).filter.since().map(|from| now.since(from).as_secs())
        };
        assert_eq!(from("", "1h"), Some(3600));
        assert_eq!(from("2026-11-21T07:20", "1h"), Some(300));
        assert_eq!(from("2026-11-01", "1h"), Some(3600));
    }
}

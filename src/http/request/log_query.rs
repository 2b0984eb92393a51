//! The filter of the delivery log as a query, for page and API.

use serde::Deserialize;

use crate::domain::clock_field::{Edge, time};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::Trigger;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::log_filter::{LogFilter, StateFilter};
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::search::Search;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// How much of a search text the page repeats, in its field and in each of its links. No valid search is longer.
const SEARCH_SHOWN_CHARS_MAX: usize = 500;

/// The most values of one filter.
const VALUES_MAX: usize = 100;

/// The parameters of the query. Page and API use the same names; an empty value does not filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[expect(missing_docs, reason = "the filters of docs/reference/http-api.md")]
pub struct LogQuery {
    #[serde(alias = "webhook_id")]
    pub webhook: Option<String>,
    pub status: Option<String>,
    /// A group of causes: `4xx`, `timeout`, …
    pub cause: Option<String>,
    pub event: Option<String>,
    pub event_id: Option<String>,
    #[serde(alias = "inbox_id")]
    pub inbox: Option<String>,
    /// What made it: `event`, `manual`, `test`, `recovery`.
    pub trigger: Option<String>,
    /// Created at this time or later, or on this date or later.
    pub from: Option<String>,
    /// Created before this time, or on this date or earlier.
    pub to: Option<String>,
    /// Ended at this time or later, or on this date or later.
    pub finished_from: Option<String>,
    /// Ended before this time, or on this date or earlier.
    pub finished_to: Option<String>,
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
        if is_empty(from, to) {
            unrecognised.push("to");
        }
        let finished_from =
            read(&mut unrecognised, "finished_from", &self.finished_from, |text| time(text, zone, Edge::Start));
        let finished_to = read(&mut unrecognised, "finished_to", &self.finished_to, |text| time(text, zone, Edge::End));
        if is_empty(finished_from, finished_to) {
            unrecognised.push("finished_to");
        }
        let filter = LogFilter {
            webhooks: read_list(&mut unrecognised, "webhook", &self.webhook, |text| text.parse().ok()),
            states: read_list(&mut unrecognised, "status", &self.status, StateFilter::parse),
            causes: read_list(&mut unrecognised, "cause", &self.cause, CauseGroup::parse),
            events: read_list(&mut unrecognised, "event", &self.event, EventName::parse_any),
            event_ids: read_list(&mut unrecognised, "event_id", &self.event_id, |text| text.parse().ok()),
            inboxes: read_list(&mut unrecognised, "inbox", &self.inbox, |text| text.parse().ok()),
            triggers: read_list(&mut unrecognised, "trigger", &self.trigger, Trigger::parse),
            finished_from,
            finished_to,
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

/// No time is in the period.
fn is_empty(from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    from.zip(to).is_some_and(|(from, to)| from >= to)
}

/// Parses values separated by commas, each once; adds `name` to `unrecognised` if one is not understood, or if there are
/// more than [`VALUES_MAX`].
pub(in crate::http) fn read_list<T: PartialEq>(
    unrecognised: &mut Vec<&'static str>,
    name: &'static str,
    value: &Option<String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Vec<T> {
    let values = |text: &str| {
        let mut values = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let value = parse(part)?;
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() > VALUES_MAX {
                return None;
            }
        }
        Some(values).filter(|values| !values.is_empty())
    };
    read(unrecognised, name, value, values).unwrap_or_default()
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
    use crate::domain::id::EventId;

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
            status: some("failed,retrying"),
            cause: some("5xx, timeout"),
            event: some("message_created,,team_changed,message_created"),
            event_id: some("evt_0000000000001"),
            inbox: some("3,4"),
            trigger: some("manual,recovery"),
            finished_from: some("2026-10-25T03:30 02:00"),
            finished_to: some("2026-10-26"),
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
        assert_eq!((filter.states.len(), filter.causes.len(), filter.events.len()), (2, 2, 2), "each once");
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
            webhook: some("1,x"),
            inbox: some(","),
            event_id: some(&(1..=101).map(|id| EventId(id).to_string()).collect::<Vec<_>>().join(",")),
            finished_from: some("2026-11-21"),
            finished_to: some("2026-11-20"),
            q: some(&"a".repeat(300)),
            ..LogQuery::default()
        };
        let Parsed { filter, unrecognised, .. } = query.parse("UTC", Timestamp::from_seconds(0));
        assert_eq!(unrecognised, ["to", "finished_to", "webhook", "status", "event_id", "inbox", "q"]);
        assert!(filter.webhooks.is_empty() && filter.event_ids.is_empty());
        assert!(!filter.events.is_empty() && filter.since().is_some() && filter.until().is_none());
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

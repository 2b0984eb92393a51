//! The filters of the delivery log, as they stand in a query.

use serde::Deserialize;

use crate::db::log::{Cursor, Filter};
use crate::domain::catalogue::EventName;
use crate::domain::delivery::Status;
use crate::domain::timestamp::Timestamp;

/// The names are the same on the page and in the API; an empty value is no filter.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LogQuery {
    pub webhook: Option<String>,
    pub status: Option<String>,
    pub event: Option<String>,
    pub inbox: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// A delivery's id: what is older; `after-` and an id: what is newer.
    pub cursor: Option<String>,
    pub limit: Option<String>,
    /// Not understood yet, which is told rather than passed over.
    pub q: Option<String>,
}

impl LogQuery {
    /// The filter and the place in the log, or the name of what is not understood. A date means the whole day in `zone`.
    pub fn parse(&self, zone: &str) -> Result<(Filter, Cursor), &'static str> {
        if given(&self.q).is_some() {
            return Err("q");
        }
        let cursor = match given(&self.cursor) {
            None => Cursor::Newest,
            Some(text) => match text.strip_prefix("after-") {
                Some(id) => Cursor::After(id.parse().map_err(|_| "cursor")?),
                None => Cursor::Before(text.parse().map_err(|_| "cursor")?),
            },
        };
        let filter = Filter {
            webhook: given(&self.webhook).map(str::parse).transpose().map_err(|_| "webhook")?,
            status: given(&self.status).map(|text| Status::parse(text).ok_or("status")).transpose()?,
            event: given(&self.event).map(|text| EventName::parse_any(text).ok_or("event")).transpose()?,
            inbox: given(&self.inbox).map(str::parse).transpose().map_err(|_| "inbox")?,
            from: given(&self.from).map(|text| time(text, zone, Edge::Start).ok_or("from")).transpose()?,
            to: given(&self.to).map(|text| time(text, zone, Edge::End).ok_or("to")).transpose()?,
        };
        Ok((filter, cursor))
    }
}

pub(super) fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Which edge of a day.
pub(super) enum Edge {
    Start,
    End,
}

/// RFC 3339 with a zone, or an edge of a date.
pub(super) fn time(text: &str, zone: &str, edge: Edge) -> Option<Timestamp> {
    let moment = || text.parse::<jiff::Timestamp>().ok();
    let date = || {
        let date: jiff::civil::Date = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
        let date = match edge {
            Edge::Start => date,
            Edge::End => date.tomorrow().ok()?,
        };
        Some(date.in_tz(zone).ok()?.timestamp())
    };
    moment().or_else(date).map(|time| Timestamp::from_micros(time.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_whole_day_in_the_readers_zone() {
        let time = |text, edge| time(text, "Europe/Kyiv", edge).map(Timestamp::micros);
        let exact = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond);
        assert_eq!(time("2026-11-21", Edge::Start), exact("2026-11-20T22:00:00Z"));
        assert_eq!(time("2026-11-21", Edge::End), exact("2026-11-21T22:00:00Z"));
        assert_eq!(time("2026-11-21T08:00:00+02:00", Edge::End), exact("2026-11-21T06:00:00Z"));
        assert_eq!(time("2026-11-31", Edge::Start), None);
        assert_eq!(time("yesterday", Edge::Start), None);
    }
}

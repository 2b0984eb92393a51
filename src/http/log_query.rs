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
}

impl LogQuery {
    /// The filter and the place in the log, or the name of what is not understood.
    pub fn parse(&self) -> Result<(Filter, Cursor), &'static str> {
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
            event: given(&self.event).map(|text| event(text).ok_or("event")).transpose()?,
            inbox: given(&self.inbox).map(str::parse).transpose().map_err(|_| "inbox")?,
            from: given(&self.from).map(|text| time(text).ok_or("from")).transpose()?,
            to: given(&self.to).map(|text| time(text).ok_or("to")).transpose()?,
        };
        Ok((filter, cursor))
    }
}

fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn event(text: &str) -> Option<EventName> {
    if text == EventName::WebhookTest.as_str() { Some(EventName::WebhookTest) } else { EventName::parse(text) }
}

/// RFC 3339 with a zone.
fn time(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|time| Timestamp::from_micros(time.as_microsecond()))
}

//! The filters of the received events, as they stand in a query.

use serde::Deserialize;

use super::log_query::{Edge, given, time};
use crate::db::received::{Cursor, Filter};
use crate::domain::catalogue::EventName;

/// The names are the same on the page and in the API; an empty value is no filter.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReceivedQuery {
    pub event: Option<String>,
    pub inbox: Option<String>,
    /// `none`: only what no webhook got.
    pub outcome: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// An event's id: what is older; `after-` and an id: what is newer.
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

impl ReceivedQuery {
    /// The filter and the place in the list, or the name of what is not understood. A date means the whole day in `zone`.
    pub fn parse(&self, zone: &str) -> Result<(Filter, Cursor), &'static str> {
        let cursor = match given(&self.cursor) {
            None => Cursor::Newest,
            Some(text) => match text.strip_prefix("after-") {
                Some(id) => Cursor::After(id.parse().map_err(|_| "cursor")?),
                None => Cursor::Before(text.parse().map_err(|_| "cursor")?),
            },
        };
        let filter = Filter {
            event: given(&self.event).map(|text| EventName::parse_any(text).ok_or("event")).transpose()?,
            inbox: given(&self.inbox).map(str::parse).transpose().map_err(|_| "inbox")?,
            unmatched: given(&self.outcome)
                .map(|text| (text == "none").then_some(true).ok_or("outcome"))
                .transpose()?
                == Some(true),
            from: given(&self.from).map(|text| time(text, zone, Edge::Start).ok_or("from")).transpose()?,
            to: given(&self.to).map(|text| time(text, zone, Edge::End).ok_or("to")).transpose()?,
        };
        Ok((filter, cursor))
    }
}

/// A cursor as it stands in a query.
pub fn written(cursor: Cursor) -> Option<String> {
    match cursor {
        Cursor::Newest => None,
        Cursor::Before(id) => Some(id.to_string()),
        Cursor::After(id) => Some(format!("after-{id}")),
    }
}

//! The filters of the received events, as they stand in a query.

use serde::Deserialize;

use super::clock_field::{self, Edge, time};
use super::log_query::{given, read};
use crate::db::events::received::Filter;
use crate::domain::cursor::Cursor;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::EventId;

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

/// A query that was read.
#[derive(Debug, Default)]
pub struct Parsed {
    pub filter: Filter,
    pub cursor: Cursor<EventId>,
    /// The names of what was not understood, and is left out.
    pub odd: Vec<&'static str>,
}

impl ReceivedQuery {
    /// The filter and the place in the list. A date means the whole day in `zone`.
    pub fn parse(&self, zone: &str) -> Parsed {
        let mut odd = Vec::new();
        let filter = Filter {
            event: read(&mut odd, "event", &self.event, EventName::parse_any),
            inbox: read(&mut odd, "inbox", &self.inbox, |text| text.parse().ok()),
            unmatched: read(&mut odd, "outcome", &self.outcome, |text| (text == "none").then_some(())).is_some(),
            from: read(&mut odd, "from", &self.from, |text| time(text, zone, Edge::Start)),
            to: read(&mut odd, "to", &self.to, |text| time(text, zone, Edge::End)),
        };
        let cursor = read(&mut odd, "cursor", &self.cursor, Cursor::parse).unwrap_or_default();
        Parsed { filter, cursor, odd }
    }

    /// `from` and `to` as their fields show them: days as they are, times with their clock.
    pub fn fields(&self, zone: &str) -> (String, String) {
        let field = |value: &Option<String>, edge| {
            let typed = given(value).unwrap_or_default();
            let at = time(typed, zone, edge);
            let is_day = typed.len() == 10;
            at.and_then(|at| if is_day { Some(typed.to_owned()) } else { clock_field::shown(at, zone) })
                .unwrap_or_default()
        };
        (field(&self.from, Edge::Start), field(&self.to, Edge::End))
    }
}

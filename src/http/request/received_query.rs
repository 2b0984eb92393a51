//! The filter of received events as a query, for page and API.

use serde::Deserialize;

use super::log_query::{given, read};
use crate::db::events::received::Filter;
use crate::domain::clock_field::{self, Edge, time};
use crate::domain::cursor::Cursor;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::EventId;

/// The parameters of the query. Page and API use the same names; an empty value does not filter.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReceivedQuery {
    pub event: Option<String>,
    #[serde(alias = "inbox_id")]
    pub inbox: Option<String>,
    /// `none`: only events that no webhook got.
    pub outcome: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// The id of an event: older ones; `after-` and an id: newer ones.
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// A parsed query.
#[derive(Debug, Default)]
pub struct Parsed {
    pub filter: Filter,
    pub cursor: Cursor<EventId>,
    /// The names of parameters whose values were not understood; they do not filter.
    pub unrecognised: Vec<&'static str>,
}

impl ReceivedQuery {
    /// Dates, and times without an offset, are in the time zone `zone`.
    pub fn parse(&self, zone: &str) -> Parsed {
        let mut unrecognised = Vec::new();
        let filter = Filter {
            event: read(&mut unrecognised, "event", &self.event, EventName::parse_any),
            inbox: read(&mut unrecognised, "inbox", &self.inbox, |text| text.parse().ok()),
            unmatched: read(&mut unrecognised, "outcome", &self.outcome, |text| (text == "none").then_some(()))
                .is_some(),
            from: read(&mut unrecognised, "from", &self.from, |text| time(text, zone, Edge::Start)),
            to: read(&mut unrecognised, "to", &self.to, |text| time(text, zone, Edge::End)),
        };
        let cursor = read(&mut unrecognised, "cursor", &self.cursor, Cursor::parse).unwrap_or_default();
        Parsed { filter, cursor, unrecognised }
    }

    /// The values of the fields `from` and `to`: a date as it is, a time as [`clock_field::shown`] writes it.
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

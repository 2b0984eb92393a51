//! `/received`: every accepted event, and how many deliveries it made, or why none.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::clock_field::{self, Edge};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, InboxId};
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::{Badge, first_of_each_day, short_id};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The length of a date in a query: `2026-11-21`.
const DAY_CHARS: usize = 10;

/// The filter in the query of the page's URL.
#[derive(Clone, Debug, Default)]
pub struct ReceivedFilter {
    pub event: Option<EventName>,
    pub inbox: Option<InboxId>,
    /// Only events that no webhook got.
    pub unmatched: bool,
    /// The first day, as typed.
    pub from: String,
    /// The last day, as typed.
    pub to: String,
}

impl ReceivedFilter {
    fn is_empty(&self) -> bool {
        self.address() == "/received"
    }

    fn has_event(&self, event: &EventName) -> bool {
        self.event.as_ref() == Some(event)
    }

    fn has_inbox(&self, inbox: &Inbox) -> bool {
        self.inbox == Some(inbox.id)
    }

    fn address(&self) -> String {
        self.link("")
    }

    /// The address of the list with this filter, at `cursor`.
    fn link(&self, cursor: &str) -> String {
        let inbox = self.inbox.map(|id| id.to_string()).unwrap_or_default();
        let pairs = [
            ("event", self.event.map_or("", EventName::as_str)),
            ("inbox", &inbox),
            ("outcome", if self.unmatched { "none" } else { "" }),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", cursor),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => "/received".to_owned(),
            query => format!("/received?{query}"),
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The number of its deliveries.
    Sent(Count),
    /// No webhook got it; why, where that is known.
    Unmatched(Option<Unmatched>),
    /// Sent from the test page of a webhook.
    Test,
}

/// An event as the list shows it.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedLine<'a> {
    pub id: EventId,
    pub event: EventName,
    /// The name of its inbox.
    pub inbox: Option<&'a str>,
    /// Hachok derived it from another event.
    pub derived: bool,
    pub fate: Fate,
    pub body_bytes: usize,
    pub accepted_at: Timestamp,
}

impl ReceivedLine<'_> {
    /// The badge of an event without deliveries.
    pub(super) fn badge(&self, t: &Translator) -> Option<Badge> {
        match self.fate {
            Fate::Sent(_) => None,
            Fate::Unmatched(_) => Some(Badge { class: "wait", icon: "pause", text: t.received_unmatched() }),
            Fate::Test => Some(Badge { class: "off", icon: "send", text: t.received_test() }),
        }
    }

    pub(super) fn reason(&self, t: &Translator) -> Option<String> {
        match self.fate {
            Fate::Unmatched(Some(why)) => Some(t.unmatched(why)),
            _ => None,
        }
    }
}

/// An event and what the table adds to it.
struct ReceivedRow<'a> {
    line: ReceivedLine<'a>,
    time: Moment,
    /// The day, on the first row of each day.
    day: Option<String>,
    short_id: String,
    /// The number of deliveries, or the reason why no webhook got it.
    outcome: String,
}

impl<'a> ReceivedRow<'a> {
    fn all(t: Translator, lines: &[ReceivedLine<'a>]) -> Vec<Self> {
        let days = first_of_each_day(t, lines.iter().map(|line| line.accepted_at));
        let row = |(line, day): (&ReceivedLine<'a>, Option<String>)| Self {
            line: *line,
            time: t.clock_time(line.accepted_at),
            day,
            short_id: short_id(&line.id.to_string()),
            outcome: match line.fate {
                Fate::Sent(count) => t.deliveries_count(count),
                Fate::Unmatched(_) => line.reason(&t).unwrap_or_else(|| t.received_unmatched()),
                Fate::Test => t.received_test(),
            },
        };
        lines.iter().zip(days).map(row).collect()
    }
}

/// The values of the page.
#[derive(Clone, Debug)]
pub struct ReceivedInput<'a> {
    pub filter: ReceivedFilter,
    /// Newest first.
    pub lines: Vec<ReceivedLine<'a>>,
    /// All inboxes, for the form of the filter.
    pub inboxes: &'a [Inbox],
    /// The cursor of the page with newer events, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older events, if there is one.
    pub older: Option<String>,
    /// Days for which events are kept.
    pub retention_days: Count,
    /// The URL to which the help desk posts events.
    pub ingest: &'a str,
}

/// The page. `as_received` is the part that the filter and the page links swap.
#[derive(Template)]
#[template(path = "events/received.html", blocks = ["received"])]
pub struct ReceivedPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    list: ReceivedInput<'a>,
    rows: Vec<ReceivedRow<'a>>,
}

impl<'a> ReceivedPage<'a> {
    pub fn new(layout: Layout<'a>, list: ReceivedInput<'a>) -> Self {
        let rows = ReceivedRow::all(layout.t, &list.lines);
        Self { t: layout.t, layout: layout.at(Place::Deliveries), list, rows }
    }

    /// The period of the filter in words, because browsers write the dates in the fields in their own language, not in
    /// that of the page.
    fn period(&self) -> Option<String> {
        let zone = self.t.zone();
        let written = |typed: &str| {
            let at = clock_field::time(typed, zone, Edge::Start)?;
            Some(if typed.len() == DAY_CHARS { self.t.calendar_day(at) } else { self.t.date(at).text })
        };
        self.t.period_between(written(&self.list.filter.from), written(&self.list.filter.to))
    }

    /// The command that makes a token for ingest.
    const fn token_command(&self) -> &'static str {
        "hachok token add --name desk --scope ingest"
    }

    /// No event at all: the page is not filtered, and there is no newer or older page.
    fn is_new(&self) -> bool {
        self.list.filter.is_empty() && self.list.newer.is_none() && self.list.older.is_none()
    }
}

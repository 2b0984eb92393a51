//! `/received`: every accepted event, and what became of it.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, InboxId};
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What the list shows; the query of its URL.
#[derive(Clone, Debug, Default)]
pub struct ReceivedFilter {
    /// The event's name.
    pub event: Option<EventName>,
    /// The inbox.
    pub inbox: Option<InboxId>,
    /// Only what no webhook got.
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

    /// The list's address with this filter, at `cursor`.
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
    /// So many deliveries were made of it.
    Sent(Count),
    /// No webhook got it, and why, where that is known.
    Unmatched(Option<Unmatched>),
    /// It was made on a test page.
    Test,
}

/// An event with what the list tells beside it.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedLine<'a> {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub event: EventName,
    /// The inbox's name.
    pub inbox: Option<&'a str>,
    /// Hachok derived it from another.
    pub derived: bool,
    /// What became of it.
    pub fate: Fate,
    /// Bytes of its body.
    pub size: usize,
    /// When it was accepted.
    pub at: Timestamp,
}

impl ReceivedLine<'_> {
    fn time(&self, t: &Translator) -> Moment {
        t.log_time(self.at)
    }

    /// The badge of an event that was no delivery.
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

/// What the list is made of.
#[derive(Clone, Debug)]
pub struct ListInput<'a> {
    /// What was asked for.
    pub filter: ReceivedFilter,
    /// This page of it, the newest first.
    pub lines: Vec<ReceivedLine<'a>>,
    /// All inboxes, for the filter.
    pub inboxes: &'a [Inbox],
    /// The cursor of the page with newer ones, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older ones, if there is one.
    pub older: Option<String>,
    /// Days for which events are kept.
    pub retention_days: Count,
    /// Where events are posted to.
    pub ingest: &'a str,
}

/// The list. `as_received` is the part that the filters and the pages swap.
#[derive(Template)]
#[template(path = "events/received.html", blocks = ["received"])]
pub struct ListPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    list: ListInput<'a>,
}

impl<'a> ListPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, list: ListInput<'a>) -> Self {
        Self { t: shell.t, shell: shell.at(Place::Deliveries), list }
    }

    /// What makes a token that may post events.
    const fn token_command(&self) -> &'static str {
        "hachok token add --name desk --scope ingest"
    }

    /// There is no event at all, so far as this page can tell.
    fn is_new(&self) -> bool {
        self.list.filter.is_empty() && self.list.newer.is_none() && self.list.older.is_none()
    }
}

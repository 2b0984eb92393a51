//! How far a connected Chatwoot was compared with what has arrived, and what is missing.

use std::collections::BTreeSet;

use super::attribute::Attribute;
use super::comparison::{Expected, MissingKind};
use super::observation::ConversationNumber;
use crate::domain::id::ConnectionId;
use crate::domain::timestamp::Timestamp;

/// Missing events of one connection; a comparison that finds more stops until some are taken in or dismissed.
pub const LISTED_MAX: i64 = 2_000;

/// Pages of conversations that a comparison reads: with 25 conversations each as many as have a snapshot. A server that ignores
/// the number of the page has no last one.
const PAGES_MAX: i64 = 4_000;

/// The [`Comparison::problem`] of a Chatwoot that limits requests.
pub const LIMITED: &str = "429";

/// The comparison of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The Chatwoot.
    pub connection: ConnectionId,
    /// Whether missing events are taken in as they are found.
    pub takes_in: bool,
    /// The second up to which everything was compared.
    pub compared_to_s: i64,
    /// The events that were registered when the last comparison began.
    pub expected: Expected,
    /// The same of the comparison before that.
    pub expected_before: Expected,
    /// The comparison that is running.
    pub running: Option<Running>,
    /// When the next step is due.
    pub next_at: Timestamp,
    /// When a comparison last ended.
    pub ended_at: Option<Timestamp>,
    /// Requests of the last comparison, or of the running one.
    pub requests: i64,
    /// Why the last step failed: an HTTP status, or the name of a cause as of an attempt.
    pub problem: Option<String>,
}

/// A comparison that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// The second in which it began.
    pub began_s: i64,
    /// The next page of the list of conversations, from 1.
    pub page: i64,
    /// The events whose absence counts.
    pub comparing: Expected,
}

impl Running {
    /// Whether the comparison ends with this page, whose last conversation had its last activity then (`None`: the page is
    /// empty), because older ones were compared up to `compared_to_s`.
    pub fn ends_with(&self, last_activity_s: Option<i64>, compared_to_s: i64) -> bool {
        last_activity_s.is_none_or(|last| last <= compared_to_s) || self.page >= PAGES_MAX
    }
}

/// A missing event as pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The conversation.
    pub conversation: ConversationNumber,
    /// What is missing of it.
    pub kind: MissingKind,
    /// The id of the message, else the number of the conversation.
    pub subject: i64,
    /// The attributes of a state that differ.
    pub changed: BTreeSet<Attribute>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was found to be missing.
    pub found_at: Timestamp,
    /// Whether it is about to be taken in.
    pub is_wanted: bool,
}

/// Which missing events of a connection a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// The one with this subject.
    One(MissingKind, i64),
}

impl Which {
    /// Reads the form that pages send: `all`, or a kind and a subject such as `message:50212`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        let (kind, subject) = text.split_once(':')?;
        Some(Self::One(MissingKind::parse(kind)?, subject.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_ends_with_what_was_compared_and_also_where_a_server_has_no_last_page() {
        let comparing = Expected::default();
        for (page, last_activity_s, ends) in [
            (1, None, true),
            (1, Some(101), false),
            (2, Some(100), true),
            (3_999, Some(101), false),
            (4_000, Some(101), true),
        ] {
            let running = Running { began_s: 200, page, comparing };
            assert_eq!(running.ends_with(last_activity_s, 100), ends, "page {page}, {last_activity_s:?}");
        }
    }

    #[test]
    fn a_form_names_all_missing_events_or_one() {
        for (text, expected) in [
            ("all", Some(Which::All)),
            ("message:50212", Some(Which::One(MissingKind::Message, 50212))),
            ("state:7", Some(Which::One(MissingKind::State, 7))),
            ("message:x", None),
            ("nothing:7", None),
            ("", None),
        ] {
            assert_eq!(Which::parse(text), expected, "{text}");
        }
    }
}

//! What to show of the log.

use crate::domain::deliveries::Status;
use crate::domain::deliveries::search::Search;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Selects deliveries; the default selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only deliveries of this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries with this status.
    pub status: Option<Status>,
    /// Only deliveries of this event.
    pub event: Option<EventName>,
    /// Only deliveries of events of this inbox.
    pub inbox: Option<InboxId>,
    /// Only deliveries created at this time or later.
    pub from: Option<Timestamp>,
    /// Only deliveries created before this time.
    pub to: Option<Timestamp>,
    /// Only deliveries of tests, or only others.
    pub test: Option<bool>,
    /// Only deliveries that this search finds.
    pub search: Option<Search>,
    /// Whether a viewer reads: the search then skips the answers that viewers do not see.
    pub is_viewers: bool,
}

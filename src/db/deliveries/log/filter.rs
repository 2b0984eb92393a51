//! What to show of the log.

use crate::domain::deliveries::Status;
use crate::domain::deliveries::search::Search;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// What to show of the log; empty means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of that webhook.
    pub webhook: Option<WebhookId>,
    /// Standing there.
    pub status: Option<Status>,
    /// Of that event.
    pub event: Option<EventName>,
    /// From that inbox.
    pub inbox: Option<InboxId>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
    /// Made by a test, or by anything else.
    pub test: Option<bool>,
    /// With that in it.
    pub search: Option<Search>,
    /// Asked by a reader without admin rights: the search does not look into answers that such readers do not see.
    pub is_viewers: bool,
}

//! Accepted events.

pub mod batch;
pub mod catalogue;
pub(super) mod derived;
pub mod incoming;
pub mod schema;

use bytes::Bytes;

use super::id::{EventId, InboxId};
use super::string_enum::string_enum;
use super::timestamp::Timestamp;
use catalogue::EventName;

string_enum!(
    /// Why no webhook got an event.
    Unmatched {
        /// No webhook is subscribed to the event.
        Unsubscribed = "unsubscribed",
        /// The subscribed webhooks have selected other inboxes.
        OtherInbox = "other_inbox",
        /// The subscribed webhooks have been off for longer than deliveries are held.
        Off = "off",
    }
);

/// An event, with the body that every receiver gets.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: EventName,
    /// The inbox that it names.
    pub inbox_id: Option<InboxId>,
    /// For a derived event, the event that it was made from.
    pub derived_from: Option<EventId>,
    /// The JSON exactly as it was posted; for a derived event only `event` differs.
    pub body: Bytes,
    /// When it was accepted.
    pub created_at: Timestamp,
}

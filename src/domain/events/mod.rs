//! An accepted event, as it is stored and sent.

pub mod catalogue;
pub(super) mod derived;
pub mod incoming;
pub mod schema;

use bytes::Bytes;

use super::deliveries::failure_cause::named;
use super::id::{EventId, InboxId};
use super::timestamp::Timestamp;
use catalogue::EventName;

named!(
    /// Why no webhook got an event.
    Unmatched {
        /// None is subscribed to it.
        Unsubscribed = "unsubscribed",
        /// Those that are have other inboxes selected.
        OtherInbox = "other_inbox",
        /// Those that are have been off for longer than events are held.
        Off = "off",
    }
);

/// An event with the bytes that every receiver gets.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: EventName,
    /// The inbox it came from.
    pub inbox_id: Option<InboxId>,
    /// The event it was derived from.
    pub derived_from: Option<EventId>,
    /// The JSON exactly as accepted.
    pub body: Bytes,
    /// When it was accepted.
    pub created_at: Timestamp,
}

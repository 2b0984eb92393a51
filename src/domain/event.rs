//! An accepted event, as it is stored and sent.

use bytes::Bytes;

use super::catalogue::EventName;
use super::id::{EventId, InboxId};
use super::timestamp::Timestamp;

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

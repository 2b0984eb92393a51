//! The snapshots of the conversations in one batch of events, and the events that follow from them.
//!
//! They are read with one statement for all events of a batch that come from a connected Chatwoot, and written with one
//! (on SQLite with one for each conversation). A batch without such events runs no statement.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::posted::Posted;
use crate::db::chatwoot::conversations;
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::observation::ConversationKey;
use crate::domain::chatwoot::snapshot::Snapshot;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::EventId;
use crate::domain::timestamp::Timestamp;

/// Snapshots on their way through a batch.
pub(super) struct Snapshots {
    /// As of the last event that was observed.
    current: HashMap<ConversationKey, Snapshot>,
    /// After each event, in the order of the batch, with the place of the event.
    changed: Vec<(usize, ConversationKey, Snapshot)>,
}

impl Snapshots {
    /// Reads the snapshots of the conversations that these events name.
    pub(super) fn load<'a>(conn: &mut DbConnection, posted: impl Iterator<Item = &'a Posted>) -> Result<Self, Error> {
        let keys = posted.filter_map(Posted::conversation).collect();
        Ok(Self { current: conversations::find_for_update(conn, &keys)?, changed: Vec::new() })
    }

    /// The events to derive from a posted event, which gets the id `event`, with their bodies. `place` is its place in the
    /// batch.
    pub(super) fn derive(
        &mut self,
        place: usize,
        posted: &Posted,
        event: EventId,
        now: Timestamp,
    ) -> Vec<(EventName, Bytes)> {
        let implied = &posted.event.derived;
        let (Some(key), Some(seen)) = (posted.conversation(), &posted.observation) else { return implied.clone() };
        let snapshot = self.current.entry(key).or_default();
        let names = snapshot.observe(seen, event, now);
        self.changed.push((place, key, snapshot.clone()));
        let Some(names) = names else { return implied.clone() };
        let body = |name: &EventName| implied.iter().find(|(implied, _)| implied == name).map(|(_, body)| body.clone());
        names.into_iter().map(|name| (name, body(&name).unwrap_or_else(|| posted.event.body_as(name)))).collect()
    }

    /// Stores the snapshots as of the first `count` events of the batch.
    pub(super) fn store(self, conn: &mut DbConnection, count: usize) -> Result<(), Error> {
        let changed = self.changed.into_iter().filter(|(place, ..)| *place < count);
        let newest: BTreeMap<ConversationKey, Snapshot> = changed.map(|(_, key, snapshot)| (key, snapshot)).collect();
        conversations::store(conn, &newest)
    }
}

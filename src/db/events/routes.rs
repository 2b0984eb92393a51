//! Which webhooks are subscribed to an event, kept in memory.
//!
//! The routes change only when a webhook is saved or deleted; each such transaction increments `routing.version`. The
//! transaction that stores events reads the version and compares it, so an event never follows old routes. What changes
//! often, such as whether a webhook is on, is read from its row ([`states`]).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use diesel::prelude::*;

use crate::db::schema::{routing, webhook_events, webhook_inboxes, webhooks};
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// For how long a webhook that is off still gets held deliveries for new events.
pub const HELD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The subscriptions of all webhooks, as of one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    version: i64,
    subscribers: HashMap<EventName, Subscribers>,
}

/// The webhooks that are subscribed to one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Subscribers {
    /// Those without an inbox filter.
    unfiltered: Vec<WebhookId>,
    by_inbox: HashMap<InboxId, Vec<WebhookId>>,
}

impl Routes {
    /// Reads all subscriptions.
    pub fn load(conn: &mut DbConnection) -> Result<Self, Error> {
        // The version first: a change that commits while the rest is read makes these routes look old, not new.
        let version = version(conn)?;
        let subscriptions: Vec<(WebhookId, String, bool)> = webhook_events::table
            .inner_join(webhooks::table.on(webhooks::id.eq(webhook_events::webhook_id)))
            .select((webhooks::id, webhook_events::event, webhooks::all_inboxes))
            .load(conn)?;
        let mut inboxes: HashMap<WebhookId, Vec<InboxId>> = HashMap::new();
        for (webhook, inbox) in webhook_inboxes::table.load::<(WebhookId, InboxId)>(conn)? {
            inboxes.entry(webhook).or_default().push(inbox);
        }
        let mut subscribers: HashMap<EventName, Subscribers> = HashMap::new();
        for (webhook, event, all_inboxes) in subscriptions {
            // An event of a newer version cannot be posted to this one.
            let Some(event) = EventName::parse_any(&event) else { continue };
            let subscribers = subscribers.entry(event).or_default();
            if all_inboxes {
                subscribers.unfiltered.push(webhook);
            } else {
                for inbox in inboxes.get(&webhook).into_iter().flatten() {
                    subscribers.by_inbox.entry(*inbox).or_default().push(webhook);
                }
            }
        }
        Ok(Self { version, subscribers })
    }

    /// Whether nothing has changed since these routes were read.
    pub fn are_current(&self, conn: &mut DbConnection) -> Result<bool, Error> {
        Ok(self.version == version(conn)?)
    }

    /// The webhooks that are subscribed to `event` and whose filter, if they have one, names its inbox. In the order of
    /// their ids.
    pub fn subscribed(&self, event: EventName, inbox: Option<InboxId>) -> Vec<WebhookId> {
        let Some(subscribers) = self.subscribers.get(&event) else { return Vec::new() };
        let filtered = inbox.and_then(|inbox| subscribers.by_inbox.get(&inbox));
        let mut found: Vec<_> = subscribers.unfiltered.iter().chain(filtered.into_iter().flatten()).copied().collect();
        found.sort_unstable();
        found
    }

    /// Whether any webhook is subscribed to `event`, for whatever inboxes.
    pub fn has_subscribers(&self, event: EventName) -> bool {
        self.subscribers.contains_key(&event)
    }
}

pub(in crate::db) fn version(conn: &mut DbConnection) -> Result<i64, Error> {
    let version = prepared::find(conn, routing::table.select(routing::version))?;
    version.ok_or(Error::CorruptValue("version of the routing"))
}

/// Makes the routes of every process old. Belongs in each transaction that changes subscriptions, inbox filters or the
/// existence of a webhook.
pub(in crate::db) fn note_change(conn: &mut DbConnection) -> Result<(), Error> {
    diesel::update(routing::table).set(routing::version.eq(routing::version + 1)).execute(conn)?;
    Ok(())
}

/// What decides whether and how a webhook gets a delivery now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookState {
    /// Its version, which shows whether a cached target is stale.
    pub version: i32,
    /// Whether it gets deliveries: it is on, or was turned off less than [`HELD_FOR`] ago.
    pub collects: bool,
    /// Whether deliveries are sent at once: it is on, neither paused nor failing, and its backlog is not full.
    pub sends: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct StateRow {
    id: WebhookId,
    version: i32,
    enabled: bool,
    disabled_at: Option<i64>,
    paused_until: Option<i64>,
    probe_at: Option<i64>,
    returned_at: Option<i64>,
    backlog_full_since: Option<i64>,
}

impl StateRow {
    fn into_state(self, now: Timestamp) -> WebhookState {
        let is_paused = self.paused_until.is_some_and(|until| until > now.micros());
        let was_off_since = self.disabled_at.is_some_and(|at| at > now.before(HELD_FOR).micros());
        let is_ready = self.probe_at.is_none() && self.backlog_full_since.is_none() && !is_paused;
        WebhookState {
            version: self.version,
            collects: self.enabled || was_off_since,
            sends: self.enabled && is_ready,
            returned_at: self.returned_at.map(Timestamp::from_micros),
        }
    }
}

/// The states of these webhooks; those that are deleted are left out.
pub fn states(
    conn: &mut DbConnection,
    ids: &HashSet<WebhookId>,
    now: Timestamp,
) -> Result<HashMap<WebhookId, WebhookState>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<StateRow> = webhooks::table
        .filter(webhooks::id.eq_any(ids))
        .filter(webhooks::deleted_at.is_null())
        .select((
            webhooks::id,
            webhooks::version,
            webhooks::enabled,
            webhooks::disabled_at,
            webhooks::paused_until,
            webhooks::probe_at,
            webhooks::returned_at,
            webhooks::backlog_full_since,
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.into_state(now))).collect())
}

/// Why an event got no delivery, of which [`Routes::has_subscribers`] says that some webhook wants it.
pub fn why_unmatched(conn: &mut DbConnection, event: EventName, now: Timestamp) -> Result<Unmatched, Error> {
    let collecting = webhook_events::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_events::webhook_id)))
        .filter(webhook_events::event.eq(event.as_str()))
        .filter(webhooks::enabled.eq(true).or(webhooks::disabled_at.gt(now.before(HELD_FOR).micros())));
    let is_collected: bool = diesel::select(diesel::dsl::exists(collecting)).get_result(conn)?;
    Ok(if is_collected { Unmatched::OtherInbox } else { Unmatched::Off })
}

//! Which webhooks want an event.

use std::time::Duration;

use diesel::prelude::*;

use crate::db::schema::{webhook_events, webhook_inboxes, webhooks};
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// For how long a webhook that is off still gets held deliveries for new events.
pub const HELD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// A webhook that gets a delivery for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Its version, which shows whether a cached target is stale.
    pub version: i32,
    /// Whether it is on, neither paused nor failing, and its backlog is not full.
    pub sends: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct MatchRow {
    webhook_id: WebhookId,
    version: i32,
    enabled: bool,
    paused_until: Option<i64>,
    probe_at: Option<i64>,
    returned_at: Option<i64>,
    backlog_full: bool,
}

impl MatchRow {
    fn into_match(self, now: Timestamp) -> Match {
        let is_paused = self.paused_until.is_some_and(|until| until > now.micros());
        Match {
            webhook_id: self.webhook_id,
            version: self.version,
            sends: self.enabled && self.probe_at.is_none() && !is_paused && !self.backlog_full,
            returned_at: self.returned_at.map(Timestamp::from_micros),
        }
    }
}

/// The webhooks that get an event: subscribed to its name, and without an inbox filter or with one that holds its inbox,
/// and on or turned off less than [`HELD_FOR`] ago. In the order of their ids.
pub fn matching(
    conn: &mut DbConnection,
    event: EventName,
    inbox: Option<InboxId>,
    now: Timestamp,
) -> Result<Vec<Match>, Error> {
    let choosing = webhook_inboxes::table
        .filter(webhook_inboxes::inbox_id.nullable().eq(inbox))
        .select(webhook_inboxes::webhook_id);
    let matching = webhook_events::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_events::webhook_id)))
        .filter(webhook_events::event.eq(event.as_str()))
        .filter(webhooks::enabled.eq(true).or(webhooks::disabled_at.gt(now.before(HELD_FOR).micros())))
        .filter(webhooks::all_inboxes.eq(true).or(webhooks::id.eq_any(choosing)))
        .order(webhooks::id)
        .select((
            webhooks::id,
            webhooks::version,
            webhooks::enabled,
            webhooks::paused_until,
            webhooks::probe_at,
            webhooks::returned_at,
            webhooks::backlog_full_since.is_not_null(),
        ));
    let rows: Vec<MatchRow> = prepared::load(conn, matching)?;
    Ok(rows.into_iter().map(|row| row.into_match(now)).collect())
}

/// Why [`matching`] found no webhook. Called only in that case; one lookup in the primary key of `webhook_events`.
pub fn why_unmatched(conn: &mut DbConnection, event: EventName, now: Timestamp) -> Result<Unmatched, Error> {
    let subscribed: Vec<(bool, Option<i64>)> = webhook_events::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_events::webhook_id)))
        .filter(webhook_events::event.eq(event.as_str()))
        .select((webhooks::enabled, webhooks::disabled_at))
        .load(conn)?;
    let held_since = now.before(HELD_FOR).micros();
    let collects = |(on, off_at): &(bool, Option<i64>)| *on || off_at.is_some_and(|at| at > held_since);
    Ok(match subscribed.as_slice() {
        [] => Unmatched::Unsubscribed,
        some if some.iter().any(collects) => Unmatched::OtherInbox,
        _ => Unmatched::Off,
    })
}

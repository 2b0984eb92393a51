//! Accepted events.

pub mod idempotency;
pub mod received;

use std::time::Duration;

use bytes::Bytes;
use diesel::prelude::*;

use super::schema::{events, webhook_events, webhook_inboxes, webhooks};
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::{Event, Unmatched};
use crate::domain::id::{EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A webhook that is off goes on collecting deliveries that long.
pub const HELD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Stores an event; `unmatched` says why no webhook gets it, if none does.
pub fn insert(conn: &mut DbConnection, event: &Event, unmatched: Option<Unmatched>) -> Result<(), Error> {
    let row = diesel::insert_into(events::table).values((
        events::id.eq(event.id.0),
        events::name.eq(event.name.as_str()),
        events::inbox_id.eq(event.inbox_id),
        events::derived_from.eq(event.derived_from.map(|id| id.0)),
        events::body.eq(event.body.as_ref()),
        events::created_at.eq(event.created_at.micros()),
        events::unmatched.eq(unmatched.map(Unmatched::as_str)),
    ));
    prepared::execute(conn, row)?;
    Ok(())
}

/// The body of an event, unless retention removed it.
pub fn body(conn: &mut DbConnection, id: EventId) -> Result<Option<Bytes>, Error> {
    let body: Option<Vec<u8>> = events::table.find(id.0).select(events::body).get_result(conn).optional()?;
    Ok(body.map(Bytes::from))
}

/// The bodies of several events.
pub fn bodies(conn: &mut DbConnection, ids: &[EventId]) -> Result<Vec<(EventId, Bytes)>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, Vec<u8>)> =
        events::table.filter(events::id.eq_any(ids)).select((events::id, events::body)).load(conn)?;
    Ok(rows.into_iter().map(|(id, body)| (EventId(id), Bytes::from(body))).collect())
}

/// A webhook that an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Its version, so that a cached target is known to be stale.
    pub version: i32,
    /// It is on, and neither paused nor failing.
    pub sends: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

/// Number, version, on, paused until, next probe, returned at.
type Columns = (i64, i32, bool, Option<i64>, Option<i64>, Option<i64>);

/// The webhooks an event is for: subscribed to it, and without an inbox filter or with one that holds its inbox.
pub fn matching(
    conn: &mut DbConnection,
    event: EventName,
    inbox: Option<InboxId>,
    now: Timestamp,
) -> Result<Vec<Match>, Error> {
    let choosing = webhook_inboxes::table
        .filter(webhook_inboxes::inbox_id.eq(inbox.unwrap_or(0)))
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
        ));
    let rows: Vec<Columns> = prepared::load(conn, matching)?;
    let sends = |on: bool, paused: Option<i64>, probe: Option<i64>| {
        on && probe.is_none() && paused.is_none_or(|until| until <= now.micros())
    };
    let found = |(webhook_id, version, on, paused, probe, returned): Columns| Match {
        webhook_id,
        version,
        sends: sends(on, paused, probe),
        returned_at: returned.map(Timestamp::from_micros),
    };
    Ok(rows.into_iter().map(found).collect())
}

/// Why [`matching`] found no webhook: asked only then, one look-up in the key of `webhook_events`.
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

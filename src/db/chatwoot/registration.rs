//! When the registration of a connection is compared and its inboxes are read, and what came of it.

use std::time::Duration;

use diesel::prelude::*;
use secrecy::SecretString;

use crate::db::events::routes;
use crate::db::schema::{chatwoot_connections as c, webhook_events, webhooks};
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::connection::Fault;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::ConnectionId;
use crate::domain::secret_box::SecretBox;
use crate::domain::timestamp::Timestamp;

/// How often the registration is compared while nothing changes here.
const CHECK_INTERVAL: Duration = Duration::from_secs(3600);
/// How often the inboxes are read.
const SYNC_INTERVAL: Duration = Duration::from_secs(600);
/// After a failed visit the next one comes so much later.
const RETRY_INTERVAL: Duration = Duration::from_secs(300);
/// Wrong signatures have the registration compared at most so often.
const ASKED_CHECK_INTERVAL: Duration = Duration::from_secs(60);
/// For how long a process that visits a Chatwoot keeps others from it; longer than a visit takes.
const CLAIM: Duration = Duration::from_secs(120);

/// A Chatwoot that is to be visited now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The connection.
    pub id: ConnectionId,
    /// Compare the registration; else only read the inboxes.
    pub registration: bool,
}

/// The connections whose Chatwoot is to be visited now: the registration was compared an hour ago or before a webhook was
/// changed here, or the inboxes were read ten minutes ago.
pub fn due(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Due>, Error> {
    let version = routes::version(conn)?;
    type Columns = (ConnectionId, i64, i64, Option<i64>);
    let managed = c::table.filter(c::api_token.is_not_null()).filter(c::disconnected_at.is_null());
    let rows: Vec<Columns> =
        managed.order(c::id).select((c::id, c::next_check_at, c::next_sync_at, c::checked_routing)).load(conn)?;
    // A time beyond the interval was stored before the clock was set back.
    let is_over = |at: i64, interval: Duration| at <= now.micros() || at > now.after(interval).micros();
    let due = rows.into_iter().filter_map(|(id, check_at, sync_at, routing)| {
        let registration = is_over(check_at, CHECK_INTERVAL) || routing != Some(version);
        (registration || is_over(sync_at, SYNC_INTERVAL)).then_some(Due { id, registration })
    });
    Ok(due.collect())
}

/// Claims a connection for a visit by this process. False while another process visits it.
pub fn claim(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
    let until = now.after(CLAIM).micros();
    let is_free = c::claimed_until.is_null().or(c::claimed_until.le(now.micros())).or(c::claimed_until.gt(until));
    let claimed = diesel::update(c::table.find(id).filter(is_free)).set(c::claimed_until.eq(until)).execute(conn)?;
    Ok(claimed > 0)
}

/// The events that webhooks want, and the version of the routing of which that is true.
pub fn wanted(conn: &mut DbConnection) -> Result<(Vec<EventName>, i64), Error> {
    // The version first: a change that commits meanwhile makes the result look old, not new.
    let version = routes::version(conn)?;
    let names: Vec<String> = webhook_events::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_events::webhook_id)))
        .filter(webhooks::deleted_at.is_null())
        .select(webhook_events::event)
        .distinct()
        .load(conn)?;
    Ok((names.iter().filter_map(|name| EventName::parse(name)).collect(), version))
}

/// What a comparison of the registration found or made.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The id of the webhook in Chatwoot.
    pub webhook_id: i64,
    /// Its signing secret; `None` before Chatwoot 4.11.2.
    pub secret: Option<SecretString>,
    /// The version of the routing whose events are registered.
    pub routing: i64,
}

/// Stores the registration of a connection, which is as it should be. A fault is over.
pub fn record_registered(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: ConnectionId,
    found: &Registered,
    now: Timestamp,
) -> Result<(), Error> {
    super::set_secret(conn, secret_box, id, found.secret.as_ref(), now)?;
    diesel::update(c::table.find(id).filter(c::disconnected_at.is_null()))
        .set((
            c::webhook_id.eq(found.webhook_id),
            c::checked_at.eq(now.micros()),
            c::next_check_at.eq(now.after(CHECK_INTERVAL).micros()),
            c::checked_routing.eq(found.routing),
            (c::problem.eq(None::<String>), c::problem_detail.eq(None::<String>), c::problem_at.eq(None::<i64>)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Stores that the inboxes were read, and ends the claim.
pub fn record_synced(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    diesel::update(c::table.find(id))
        .set((
            c::inboxes_synced_at.eq(now.micros()),
            c::next_sync_at.eq(now.after(SYNC_INTERVAL).micros()),
            c::claimed_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Stores why a visit failed, and ends the claim. The next visit comes after five minutes, or after `retry_after` if that is
/// longer.
pub fn record_fault(
    conn: &mut DbConnection,
    id: ConnectionId,
    fault: &Fault,
    routing: i64,
    retry_after: Option<Duration>,
) -> Result<(), Error> {
    let wait = retry_after.unwrap_or_default().clamp(RETRY_INTERVAL, SYNC_INTERVAL);
    let next = fault.at.after(wait).micros();
    diesel::update(c::table.find(id))
        .set((
            (
                c::problem.eq(fault.kind.as_str()),
                c::problem_detail.eq(&fault.detail),
                c::problem_at.eq(fault.at.micros()),
            ),
            c::checked_at.eq(fault.at.micros()),
            (c::next_check_at.eq(next), c::next_sync_at.eq(next)),
            c::checked_routing.eq(routing),
            c::claimed_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Has the registration compared at once, unless it was compared in the last minute: a wrong signature may mean that the
/// secret was changed there.
pub fn ask_check(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    let before = now.before(ASKED_CHECK_INTERVAL).micros();
    let unchecked = c::table.find(id).filter(c::checked_at.is_null().or(c::checked_at.lt(before)));
    diesel::update(unchecked).set(c::next_check_at.eq(now.micros())).execute(conn)?;
    Ok(())
}

/// Has the inboxes read at once: an event named one that is not known.
pub fn ask_sync(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    diesel::update(c::table.find(id)).set(c::next_sync_at.eq(now.micros())).execute(conn)?;
    Ok(())
}

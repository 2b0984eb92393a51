//! When the registration of a connection is compared and its inboxes are read, and what came of it.

use std::time::Duration;

use diesel::prelude::*;
use secrecy::SecretString;

use crate::db::events::routes;
use crate::db::schema::{chatwoot_connections as c, webhook_events, webhooks};
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::connection::{Fault, FaultKind};
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

/// Connections that no process is visiting. A time beyond [`CLAIM`] was stored before the clock was set back.
#[diesel::dsl::auto_type]
fn unclaimed(now: Timestamp) -> _ {
    let now_us: i64 = now.micros();
    let latest_us: i64 = now.after(CLAIM).micros();
    c::claimed_until.is_null().or(c::claimed_until.le(now_us)).or(c::claimed_until.gt(latest_us))
}

/// Connections whose Chatwoot did not answer 429 last.
#[diesel::dsl::auto_type]
fn unlimited() -> _ {
    let limited: &'static str = FaultKind::Limited.as_str();
    c::problem.is_null().or(c::problem.ne(limited))
}

/// What says when a visit is due.
#[derive(Queryable, Selectable)]
#[diesel(table_name = c)]
struct Schedule {
    id: ConnectionId,
    next_check_at: i64,
    next_sync_at: i64,
    /// The version of the routing that is registered.
    checked_routing: Option<i64>,
    problem: Option<String>,
}

impl Schedule {
    /// The visit that is due, if one is. A change of a webhook here makes none due before the time that a Chatwoot asked for.
    fn due(&self, version: i64, now: Timestamp) -> Option<Due> {
        // A time beyond the longest wait was stored before the clock was set back.
        let is_over = |at: i64| at <= now.micros() || at > now.after(CHECK_INTERVAL).micros();
        let is_limited = self.problem.as_deref() == Some(FaultKind::Limited.as_str());
        let registration = is_over(self.next_check_at) || (self.checked_routing != Some(version) && !is_limited);
        (registration || is_over(self.next_sync_at)).then_some(Due { id: self.id, registration })
    }
}

/// The connections whose Chatwoot is to be visited now: the registration was compared an hour ago or before a webhook was
/// changed here, or the inboxes were read ten minutes ago. Without those that are being visited.
pub fn due(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<ConnectionId>, Error> {
    let version = routes::version(conn)?;
    let managed = c::table.filter(c::api_token.is_not_null()).filter(c::disconnected_at.is_null());
    let rows = managed.filter(unclaimed(now)).order(c::id).select(Schedule::as_select()).load(conn)?;
    Ok(rows.iter().filter_map(|row| row.due(version, now)).map(|due| due.id).collect())
}

/// Claims a connection for a visit by this process. False while another visit is being made.
pub fn claim(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
    let until = c::claimed_until.eq(now.after(CLAIM).micros());
    Ok(diesel::update(c::table.find(id).filter(unclaimed(now))).set(until).execute(conn)? > 0)
}

/// Claims a connection whose visit is due. `None` while another visit is being made, and after one was.
pub fn claim_due(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<Option<Due>, Error> {
    if !claim(conn, id, now)? {
        return Ok(None);
    }
    // After the claim, which locks the row: between the list of what is due and the claim another process may have made the
    // visit.
    let version = routes::version(conn)?;
    let managed = c::table.find(id).filter(c::api_token.is_not_null()).filter(c::disconnected_at.is_null());
    let row = managed.select(Schedule::as_select()).get_result(conn).optional()?;
    let due = row.and_then(|row| row.due(version, now));
    if due.is_none() {
        release(conn, id)?;
    }
    Ok(due)
}

/// Ends a claim.
pub fn release(conn: &mut DbConnection, id: ConnectionId) -> Result<(), Error> {
    diesel::update(c::table.find(id)).set(c::claimed_until.eq(None::<i64>)).execute(conn)?;
    Ok(())
}

/// Ends all claims.
pub fn end_claims(conn: &mut DbConnection) -> Result<(), Error> {
    let claimed = c::table.filter(c::claimed_until.is_not_null());
    diesel::update(claimed).set(c::claimed_until.eq(None::<i64>)).execute(conn)?;
    Ok(())
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

/// A registration to be stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The id of the webhook in Chatwoot.
    pub webhook_id: i64,
    /// Its signing secret; `None` before Chatwoot 4.11.2.
    pub secret: Option<SecretString>,
    /// The version of the routing whose events are registered.
    pub routing: i64,
    /// Events that this Chatwoot does not know.
    pub refused: Vec<EventName>,
}

/// Stores the registration of a connection, which is as it should be; earlier faults are over. False if the connection was
/// ended meanwhile: then nothing is stored.
pub fn record(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: ConnectionId,
    found: &Stored,
    now: Timestamp,
) -> Result<bool, Error> {
    let refused = (!found.refused.is_empty()).then(|| Fault::of_refused_events(&found.refused, now));
    let stored = diesel::update(connected(id))
        .set((
            c::webhook_id.eq(found.webhook_id),
            c::checked_at.eq(now.micros()),
            c::next_check_at.eq(now.after(CHECK_INTERVAL).micros()),
            c::checked_routing.eq(found.routing),
            (
                c::problem.eq(refused.as_ref().map(|fault| fault.kind.as_str())),
                c::problem_detail.eq(refused.as_ref().and_then(|fault| fault.detail.as_deref())),
                c::problem_at.eq(refused.as_ref().map(|fault| fault.at.micros())),
            ),
        ))
        .execute(conn)?;
    if stored == 0 {
        return Ok(false);
    }
    super::set_secret(conn, secret_box, id, found.secret.as_ref(), now)?;
    Ok(true)
}

#[diesel::dsl::auto_type]
fn connected(id: ConnectionId) -> _ {
    c::table.filter(c::id.eq(id)).filter(c::disconnected_at.is_null())
}

/// Stores that the inboxes were read.
pub fn record_synced(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    diesel::update(connected(id))
        .set((c::inboxes_synced_at.eq(now.micros()), c::next_sync_at.eq(now.after(SYNC_INTERVAL).micros())))
        .execute(conn)?;
    Ok(())
}

/// Stores why a visit failed. The next visit comes after five minutes, or after `retry_after` if that is longer, up to an
/// hour. No effect if the connection was ended meanwhile.
pub fn record_fault(
    conn: &mut DbConnection,
    id: ConnectionId,
    fault: &Fault,
    routing: i64,
    retry_after: Option<Duration>,
) -> Result<(), Error> {
    let wait = retry_after.unwrap_or_default().clamp(RETRY_INTERVAL, CHECK_INTERVAL);
    let next = fault.at.after(wait).micros();
    diesel::update(connected(id))
        .set((
            (
                c::problem.eq(fault.kind.as_str()),
                c::problem_detail.eq(&fault.detail),
                c::problem_at.eq(fault.at.micros()),
            ),
            c::checked_at.eq(fault.at.micros()),
            (c::next_check_at.eq(next), c::next_sync_at.eq(next)),
            c::checked_routing.eq(routing),
        ))
        .execute(conn)?;
    Ok(())
}

/// Has the registration compared at once, unless it was compared in the last minute, or Chatwoot limits requests: a wrong
/// signature may mean that the secret was changed there.
pub fn ask_check(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    let before = now.before(ASKED_CHECK_INTERVAL).micros();
    let unchecked = c::table.find(id).filter(c::checked_at.is_null().or(c::checked_at.lt(before)));
    diesel::update(unchecked.filter(unlimited())).set(c::next_check_at.eq(now.micros())).execute(conn)?;
    Ok(())
}

/// Has the inboxes read at once, unless Chatwoot limits requests: an event named one that is not known.
pub fn ask_sync(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<(), Error> {
    let unlimited = c::table.find(id).filter(unlimited());
    diesel::update(unlimited).set(c::next_sync_at.eq(now.micros())).execute(conn)?;
    Ok(())
}

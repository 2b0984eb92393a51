//! The health of webhooks: streaks of failures, pauses and probes.

use diesel::prelude::*;

use crate::db::schema::webhooks as w;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::{Health, OffReason, Pace, Signal};

/// The columns of `webhooks` that make its health.
#[derive(Queryable)]
pub(super) struct Columns {
    pub(super) failures: i32,
    pub(super) failing_since: Option<i64>,
    pub(super) paused_until: Option<i64>,
    pub(super) probe_at: Option<i64>,
    pub(super) probe_wait_ms: i32,
    pub(super) exhausted_at: Option<i64>,
}

impl From<Columns> for Health {
    fn from(row: Columns) -> Self {
        let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        Self {
            failures: row.failures,
            failing_since: time(row.failing_since),
            paused_until: time(row.paused_until),
            probe_at: time(row.probe_at),
            probe_wait_ms: row.probe_wait_ms,
            exhausted_at: time(row.exhausted_at),
        }
    }
}

/// The health of a webhook that is not deleted.
pub fn find(conn: &mut DbConnection, id: WebhookId) -> Result<Option<Health>, Error> {
    let columns = w::table.find(id).filter(w::deleted_at.is_null()).select((
        w::failures,
        w::failing_since,
        w::paused_until,
        w::probe_at,
        w::probe_wait_ms,
        w::exhausted_at,
    ));
    Ok(prepared::find::<_, Columns>(conn, columns)?.map(Health::from))
}

/// How the results of attempts changed the state of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthChange {
    /// It now fails: it gets one probe at a time.
    Failing,
    /// It was failing or paused, and now succeeds.
    Recovered,
    /// It was turned off; its deliveries are held.
    TurnedOff(OffReason),
}

/// Applies the signals of attempts, in their order, to the health of a webhook; turns it off if its rules say so.
pub fn record(
    conn: &mut DbConnection,
    id: WebhookId,
    signals: &[Signal],
    now: Timestamp,
    pace: Pace,
) -> Result<Option<HealthChange>, Error> {
    lock(conn, id)?;
    let Some(before) = find(conn, id)? else { return Ok(None) };
    let mut health = before.clone();
    let off = signals.iter().filter_map(|signal| health.record(*signal, now, pace)).last();
    if health == before {
        return Ok(None);
    }
    store(conn, id, &health)?;
    if let Some(reason) = off {
        turn_off(conn, id, reason, now)?;
        return Ok(Some(HealthChange::TurnedOff(reason)));
    }
    let was_down = before.is_failing() || before.paused_until.is_some();
    if was_down && health.failures == 0 {
        // From `returned_at` the other processes learn that the webhook came back.
        diesel::update(w::table.find(id)).set(w::returned_at.eq(Some(now.micros()))).execute(conn)?;
        return Ok(Some(HealthChange::Recovered));
    }
    Ok((health.is_failing() && !before.is_failing()).then_some(HealthChange::Failing))
}

/// Locks the row on Postgres, so that the changes of a concurrent process are not lost. SQLite has one writer.
fn lock(conn: &mut DbConnection, id: WebhookId) -> Result<(), Error> {
    if let DbConnection::Postgres(conn) = conn {
        w::table.find(id).select(w::id).for_no_key_update().get_result::<WebhookId>(conn).optional()?;
    }
    Ok(())
}

fn store(conn: &mut DbConnection, id: WebhookId, health: &Health) -> Result<(), Error> {
    let micros = |time: Option<Timestamp>| time.map(Timestamp::micros);
    diesel::update(w::table.find(id))
        .set((
            w::failures.eq(health.failures),
            w::failing_since.eq(micros(health.failing_since)),
            w::paused_until.eq(micros(health.paused_until)),
            w::probe_at.eq(micros(health.probe_at)),
            w::probe_wait_ms.eq(health.probe_wait_ms),
            w::exhausted_at.eq(micros(health.exhausted_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Turns a webhook off, if it is on; its deliveries are then held.
fn turn_off(conn: &mut DbConnection, id: WebhookId, reason: OffReason, now: Timestamp) -> Result<(), Error> {
    diesel::update(w::table.find(id).filter(w::enabled.eq(true)))
        .set((
            w::enabled.eq(false),
            w::disabled_at.eq(Some(now.micros())),
            w::disabled_reason.eq(Some(reason.as_str())),
        ))
        .execute(conn)?;
    Ok(())
}

//! How webhooks are doing, in their rows.

use diesel::prelude::*;

use crate::db::schema::webhooks as w;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::{Health, OffReason, Pace, Signal};

type Columns = (i32, Option<i64>, Option<i64>, Option<i64>, i32, Option<i64>);

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
    Ok(prepared::find(conn, columns)?.map(of))
}

/// From the columns of the row.
pub(in crate::db) fn of(
    (failures, failing_since, paused_until, probe_at, probe_wait_ms, exhausted_at): Columns,
) -> Health {
    let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
    Health {
        failures,
        failing_since: time(failing_since),
        paused_until: time(paused_until),
        probe_at: time(probe_at),
        probe_wait_ms,
        exhausted_at: time(exhausted_at),
    }
}

/// What the results of attempts changed for their webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthChange {
    /// It is failing now: it gets one probe at a time.
    Failing,
    /// It was failing or paused, and answers again.
    Recovered,
    /// It was turned off; its deliveries are held.
    TurnedOff(OffReason),
}

/// Stores what attempts, in their order, mean for their webhook; turns it off if that follows.
pub fn record(
    conn: &mut DbConnection,
    id: WebhookId,
    signals: &[Signal],
    (now, pace): (Timestamp, Pace),
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
        // For the other processes.
        diesel::update(w::table.find(id)).set(w::returned_at.eq(Some(now.micros()))).execute(conn)?;
        return Ok(Some(HealthChange::Recovered));
    }
    Ok((health.is_failing() && !before.is_failing()).then_some(HealthChange::Failing))
}

/// What another process writes down meanwhile must not be lost. SQLite has one writer.
fn lock(conn: &mut DbConnection, id: WebhookId) -> Result<(), Error> {
    if let DbConnection::Postgres(conn) = conn {
        w::table.find(id).select(w::id).for_no_key_update().get_result::<i64>(conn).optional()?;
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

/// Turns a webhook off that is on; its deliveries are held.
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

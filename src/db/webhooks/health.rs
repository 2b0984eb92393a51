//! The health of webhooks: streaks of failures, pauses and probes.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;

use crate::db::schema::webhooks as w;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::state::{Obstacle, Obstacles};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::{Condition, Health, OffReason, Pace, Signal, Streak};

/// The columns of `webhooks` that make its health.
#[derive(Queryable)]
pub(super) struct Columns {
    pub(super) enabled: bool,
    pub(super) disabled_reason: Option<String>,
    pub(super) failures: i32,
    pub(super) failing_since: Option<i64>,
    pub(super) paused_until: Option<i64>,
    pub(super) probe_at: Option<i64>,
    pub(super) probe_wait_ms: i32,
    pub(super) probe_lease: Option<i64>,
    pub(super) exhausted_at: Option<i64>,
}

type ColumnNames = (
    w::enabled,
    w::disabled_reason,
    w::failures,
    w::failing_since,
    w::paused_until,
    w::probe_at,
    w::probe_wait_ms,
    w::probe_lease,
    w::exhausted_at,
);

/// The columns in the order of [`Columns`].
const fn columns() -> ColumnNames {
    (
        w::enabled,
        w::disabled_reason,
        w::failures,
        w::failing_since,
        w::paused_until,
        w::probe_at,
        w::probe_wait_ms,
        w::probe_lease,
        w::exhausted_at,
    )
}

impl From<Columns> for Health {
    fn from(row: Columns) -> Self {
        let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        let condition = match (row.enabled, time(row.probe_at), time(row.paused_until)) {
            (false, ..) => Condition::Off { reason: row.disabled_reason.as_deref().and_then(OffReason::parse) },
            // Earlier versions kept a pause beside the probe.
            (true, Some(probe_at), paused_until) => Condition::Failing {
                probe_at: paused_until.map_or(probe_at, |until| until.max(probe_at)),
                wait: Duration::from_millis(u64::try_from(row.probe_wait_ms).unwrap_or(0)),
                probe: row.probe_lease,
            },
            (true, None, Some(until)) => Condition::Paused { until },
            (true, None, None) => Condition::Healthy,
        };
        let streak =
            Streak { failures: row.failures, since: time(row.failing_since), exhausted_at: time(row.exhausted_at) };
        Self { condition, streak }
    }
}

/// The health of a webhook that is not deleted.
pub fn find(conn: &mut DbConnection, id: WebhookId) -> Result<Option<Health>, Error> {
    let found = w::table.find(id).filter(w::deleted_at.is_null()).select(columns());
    Ok(prepared::find::<_, Columns>(conn, found)?.map(Health::from))
}

/// The health of those of these webhooks that are not deleted.
fn find_all<'a>(
    conn: &mut DbConnection,
    ids: impl Iterator<Item = &'a WebhookId>,
) -> Result<BTreeMap<WebhookId, Health>, Error> {
    let mut found = BTreeMap::new();
    match conn {
        // Each number of webhooks would be a statement of its own.
        DbConnection::Sqlite(_) => {
            for id in ids {
                found.extend(find(conn, *id)?.map(|health| (*id, health)));
            }
        }
        DbConnection::Postgres(conn) => {
            let rows = w::table.filter(w::id.eq_any(ids)).filter(w::deleted_at.is_null()).select((w::id, columns()));
            let rows: Vec<(WebhookId, Columns)> = prepared::load_on(conn, rows)?;
            found.extend(rows.into_iter().map(|(id, columns)| (id, Health::from(columns))));
        }
    }
    Ok(found)
}

/// The obstacles of these webhooks at `now`. A deleted webhook has none: its deliveries are being cancelled.
pub fn obstacles(conn: &mut DbConnection, ids: &[WebhookId], now: Timestamp) -> Result<Obstacles, Error> {
    let mut obstacles = Obstacles { now, ..Obstacles::default() };
    for ids in ids.chunks(OBSTACLE_IDS_MAX) {
        let rows = w::table.filter(w::id.eq_any(ids)).filter(w::deleted_at.is_null());
        let rows: Vec<(WebhookId, Columns, Option<i64>)> =
            rows.select((w::id, columns(), w::backlog_full_since)).load(conn)?;
        for (id, columns, full_since) in rows {
            if let Some(obstacle) = Obstacle::of(&Health::from(columns), full_since.is_some(), now) {
                obstacles.by_webhook.insert(id, obstacle);
            }
        }
    }
    Ok(obstacles)
}

/// Webhooks in one statement: SQLite allows 32,766 parameters.
const OBSTACLE_IDS_MAX: usize = 10_000;

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

/// Applies the signals of attempts, in their order, to the health of their webhooks; turns those off whose rules say so.
///
/// Most signals change nothing. Their row is not locked: on Postgres the lock would make the processes wait for each
/// other's commits. [`Error::RowLocked`] if another transaction has locked a row that changes: the results of other
/// webhooks must not wait for it.
pub fn record(
    conn: &mut DbConnection,
    signals: &BTreeMap<WebhookId, Vec<Signal>>,
    now: Timestamp,
    pace: Pace,
) -> Result<Vec<(WebhookId, HealthChange)>, Error> {
    let seen = find_all(conn, signals.keys())?;
    let mut changes = Vec::new();
    for (id, signals) in signals {
        let Some(seen) = seen.get(id) else { continue };
        changes.extend(record_one(conn, *id, *seen, signals, now, pace)?.map(|change| (*id, change)));
    }
    Ok(changes)
}

fn record_one(
    conn: &mut DbConnection,
    id: WebhookId,
    seen: Health,
    signals: &[Signal],
    now: Timestamp,
    pace: Pace,
) -> Result<Option<HealthChange>, Error> {
    let apply = |before: Health| {
        let mut health = before;
        let off = signals.iter().filter_map(|signal| health.record(*signal, now, pace)).last();
        (health, off)
    };
    if apply(seen).0 == seen {
        return Ok(None);
    }
    let before = if lock(conn, id)? { find(conn, id)? } else { Some(seen) };
    let Some(before) = before else { return Ok(None) };
    let (health, off) = apply(before);
    store(conn, id, &health)?;
    if let Some(reason) = off {
        turn_off(conn, id, reason, now)?;
        return Ok(Some(HealthChange::TurnedOff(reason)));
    }
    let was_down = matches!(before.condition, Condition::Failing { .. } | Condition::Paused { .. });
    if was_down && health.condition == Condition::Healthy {
        // From `returned_at` the other processes learn that the webhook came back.
        diesel::update(w::table.find(id)).set(w::returned_at.eq(Some(now.micros()))).execute(conn)?;
        return Ok(Some(HealthChange::Recovered));
    }
    Ok((health.is_failing() && !before.is_failing()).then_some(HealthChange::Failing))
}

/// Reserves the next probe of a failing webhook for the delivery with this lease. False if another process has it or is
/// about to get it, or if the row is locked: a claim does not wait.
pub fn begin_probe(conn: &mut DbConnection, id: WebhookId, lease: i64, now: Timestamp) -> Result<bool, Error> {
    let due = w::table.find(id).filter(w::probe_at.le(now.micros())).filter(w::probe_lease.is_null());
    if let DbConnection::Postgres(conn) = conn {
        let free = due.select(w::id).for_no_key_update().skip_locked();
        if free.get_result::<WebhookId>(conn).optional()?.is_none() {
            return Ok(false);
        }
    }
    Ok(diesel::update(due).set(w::probe_lease.eq(Some(lease))).execute(conn)? > 0)
}

/// Gives back the probe of a lease whose attempt gave no signal: another delivery may be the probe.
pub fn release_probe(conn: &mut DbConnection, id: WebhookId, lease: i64) -> Result<(), Error> {
    let probing = w::table.find(id).filter(w::probe_lease.eq(lease));
    diesel::update(probing).set(w::probe_lease.eq(None::<i64>)).execute(conn)?;
    Ok(())
}

/// Locks the row on Postgres, so that the changes of a concurrent process are not lost. SQLite has one writer and needs
/// no lock: false.
fn lock(conn: &mut DbConnection, id: WebhookId) -> Result<bool, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(false) };
    let row = w::table.find(id).select(w::id).for_no_key_update().skip_locked();
    row.get_result::<WebhookId>(conn).optional()?.map(|_| true).ok_or(Error::RowLocked)
}

fn store(conn: &mut DbConnection, id: WebhookId, health: &Health) -> Result<(), Error> {
    let micros = |time: Option<Timestamp>| time.map(Timestamp::micros);
    let (paused_until, probe) = match health.condition {
        Condition::Healthy | Condition::Off { .. } => (None, None),
        Condition::Paused { until } => (Some(until), None),
        Condition::Failing { probe_at, wait, probe } => (None, Some((probe_at, wait, probe))),
    };
    let wait_ms = probe.map_or(0, |(_, wait, _)| i32::try_from(wait.as_millis()).unwrap_or(i32::MAX));
    diesel::update(w::table.find(id))
        .set((
            w::failures.eq(health.streak.failures),
            w::failing_since.eq(micros(health.streak.since)),
            w::exhausted_at.eq(micros(health.streak.exhausted_at)),
            w::paused_until.eq(micros(paused_until)),
            w::probe_at.eq(micros(probe.map(|(probe_at, ..)| probe_at))),
            w::probe_wait_ms.eq(wait_ms),
            w::probe_lease.eq(probe.and_then(|(.., lease)| lease)),
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

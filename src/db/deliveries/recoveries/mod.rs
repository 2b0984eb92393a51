//! Recoveries: count the deliveries of a time range that failed, then make them again at a limited rate, until all are made or
//! the recovery is cancelled.

mod parts;
pub mod selection;
pub mod start;
pub mod step;

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use crate::db::schema::{deliveries as d, recoveries as r, recovery_webhooks as p};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Status;
use crate::domain::deliveries::recovery::{RecoveryState, Unsent};
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// The part of a recovery that belongs to one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The webhook.
    pub webhook: WebhookId,
    /// Deliveries that were counted at the start and are not made.
    pub left: i32,
    /// Why; `None` while the next ones are about to be made, and after a cancellation.
    pub unsent: Option<Unsent>,
}

/// A recovery and its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Unique; shown in URLs.
    pub id: RecoveryId,
    /// The webhook, if it is limited to one.
    pub webhook: Option<WebhookId>,
    /// Deliveries counted at its start.
    pub total: i32,
    /// Deliveries made so far.
    pub sent: i32,
    /// Deliveries that matched, and were left out because they had been sent again.
    pub skipped: i32,
    /// Of those made: delivered.
    pub delivered: i64,
    /// Of those made: failed permanently.
    pub failed: i64,
    /// The time of its start.
    pub started_at: Timestamp,
    /// The time of its end; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The webhooks of which it has not made all deliveries.
    pub parts: Vec<Part>,
}

impl Recovery {
    /// Whether it is running, or how it ended.
    pub const fn state(&self) -> RecoveryState {
        RecoveryState::of(self.ended_at.is_some(), self.cancelled)
    }

    /// What it waits for, while it runs.
    pub fn waiting_because(&self) -> Option<Unsent> {
        let because = self.parts.iter().filter(|_| self.ended_at.is_none()).filter_map(|part| part.unsent);
        because.into_iter().find(|unsent| matches!(unsent, Unsent::WebhookOff | Unsent::Pending))
    }
}

/// A recovery in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Unique; shown in URLs.
    pub id: RecoveryId,
    /// The webhook, if it is limited to one.
    pub webhook: Option<WebhookId>,
    /// Deliveries counted at its start.
    pub total: i32,
    /// Deliveries made so far.
    pub sent: i32,
    /// The time of its start.
    pub started_at: Timestamp,
    /// Whether it is running, or how it ended.
    pub state: RecoveryState,
}

/// The ids of the recoveries that have not ended.
pub fn open(conn: &mut DbConnection) -> Result<Vec<RecoveryId>, Error> {
    Ok(r::table.filter(r::ended_at.is_null()).order(r::id).select(r::id).load(conn)?)
}

/// A row of `recoveries`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = r)]
struct RecoveryRow {
    id: RecoveryId,
    webhook_id: Option<WebhookId>,
    last_id: i64,
    total: i32,
    sent: i32,
    skipped: i32,
    started_at: i64,
    ended_at: Option<i64>,
    cancelled: bool,
}

/// One recovery.
pub fn find(conn: &mut DbConnection, id: RecoveryId) -> Result<Option<Recovery>, Error> {
    let row = r::table.find(id).select(RecoveryRow::as_select()).get_result(conn).optional()?;
    row.map(|row| complete(conn, row)).transpose()
}

/// Adds what the deliveries and the webhooks say. Both are few: a recovery makes at most 10,000 deliveries, which are counted in
/// an index.
fn complete(conn: &mut DbConnection, row: RecoveryRow) -> Result<Recovery, Error> {
    let made = d::table.filter(d::recovery_id.eq(row.id)).group_by(d::status);
    let counts: Vec<(String, i64)> = made.select((d::status, count_star())).load(conn)?;
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    let count = |status: Status| counts.get(status.as_str()).copied().unwrap_or(0);
    let pending = parts::pending(conn, row.id)?;
    let parts = parts::of(conn, row.id)?.into_iter().filter(|part| part.total > part.sent).map(|part| {
        let unsent = part.unsent(row.last_id, pending.get(&part.webhook).copied().unwrap_or(0));
        Part { webhook: part.webhook, left: part.total - part.sent, unsent: unsent.filter(|_| !row.cancelled) }
    });
    Ok(Recovery {
        id: row.id,
        webhook: row.webhook_id,
        total: row.total,
        sent: row.sent,
        skipped: row.skipped,
        delivered: count(Status::Success),
        failed: count(Status::Failed),
        started_at: Timestamp::from_micros(row.started_at),
        ended_at: row.ended_at.map(Timestamp::from_micros),
        cancelled: row.cancelled,
        parts: parts.collect(),
    })
}

/// The recoveries before `before`, of one webhook or of all, newest first.
pub fn page(
    conn: &mut DbConnection,
    webhook: Option<WebhookId>,
    before: Option<RecoveryId>,
    recoveries_max: i64,
) -> Result<Vec<Recovery>, Error> {
    let mut query = r::table.select(RecoveryRow::as_select()).order(r::id.desc()).limit(recoveries_max).into_boxed();
    if let Some(before) = before {
        query = query.filter(r::id.lt(before));
    }
    if let Some(webhook) = webhook {
        let part = p::table.filter(p::recovery_id.eq(r::id)).filter(p::webhook_id.eq(webhook));
        query = query.filter(r::webhook_id.eq(webhook).or(exists(part)));
    }
    query.load(conn)?.into_iter().map(|row| complete(conn, row)).collect()
}

/// The newest recoveries, newest first.
pub fn newest(conn: &mut DbConnection, recoveries_max: i64) -> Result<Vec<RecoverySummary>, Error> {
    let columns = (r::id, r::webhook_id, r::total, r::sent, r::started_at, r::ended_at.is_not_null(), r::cancelled);
    type Columns = (RecoveryId, Option<WebhookId>, i32, i32, i64, bool, bool);
    let rows: Vec<Columns> = r::table.order(r::id.desc()).limit(recoveries_max).select(columns).load(conn)?;
    let summary = |(id, webhook, total, sent, started, has_ended, cancelled): Columns| RecoverySummary {
        id,
        webhook,
        total,
        sent,
        started_at: Timestamp::from_micros(started),
        state: RecoveryState::of(has_ended, cancelled),
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// Cancels a recovery. The deliveries that it has made are still sent. False if it has ended already.
pub fn cancel(conn: &mut DbConnection, id: RecoveryId, now: Timestamp) -> Result<bool, Error> {
    let open = r::table.find(id).filter(r::ended_at.is_null());
    Ok(diesel::update(open).set((r::ended_at.eq(Some(now.micros())), r::cancelled.eq(true))).execute(conn)? > 0)
}

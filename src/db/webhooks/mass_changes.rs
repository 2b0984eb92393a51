//! Changes of all pending deliveries of a webhook: they end with a deleted webhook, and what a webhook held while it was
//! off is sent or discarded when it is turned on.
//!
//! There may be hundreds of thousands, so a change is made in steps, each a transaction of its own with at most
//! [`STEP_ROWS_MAX`] deliveries. The transaction of the request makes the first step; while there are more, the row of the
//! webhook says what is left (`deleted_at`, `settle`), so that any process can continue after a kill.
//!
//! Locks: see [`locked`].

use std::collections::HashSet;

use diesel::prelude::*;

use crate::db::deliveries::log::webhook_range::{IdRange, WebhookIdRange};
use crate::db::deliveries::queue::state::State;
use crate::db::schema::{deliveries as d, webhooks as w};
use crate::db::sql::literal::PENDING;
use crate::db::webhooks::switch::set_enabled;
use crate::db::{DbConnection, Error, now_on};
use crate::domain::deliveries::Reason;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Held;
use crate::fault_injection;

/// Deliveries in one transaction, so that other writers wait 10 ms and not minutes.
pub const STEP_ROWS_MAX: i64 = 500;

/// Where the steps of a change begin.
pub const FIRST: i64 = i64::MIN;

/// The progress of a change after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another step follows; it passes this value to [`step`].
    More(i64),
    /// Other transactions have locked all deliveries that are left.
    Locked,
    /// Nothing is left.
    Done {
        /// This step turned the webhook on.
        turned_on: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The webhook was deleted.
    End,
    /// Deliveries with smaller ids are sent or discarded, and the webhook is then turned on.
    Settle(Held, DeliveryId),
}

/// Webhooks with a change that has not ended. An event that is accepted on Postgres while its webhook is being deleted
/// leaves one too.
pub fn unfinished(conn: &mut DbConnection) -> Result<Vec<WebhookId>, Error> {
    let pending = d::table.filter(d::webhook_id.eq(w::id)).filter(PENDING).select(d::id).limit(1).single_value();
    let deleted = w::deleted_at.is_not_null().and(pending.is_not_null());
    Ok(w::table.filter(w::settle.is_not_null().or(deleted)).order(w::id).select(w::id).load(conn)?)
}

/// Begins to send or to discard what a webhook holds, and makes the first step. The last one turns the webhook on; until
/// then nothing is sent to it, and new deliveries are held. `None` if the webhook does not exist.
pub fn settle(
    conn: &mut DbConnection,
    webhook: WebhookId,
    held: Held,
    now: Timestamp,
) -> Result<Option<Progress>, Error> {
    let newest: Option<DeliveryId> = d::table
        .filter(WebhookIdRange { webhook, ids: IdRange::ALL })
        .order((d::webhook_id.desc(), d::id.desc()))
        .select(d::id)
        .first(conn)
        .optional()?;
    let begun = diesel::update(w::table.find(webhook).filter(w::deleted_at.is_null()))
        .set((
            w::enabled.eq(false),
            w::disabled_at.eq(Some(now.micros())),
            w::disabled_reason.eq(None::<String>),
            w::settle.eq(Some(held.as_str())),
            w::settle_before.eq(Some(newest.map_or(0, |id| id.0) + 1)),
        ))
        .execute(conn)?;
    if begun == 0 {
        return Ok(None);
    }
    step(conn, webhook, FIRST, now).map(Some)
}

/// Makes a step of the change of a webhook: for the deliveries that have been due longest, from `from` on. The first step
/// of a process passes [`FIRST`]. Without that value each step would pass over the index entries of all steps before it,
/// which stay while another transaction is open.
pub fn step(conn: &mut DbConnection, webhook: WebhookId, from: i64, now: Timestamp) -> Result<Progress, Error> {
    let Some(change) = locked(conn, webhook)? else { return Ok(Progress::Done { turned_on: false }) };
    let found = find(conn, webhook, change, from)?;
    let ids: Vec<DeliveryId> = found.iter().map(|(id, _)| *id).collect();
    let changed = apply(conn, change, &ids, now)?;
    fault_injection::point("mass-change-in-step");
    let is_last = found.len() < usize::try_from(STEP_ROWS_MAX).unwrap_or(usize::MAX);
    match found.last() {
        Some((_, due)) if !is_last => Ok(Progress::More(due.unwrap_or(from))),
        // Rows that other transactions had locked are left behind `from`.
        Some(_) if changed == 0 => Ok(Progress::Locked),
        _ if from != FIRST || changed < found.len() => Ok(Progress::More(FIRST)),
        _ => Ok(Progress::Done { turned_on: end(conn, webhook, change, now)? }),
    }
}

/// Locks the row of a webhook and returns its change.
///
/// This is the order of locks for all transactions: the webhook, then its deliveries, then the hourly counts. Only the
/// first of them is waited for: storing results, claims and steps skip rows that another transaction has locked, so those
/// that need a delivery before its webhook cannot deadlock. Inserting a delivery takes `FOR KEY SHARE` of the webhook, which
/// does not wait for the lock here.
fn locked(conn: &mut DbConnection, webhook: WebhookId) -> Result<Option<Change>, Error> {
    let columns = (w::deleted_at, w::settle, w::settle_before);
    let row: Option<(Option<i64>, Option<String>, Option<i64>)> = match conn {
        DbConnection::Postgres(conn) => {
            w::table.find(webhook).select(columns).for_no_key_update().get_result(conn).optional()?
        }
        DbConnection::Sqlite(conn) => w::table.find(webhook).select(columns).get_result(conn).optional()?,
    };
    Ok(row.and_then(|row| match row {
        (Some(_), ..) => Some(Change::End),
        (None, Some(held), before) => Some(Change::Settle(Held::parse(&held)?, DeliveryId(before.unwrap_or(0)))),
        (None, None, _) => None,
    }))
}

/// The next deliveries of a change, those that have been due longest first, and when they are due.
fn find(
    conn: &mut DbConnection,
    webhook: WebhookId,
    change: Change,
    from: i64,
) -> Result<Vec<(DeliveryId, Option<i64>)>, Error> {
    let from = match change {
        // Those that are due already need no change.
        Change::Settle(Held::Send, _) => from.max(now_on(conn)?.micros() + 1),
        _ => from,
    };
    let before = match change {
        Change::End => DeliveryId(i64::MAX),
        Change::Settle(_, before) => before,
    };
    let mut next = d::table
        .filter(d::webhook_id.eq(webhook))
        .filter(PENDING)
        .filter(d::next_attempt_at.ge(from))
        .filter(d::id.lt(before))
        .order(d::next_attempt_at)
        .select((d::id, d::next_attempt_at))
        .limit(STEP_ROWS_MAX)
        .into_boxed();
    if change != Change::End {
        // An attempt in flight ends the delivery or makes it due again.
        next = next.filter(d::leased_until.is_null());
    }
    Ok(next.load(conn)?)
}

/// Changes those of these deliveries that no other transaction has locked or ended. Returns how many.
fn apply(conn: &mut DbConnection, change: Change, ids: &[DeliveryId], now: Timestamp) -> Result<usize, Error> {
    let ids = skip_locked(conn, ids)?;
    let rows = d::table.filter(d::id.eq_any(&ids)).filter(PENDING);
    let free = d::table.filter(d::id.eq_any(&ids)).filter(PENDING).filter(d::leased_until.is_null());
    Ok(match change {
        // A lease stays, so that the attempt in flight can be stored.
        Change::End => diesel::update(rows).set(State::failed(Reason::WebhookDeleted, now)).execute(conn)?,
        Change::Settle(Held::Discard, _) => {
            diesel::update(free).set(State::failed(Reason::Cancelled, now)).execute(conn)?
        }
        Change::Settle(Held::Send, _) => {
            let now = now_on(conn)?.micros();
            diesel::update(free).set(d::next_attempt_at.eq(Some(now))).execute(conn)?
        }
    })
}

/// Those of these deliveries that no other transaction has locked; they are then locked. All of them on SQLite, which has
/// one writer.
pub(in crate::db) fn skip_locked(conn: &mut DbConnection, ids: &[DeliveryId]) -> Result<Vec<DeliveryId>, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(ids.to_vec()) };
    let rows = d::table.filter(d::id.eq_any(ids)).order(d::id).select(d::id);
    let locked: HashSet<DeliveryId> = rows.for_no_key_update().skip_locked().load(conn)?.into_iter().collect();
    Ok(ids.iter().copied().filter(|id| locked.contains(id)).collect())
}

/// Ends a change. True if it turned the webhook on.
fn end(conn: &mut DbConnection, webhook: WebhookId, change: Change, now: Timestamp) -> Result<bool, Error> {
    if change == Change::End {
        return Ok(false);
    }
    diesel::update(w::table.find(webhook))
        .set((w::settle.eq(None::<String>), w::settle_before.eq(None::<i64>)))
        .execute(conn)?;
    set_enabled(conn, webhook, true, now)
}

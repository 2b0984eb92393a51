//! Backlogs: which webhooks have more pending deliveries than the limit of one webhook, and since when.
//!
//! The deliveries are stored as all others, so nothing is lost. A full backlog changes the order: the webhook gets its
//! oldest deliveries first, and a new event is not sent at once. Rows beyond the limit do not count as overload.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::db::schema::webhooks as w;
use crate::db::{DbConnection, Error};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// A full backlog ends when no more than this part of the limit is pending, so that it does not end and begin with every
/// delivery.
const END_PERCENT: i64 = 90;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    is_full: bool,
    #[diesel(sql_type = BigInt)]
    pending: i64,
}

/// The webhooks whose backlog became full, or ended to be: true for full. Counts at most `pending_max + 1` deliveries of
/// each webhook. A webhook that is off holds its deliveries and has no backlog.
pub fn changes(conn: &mut DbConnection, pending_max: i64) -> Result<Vec<(WebhookId, bool)>, Error> {
    // All values are numbers, so the text needs no escaping.
    let counted_max = pending_max.saturating_add(1);
    let text = format!(
        "SELECT webhooks.id AS id, webhooks.backlog_full_since IS NOT NULL AS is_full, \
         CASE WHEN webhooks.enabled THEN (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries \
         WHERE deliveries.webhook_id = webhooks.id AND deliveries.status = 'pending' LIMIT {counted_max}) AS found) \
         ELSE 0 END AS pending FROM webhooks WHERE webhooks.deleted_at IS NULL"
    );
    let all: Vec<Counted> = diesel::sql_query(text).load(conn)?;
    let ends_at = pending_max.saturating_mul(END_PERCENT) / 100;
    let changed = all.into_iter().filter_map(|webhook| match webhook.is_full {
        true if webhook.pending <= ends_at => Some((WebhookId(webhook.id), false)),
        false if webhook.pending > pending_max => Some((WebhookId(webhook.id), true)),
        _ => None,
    });
    Ok(changed.collect())
}

/// Stores that a backlog is full since `now`, or no longer full. False if another process has stored it.
pub fn store(conn: &mut DbConnection, webhook: WebhookId, is_full: bool, now: Timestamp) -> Result<bool, Error> {
    let other = w::table.find(webhook).filter(w::backlog_full_since.is_null().eq(is_full));
    let since = is_full.then(|| now.micros());
    Ok(diesel::update(other).set(w::backlog_full_since.eq(since)).execute(conn)? > 0)
}

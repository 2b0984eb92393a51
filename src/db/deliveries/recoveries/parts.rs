//! The progress of a recovery with each webhook.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{deliveries as d, recovery_webhooks as p, webhooks};
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::recovery::Unsent;
use crate::domain::id::{RecoveryId, WebhookId};

/// A recovery makes no more deliveries of a webhook while so many of those it has made are pending.
pub(super) const WEBHOOK_PENDING_MAX: i64 = 100;

/// A row of `recovery_webhooks` with the state of its webhook.
#[derive(Queryable)]
pub(super) struct PartRow {
    pub(super) webhook: WebhookId,
    pub(super) next: i64,
    pub(super) total: i32,
    pub(super) sent: i32,
    pub(super) is_on: bool,
    pub(super) is_deleted: bool,
}

impl PartRow {
    /// Whether deliveries may be left; `end` is the end of the recovery's range.
    pub(super) const fn is_open(&self, end: i64) -> bool {
        self.next < end
    }

    /// Why not all were made, while the recovery runs or after it was done.
    pub(super) fn unsent(&self, end: i64, pending: i64) -> Option<Unsent> {
        match (self.is_open(end), self.is_deleted) {
            (_, true) => Some(Unsent::WebhookDeleted),
            (false, false) => Some(Unsent::LeftOut),
            (true, false) if !self.is_on => Some(Unsent::WebhookOff),
            (true, false) => (pending >= WEBHOOK_PENDING_MAX).then_some(Unsent::Pending),
        }
    }
}

/// The parts of a recovery; first those of which the fewest were made.
pub(super) fn of(conn: &mut DbConnection, recovery: RecoveryId) -> Result<Vec<PartRow>, Error> {
    let columns = (p::webhook_id, p::next_id, p::total, p::sent, webhooks::enabled, webhooks::deleted_at.is_not_null());
    Ok(p::table
        .inner_join(webhooks::table.on(webhooks::id.eq(p::webhook_id)))
        .filter(p::recovery_id.eq(recovery))
        .order((p::sent, p::webhook_id))
        .select(columns)
        .load(conn)?)
}

/// The pending deliveries that a recovery has made, by webhook.
pub(super) fn pending(conn: &mut DbConnection, recovery: RecoveryId) -> Result<HashMap<WebhookId, i64>, Error> {
    let made = d::table.filter(d::recovery_id.eq(recovery)).filter(PENDING);
    let counts: Vec<(WebhookId, i64)> =
        made.group_by(d::webhook_id).select((d::webhook_id, diesel::dsl::count_star())).load(conn)?;
    Ok(counts.into_iter().collect())
}

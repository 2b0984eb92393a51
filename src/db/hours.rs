//! How many deliveries ended in each hour: counted where they end, so that no page has to count them again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use diesel::prelude::*;

use super::schema::webhook_hours as h;
use super::{DbConnection, Error};
use crate::domain::delivery::Status;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// Stands for all webhooks together: the numbers of the whole installation are one row an hour.
pub const ALL: WebhookId = 0;

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

/// The hour of a point in time, counted from the Unix epoch.
pub const fn of(at: Timestamp) -> i64 {
    at.micros().div_euclid(HOUR)
}

/// When that hour begins.
pub const fn begin(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour.saturating_mul(HOUR))
}

/// What one webhook did in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Counted {
    /// The webhook, or [`ALL`].
    pub webhook_id: WebhookId,
    /// Hours since the Unix epoch.
    pub hour: i64,
    /// Deliveries that succeeded.
    pub delivered: i64,
    /// Deliveries that were given up.
    pub failed: i64,
}

/// Counts deliveries that end at `now`, in the transaction that ends them.
pub fn count(
    conn: &mut DbConnection,
    ended: impl IntoIterator<Item = (WebhookId, Status)>,
    now: Timestamp,
) -> Result<(), Error> {
    // In the order of their numbers: two processes that lock the same rows lock them in the same order.
    let mut sums: BTreeMap<WebhookId, (u64, u64)> = BTreeMap::new();
    for (webhook, status) in ended {
        for id in [ALL, webhook] {
            let sum = sums.entry(id).or_default();
            match status {
                Status::Success => sum.0 += 1,
                Status::Failed => sum.1 += 1,
                Status::Pending => {}
            }
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    diesel::sql_query(upsert(&sums, of(now))).execute(conn)?;
    Ok(())
}

/// One statement for both databases; only numbers of ours go into the text.
fn upsert(sums: &BTreeMap<WebhookId, (u64, u64)>, hour: i64) -> String {
    let mut text = String::from("INSERT INTO webhook_hours (webhook_id, hour, delivered, failed) VALUES ");
    for (place, (webhook, (delivered, failed))) in sums.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}({webhook}, {hour}, {delivered}, {failed})");
    }
    text + " ON CONFLICT (webhook_id, hour) DO UPDATE SET delivered = webhook_hours.delivered + excluded.delivered, \
            failed = webhook_hours.failed + excluded.failed"
}

/// What these webhooks did since the hour `first`; hours in which nothing ended are left out.
pub fn since(conn: &mut DbConnection, webhooks: &[WebhookId], first: i64) -> Result<Vec<Counted>, Error> {
    Ok(h::table.filter(h::webhook_id.eq_any(webhooks)).filter(h::hour.ge(first)).load(conn)?)
}

/// Forgets the oldest hour if it lies before `limit`. Returns how many rows.
pub fn forget(conn: &mut DbConnection, limit: Timestamp) -> Result<usize, Error> {
    let oldest: Option<i64> = h::table.select(diesel::dsl::min(h::hour)).first(conn)?;
    match oldest.filter(|hour| *hour < of(limit)) {
        Some(hour) => Ok(diesel::delete(h::table.filter(h::hour.eq(hour))).execute(conn)?),
        None => Ok(0),
    }
}

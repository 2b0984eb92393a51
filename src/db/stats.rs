//! The numbers on the pages.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::fixed::{Fixed, PENDING};
use super::schema::{deliveries as d, webhooks};
use super::{DbConnection, Error, deliveries};
use crate::domain::delivery::{Delivery, Status};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// The last 24 hours of one webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// (delivered, failed) an hour, the oldest first; the last is the running hour.
    pub hours: [(u32, u32); 24],
}

impl Activity {
    /// Delivered in 24 hours.
    pub fn delivered(&self) -> u32 {
        self.hours.iter().map(|hour| hour.0).sum()
    }

    /// Failed in 24 hours.
    pub fn failed(&self) -> u32 {
        self.hours.iter().map(|hour| hour.1).sum()
    }
}

const HOUR: i64 = 3_600_000_000;

#[derive(QueryableByName)]
struct Bucket {
    #[diesel(sql_type = BigInt)]
    webhook_id: i64,
    #[diesel(sql_type = BigInt)]
    hour: i64,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What counts in the numbers: no tests, and nothing that somebody ended.
const COUNTS: &str = "(origin <> 'test' AND COALESCE(reason, '') NOT IN ('cancelled', 'webhook_deleted'))";

/// What each webhook did in the last 24 hours.
pub fn activity(conn: &mut DbConnection, now: Timestamp) -> Result<HashMap<WebhookId, Activity>, Error> {
    let first = now.micros() / HOUR - 23;
    // Ids sort by time, so the primary key bounds the scan. Only numbers of ours go into the text.
    let oldest = crate::domain::id::IdSource::first_at(Timestamp::from_micros(first * HOUR));
    let text = format!(
        "SELECT webhook_id, finished_at / {HOUR} AS hour, status, COUNT(*) AS amount FROM deliveries \
         WHERE id >= {oldest} AND finished_at IS NOT NULL AND {COUNTS} GROUP BY 1, 2, 3"
    );
    let mut found: HashMap<WebhookId, Activity> = HashMap::new();
    for bucket in diesel::sql_query(text).load::<Bucket>(conn)? {
        let activity = found.entry(bucket.webhook_id).or_default();
        let place = usize::try_from(bucket.hour - first).unwrap_or(usize::MAX);
        if let Some(hour) = activity.hours.get_mut(place) {
            let amount = u32::try_from(bucket.amount).unwrap_or(u32::MAX);
            if bucket.status == Status::Success.as_str() { hour.0 += amount } else { hour.1 += amount }
        }
    }
    Ok(found)
}

/// Each webhook's newest delivery.
pub fn last_deliveries(conn: &mut DbConnection) -> Result<HashMap<WebhookId, Delivery>, Error> {
    let newest =
        d::table.filter(d::webhook_id.eq(webhooks::id)).order(d::id.desc()).limit(1).select(d::id).single_value();
    let ids: Vec<Option<i64>> = webhooks::table.filter(webhooks::deleted_at.is_null()).select(newest).load(conn)?;
    let ids: Vec<i64> = ids.into_iter().flatten().collect();
    let rows: Vec<deliveries::Row> = d::table.filter(d::id.eq_any(ids)).load(conn)?;
    rows.into_iter().map(|row| row.into_delivery().map(|delivery| (delivery.webhook_id, delivery))).collect()
}

/// Deliveries that wait, of one webhook or of all.
pub fn pending(conn: &mut DbConnection, webhook: Option<WebhookId>) -> Result<i64, Error> {
    let mut waiting = d::table.filter(PENDING).into_boxed();
    if let Some(id) = webhook {
        waiting = waiting.filter(d::webhook_id.eq(id));
    }
    Ok(waiting.count().get_result(conn)?)
}

/// Deliveries that failed for good and were made in the last 24 hours.
pub fn failed_lately(conn: &mut DbConnection, now: Timestamp) -> Result<i64, Error> {
    let oldest = crate::domain::id::IdSource::first_at(now.before(Duration::from_secs(24 * 3600)));
    let failed = d::table.filter(Fixed("deliveries.status = 'failed'")).filter(Fixed(COUNTS));
    Ok(failed.filter(d::id.ge(oldest)).count().get_result(conn)?)
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// Deliveries that could be sent now, counted up to `most`: those of webhooks that are on, not paused and not failing.
pub fn due(conn: &mut DbConnection, now: Timestamp, most: i64) -> Result<i64, Error> {
    let now = now.micros();
    // Only numbers of ours go into the text.
    let text = format!(
        "SELECT COUNT(*) AS amount FROM (SELECT 1 FROM deliveries JOIN webhooks ON webhooks.id = deliveries.webhook_id \
         WHERE deliveries.status = 'pending' AND deliveries.next_attempt_at <= {now} AND webhooks.probe_at IS NULL \
         AND webhooks.enabled AND COALESCE(webhooks.paused_until, 0) <= {now} LIMIT {most}) AS found"
    );
    Ok(diesel::sql_query(text).get_result::<Amount>(conn)?.amount)
}

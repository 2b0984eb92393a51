//! The numbers on the pages.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::log::webhook_range::{Ids, OfWebhook};
use super::{hourly_counts, queue};
use crate::db::schema::{attempts, deliveries as d, webhooks as w};
use crate::db::sql::literal::{Fixed, PENDING};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Delivery;
use crate::domain::id::{IdSource, WebhookId};
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

/// What these webhooks did in the last 24 hours; [`hourly_counts::ALL`] is the whole installation.
pub fn activity(
    conn: &mut DbConnection,
    webhooks: &[WebhookId],
    now: Timestamp,
) -> Result<HashMap<WebhookId, Activity>, Error> {
    let first = hourly_counts::of(now) - 23;
    let mut found: HashMap<WebhookId, Activity> = HashMap::new();
    for counted in hourly_counts::since(conn, webhooks, first)? {
        let activity = found.entry(counted.webhook_id).or_default();
        let place = usize::try_from(counted.hour - first).unwrap_or(usize::MAX);
        if let Some(hour) = activity.hours.get_mut(place) {
            let narrow = |amount| u32::try_from(amount).unwrap_or(u32::MAX);
            *hour = (narrow(counted.delivered), narrow(counted.failed));
        }
    }
    Ok(found)
}

/// How long the newest answers of a webhook took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Half of them took no longer, in milliseconds.
    pub median_ms: i64,
    /// Of 100, 95 took no longer, in milliseconds.
    pub p95_ms: i64,
}

/// Deliveries that are looked at for the time of answers: enough for a share of 5 %, and few enough for every look.
const SAMPLE: i64 = 500;

/// How long the answers to the newest deliveries took, of those made since `since`; `None` if nothing was answered.
pub fn answers(conn: &mut DbConnection, webhook: WebhookId, since: Timestamp) -> Result<Option<Answers>, Error> {
    let newest: Vec<i64> = d::table
        .filter(OfWebhook(webhook, Ids::ALL.above(IdSource::first_at(since) - 1)))
        .order((d::webhook_id.desc(), d::id.desc()))
        .limit(SAMPLE)
        .select(d::id)
        .load(conn)?;
    let mut times: Vec<i64> = attempts::table
        .filter(attempts::delivery_id.eq_any(newest))
        .filter(attempts::status.is_not_null())
        .select(attempts::duration_ms)
        .load::<Option<i64>>(conn)?
        .into_iter()
        .flatten()
        .collect();
    times.sort_unstable();
    // The smallest time that so many of 100 do not exceed.
    let share = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Ok(share(50).zip(share(95)).map(|(median_ms, p95_ms)| Answers { median_ms, p95_ms }))
}

/// The newest delivery of each of these webhooks.
pub fn last_deliveries(conn: &mut DbConnection, webhooks: &[WebhookId]) -> Result<HashMap<WebhookId, Delivery>, Error> {
    // As in `OfWebhook`.
    let its = Fixed(
        "(deliveries.webhook_id, deliveries.id) > (webhooks.id, 0) \
         AND (deliveries.webhook_id, deliveries.id) < (webhooks.id, 9223372036854775807)",
    );
    let newest = d::table.filter(its).order((d::webhook_id.desc(), d::id.desc())).limit(1).select(d::id).single_value();
    let ids: Vec<Option<i64>> = w::table.filter(w::id.eq_any(webhooks)).select(newest).load(conn)?;
    let ids: Vec<i64> = ids.into_iter().flatten().collect();
    let rows: Vec<queue::rows::Row> = d::table.filter(d::id.eq_any(ids)).load(conn)?;
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

/// Deliveries that failed for good in the last 24 hours.
pub fn failed_lately(conn: &mut DbConnection, now: Timestamp) -> Result<i64, Error> {
    let all = hourly_counts::since(conn, &[hourly_counts::ALL], hourly_counts::of(now) - 23)?;
    Ok(all.iter().map(|counted| counted.failed).sum())
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

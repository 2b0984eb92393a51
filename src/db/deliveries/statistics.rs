//! Numbers for the pages: activity, times of answers, pending and due deliveries.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::log::webhook_range::{IdRange, WebhookIdRange};
use super::{hourly_counts, queue};
use crate::db::schema::{attempts, deliveries as d, webhooks as w};
use crate::db::sql::literal::{LiteralSql, PENDING};
use crate::db::{DbConnection, Error, webhooks};
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::state::{DeliveryState, OpenCounts};
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;

/// What happened to the deliveries of one webhook in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourActivity {
    /// Deliveries that succeeded.
    pub delivered: u32,
    /// Deliveries that failed permanently.
    pub failed: u32,
    /// Attempts that failed, of deliveries open or ended.
    pub failed_attempts: u32,
}

/// The last 24 hours of one webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Oldest first; the last one is the current hour.
    pub hours: [HourActivity; 24],
}

impl Activity {
    /// The sum of delivered ones.
    pub fn delivered(&self) -> u32 {
        self.hours.iter().map(|hour| hour.delivered).sum()
    }

    /// The sum of failed ones.
    pub fn failed(&self) -> u32 {
        self.hours.iter().map(|hour| hour.failed).sum()
    }

    /// The sum of failed attempts.
    pub fn failed_attempts(&self) -> u32 {
        self.hours.iter().map(|hour| hour.failed_attempts).sum()
    }
}

/// The activity of these webhooks; [`hourly_counts::ALL`] means all together. A webhook without one is left out.
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
            *hour = HourActivity {
                delivered: narrow(counted.delivered),
                failed: narrow(counted.failed),
                failed_attempts: narrow(counted.failed_attempts),
            };
        }
    }
    Ok(found)
}

/// The times of a webhook's newest answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The median, in milliseconds.
    pub median_ms: i64,
    /// The 95th percentile, in milliseconds.
    pub p95_ms: i64,
}

/// Deliveries read for the times of answers: enough for a 95th percentile, few enough for each view of a page.
const SAMPLE_DELIVERIES_MAX: i64 = 500;

/// The times of the answers to the newest 500 deliveries created since `since`. `None` if none was answered.
pub fn answers(conn: &mut DbConnection, webhook: WebhookId, since: Timestamp) -> Result<Option<Answers>, Error> {
    let newest: Vec<DeliveryId> = d::table
        .filter(WebhookIdRange { webhook, ids: IdRange::ALL.above(IdSource::first_at(since) - 1) })
        .order((d::webhook_id.desc(), d::id.desc()))
        .limit(SAMPLE_DELIVERIES_MAX)
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
    // The smallest time that this share of the answers does not exceed.
    let percentile = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Ok(percentile(50).zip(percentile(95)).map(|(median_ms, p95_ms)| Answers { median_ms, p95_ms }))
}

/// The newest delivery of each of these webhooks.
pub fn last_deliveries(conn: &mut DbConnection, webhooks: &[WebhookId]) -> Result<HashMap<WebhookId, Delivery>, Error> {
    // A row comparison, for the reason given at `WebhookIdRange`.
    let its = LiteralSql(
        "(deliveries.webhook_id, deliveries.id) > (webhooks.id, 0) \
         AND (deliveries.webhook_id, deliveries.id) < (webhooks.id, 9223372036854775807)",
    );
    let newest = d::table.filter(its).order((d::webhook_id.desc(), d::id.desc())).limit(1).select(d::id).single_value();
    let ids: Vec<Option<DeliveryId>> = w::table.filter(w::id.eq_any(webhooks)).select(newest).load(conn)?;
    let ids: Vec<DeliveryId> = ids.into_iter().flatten().collect();
    let rows: Vec<queue::rows::Row> = d::table.filter(d::id.eq_any(ids)).load(conn)?;
    rows.into_iter().map(|row| row.into_delivery().map(|delivery| (delivery.webhook_id, delivery))).collect()
}

/// The number of pending deliveries of one webhook or of all.
pub fn pending(conn: &mut DbConnection, webhook: Option<WebhookId>) -> Result<i64, Error> {
    let mut pending = d::table.filter(PENDING).into_boxed();
    if let Some(id) = webhook {
        pending = pending.filter(d::webhook_id.eq(id));
    }
    Ok(pending.count().get_result(conn)?)
}

/// The number of pending deliveries in each state, of one webhook or of all.
///
/// Where a webhook holds them back, all that are not being sent are in the same state, so an index has their number.
pub fn open(conn: &mut DbConnection, webhook: Option<WebhookId>, now: Timestamp) -> Result<OpenCounts, Error> {
    let mut pending =
        d::table.group_by(d::webhook_id).select((d::webhook_id, count_star())).filter(PENDING).into_boxed();
    let mut sending = d::table.filter(PENDING).filter(d::leased_until.is_not_null()).into_boxed();
    if let Some(id) = webhook {
        pending = pending.filter(d::webhook_id.eq(id));
        // `+ 0` keeps SQLite from using the index of the webhook, which would read all its deliveries.
        sending = sending.filter((d::webhook_id + 0_i64).eq(id));
    }
    let pending: Vec<(WebhookId, i64)> = pending.load(conn)?;
    let ids: Vec<WebhookId> = pending.iter().map(|(id, _)| *id).collect();
    let obstacles = webhooks::health::obstacles(conn, &ids, now)?.by_webhook;
    let state = |id: &WebhookId| obstacles.get(id).map_or(DeliveryState::Queued, |obstacle| obstacle.state());
    let mut counts = OpenCounts::default();
    for (id, count) in pending {
        counts.add(state(&id), count);
    }
    let mut retrying = retrying(conn, webhook, now)?;
    for (id, steps) in sending.select((d::webhook_id, d::steps)).load::<(WebhookId, i32)>(conn)? {
        counts.add(state(&id), -1);
        counts.add(DeliveryState::Queued, 1);
        retrying += i64::from(steps > 0);
    }
    counts.add(DeliveryState::Retrying, retrying);
    counts.add(DeliveryState::Queued, -retrying);
    // The statements see different moments.
    Ok(counts.without_negative())
}

/// The number of deliveries that wait for a retry, of one webhook or of all that hold none back.
fn retrying(conn: &mut DbConnection, webhook: Option<WebhookId>, now: Timestamp) -> Result<i64, Error> {
    let now = now.micros();
    let only = webhook.map(|id| format!(" AND webhooks.id = {id}")).unwrap_or_default();
    // All values are numbers, so the text needs no escaping. The conditions are those of the index `deliveries_retry`.
    let text = format!(
        "SELECT CAST(COALESCE(SUM((SELECT COUNT(*) FROM deliveries WHERE deliveries.webhook_id = webhooks.id \
         AND deliveries.status = 'pending' AND deliveries.attempts > 0 AND deliveries.leased_until IS NULL \
         AND deliveries.steps > 0)), 0) AS BIGINT) AS amount FROM webhooks \
         WHERE (webhooks.deleted_at IS NOT NULL OR (webhooks.enabled AND webhooks.probe_at IS NULL \
         AND webhooks.backlog_full_since IS NULL AND COALESCE(webhooks.paused_until, 0) <= {now})){only}"
    );
    Ok(diesel::sql_query(text).get_result::<Amount>(conn)?.amount)
}

/// Whether a webhook has pending deliveries. Unlike their number it is known at once.
pub fn has_pending(conn: &mut DbConnection, webhook: WebhookId) -> Result<bool, Error> {
    let one = d::table.filter(PENDING).filter(d::webhook_id.eq(webhook)).select(d::id).limit(1);
    Ok(!one.load::<DeliveryId>(conn)?.is_empty())
}

/// The number of attempts that failed in the last 24 hours.
pub fn failed_attempts_lately(conn: &mut DbConnection, now: Timestamp) -> Result<i64, Error> {
    let all = hourly_counts::since(conn, &[hourly_counts::ALL], hourly_counts::of(now) - 23)?;
    Ok(all.iter().map(|counted| counted.failed_attempts).sum())
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// The number of due deliveries of webhooks that are on, not paused and not failing. Counts at most `count_max` of each
/// webhook, so that neither the cost nor the sum depends on how many more a single webhook has.
pub fn due(conn: &mut DbConnection, now: Timestamp, count_max: i64) -> Result<i64, Error> {
    let now = now.micros();
    // Both values are numbers, so the text needs no escaping.
    let text = format!(
        "SELECT CAST(COALESCE(SUM(due), 0) AS BIGINT) AS amount FROM (SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries \
         WHERE deliveries.webhook_id = webhooks.id AND deliveries.status = 'pending' \
         AND deliveries.next_attempt_at <= {now} LIMIT {count_max}) AS found) AS due FROM webhooks \
         WHERE webhooks.enabled AND webhooks.probe_at IS NULL AND COALESCE(webhooks.paused_until, 0) <= {now}) AS counted"
    );
    Ok(diesel::sql_query(text).get_result::<Amount>(conn)?.amount)
}

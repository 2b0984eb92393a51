//! The delivery log: pages of deliveries, and one delivery with its attempts.

pub mod attempts;
pub(in crate::db) mod scan;
pub(in crate::db) mod text_search;
pub(in crate::db) mod webhook_range;

use std::collections::HashMap;

use diesel::prelude::*;

use super::queue::rows::Row;
use crate::db::schema::{attempts as a, deliveries as d};
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::id::{DeliveryId, EventId, WebhookId};

/// A delivery with the main facts of its latest attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The delivery.
    pub delivery: Delivery,
    /// The HTTP status of the latest attempt, if the receiver answered.
    pub http_status: Option<u16>,
    /// The duration of the latest attempt, if it has ended.
    pub duration_ms: Option<i64>,
    /// The cause of the latest attempt's failure.
    pub cause: Option<FailureCause>,
}

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, newest first.
    pub lines: Vec<Line>,
    /// The id after which the next page in the direction of the cursor begins, if there may be one.
    pub next: Option<DeliveryId>,
    /// Whether the page has fewer lines than asked because the scan stopped at `next` to limit its cost.
    pub is_cut: bool,
}

/// The page of at most `limit` lines at the cursor.
pub fn page(
    conn: &mut DbConnection,
    filter: &LogFilter,
    cursor: Cursor<DeliveryId>,
    limit: usize,
) -> Result<Page, Error> {
    let (mut rows, edge) = scan::rows(conn, filter, cursor, limit + 1)?;
    let is_full = rows.len() > limit;
    rows.truncate(limit);
    let next = if is_full { rows.last().map(|row| row.id) } else { edge };
    let mut found = rows.into_iter().map(Row::into_delivery).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable_by_key(|delivery| std::cmp::Reverse(delivery.id));
    Ok(Page { lines: with_latest_attempt(conn, found)?, next, is_cut: !is_full && edge.is_some() })
}

/// Up to `rows_max` other deliveries of the same event to the same webhook, newest first.
pub fn other_deliveries(conn: &mut DbConnection, of: &Delivery, rows_max: i64) -> Result<Vec<Delivery>, Error> {
    let same = d::table.filter(d::event_id.eq(of.event_id)).filter(d::webhook_id.eq(of.webhook_id));
    let rows: Vec<Row> = same.filter(d::id.ne(of.id)).order(d::id.desc()).limit(rows_max).load(conn)?;
    rows.into_iter().map(Row::into_delivery).collect()
}

type Latest = (DeliveryId, i32, Option<i32>, Option<i64>, Option<String>);

fn with_latest_attempt(conn: &mut DbConnection, found: Vec<Delivery>) -> Result<Vec<Line>, Error> {
    let ids: Vec<DeliveryId> = found.iter().map(|delivery| delivery.id).collect();
    let rows: Vec<Latest> = a::table
        .filter(a::delivery_id.eq_any(ids))
        .order((a::delivery_id, a::number))
        .select((a::delivery_id, a::number, a::status, a::duration_ms, a::cause))
        .load(conn)?;
    // In ascending order, so the latest attempt of each delivery remains.
    let rows = rows.into_iter().map(|(id, _, status, duration_ms, cause)| (id, (status, duration_ms, cause)));
    let mut latest: HashMap<DeliveryId, _> = rows.collect();
    let line = |delivery: Delivery| {
        let (status, duration_ms, cause) = latest.remove(&delivery.id).unwrap_or_default();
        Line {
            delivery,
            http_status: status.and_then(|status| u16::try_from(status).ok()),
            duration_ms,
            cause: cause.as_deref().and_then(FailureCause::parse),
        }
    };
    Ok(found.into_iter().map(line).collect())
}

/// One delivery.
pub fn find(conn: &mut DbConnection, id: DeliveryId) -> Result<Option<Delivery>, Error> {
    d::table.find(id).get_result::<Row>(conn).optional()?.map(Row::into_delivery).transpose()
}

/// Whether the event has a delivery to the webhook.
pub fn was_for(conn: &mut DbConnection, event: EventId, webhook: WebhookId) -> Result<bool, Error> {
    let found = d::table.filter(d::event_id.eq(event)).filter(d::webhook_id.eq(webhook));
    Ok(found.select(d::id).first::<DeliveryId>(conn).optional()?.is_some())
}

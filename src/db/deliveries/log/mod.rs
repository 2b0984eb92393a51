//! The delivery log: pages of deliveries, and one delivery with its attempts.

pub mod attempts;
pub(in crate::db) mod conditions;
mod last_attempts;
pub mod related;
pub(in crate::db) mod scan;
pub(in crate::db) mod text_search;
pub(in crate::db) mod webhook_range;

use std::collections::HashMap;

use diesel::prelude::*;

use super::queue::rows::Row;
use crate::db::schema::deliveries as d;
use crate::db::{DbConnection, Error, webhooks};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::deliveries::state::{Obstacles, Progress};
use crate::domain::deliveries::{Delivery, LastAttempt, Status};
use crate::domain::id::{DeliveryId, EventId, WebhookId};
use crate::domain::timestamp::Timestamp;
use scan::Found;
use text_search::FoundAttempts;
use webhook_range::{IdRange, WebhookIdRange};

/// A delivery with the main facts of its latest attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The delivery.
    pub delivery: Delivery,
    /// Its state.
    pub progress: Progress,
    /// The HTTP status of the latest attempt, if the receiver answered.
    pub http_status: Option<u16>,
    /// The duration of the latest attempt, if it has ended.
    pub duration_ms: Option<i64>,
    /// The cause of the latest attempt's failure.
    pub cause: Option<FailureCause>,
    /// The latest attempt, whatever the search found.
    pub last_attempt: Option<LastAttempt>,
    /// The attempt in which the search found its text, if it is not the latest. Then the values above are those of this
    /// attempt.
    pub found_attempt: Option<i32>,
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

/// The page of at most `limit` lines at the cursor, with the states at `now`.
pub fn page(
    conn: &mut DbConnection,
    filter: &LogFilter,
    cursor: Cursor<DeliveryId>,
    limit: usize,
    now: Timestamp,
) -> Result<Page, Error> {
    let Found { mut rows, edge, attempts } = scan::rows(conn, filter, cursor, limit + 1, now)?;
    let is_full = rows.len() > limit;
    rows.truncate(limit);
    let next = if is_full { rows.last().map(|row| row.id) } else { edge };
    let mut found = rows.into_iter().map(Row::into_delivery).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable_by_key(|delivery| std::cmp::Reverse(delivery.id));
    let pending: Vec<WebhookId> =
        found.iter().filter(|found| is_pending(found)).map(|found| found.webhook_id).collect();
    let obstacles = webhooks::health::obstacles(conn, &pending, now)?;
    let lines = with_attempt(conn, found, &attempts, &obstacles)?;
    Ok(Page { lines, next, is_cut: !is_full && edge.is_some() })
}

/// The most deliveries that a page counts.
pub const COUNT_MAX: i64 = 1_000;

/// How many deliveries match, at most [`COUNT_MAX`], and whether there are no more. `None` where counting would read bodies.
/// `page` is the page at the cursor: if it is the first and not full, it has been counted.
pub fn count(
    conn: &mut DbConnection,
    filter: &LogFilter,
    cursor: Cursor<DeliveryId>,
    page: &Page,
    now: Timestamp,
) -> Result<Option<(i64, bool)>, Error> {
    if cursor == Cursor::Newest && (page.next.is_none() || page.is_cut) && !scan::reads_bodies(filter) {
        return Ok(Some((i64::try_from(page.lines.len()).unwrap_or(COUNT_MAX), !page.is_cut)));
    }
    scan::count(conn, filter, COUNT_MAX, now)
}

/// Up to `rows_max` other deliveries of the same event to the same webhook, newest first.
pub fn other_deliveries(conn: &mut DbConnection, of: &Delivery, rows_max: i64) -> Result<Vec<Delivery>, Error> {
    let same = d::table.filter(d::event_id.eq(of.event_id)).filter(d::webhook_id.eq(of.webhook_id));
    let rows: Vec<Row> = same.filter(d::id.ne(of.id)).order(d::id.desc()).limit(rows_max).load(conn)?;
    rows.into_iter().map(Row::into_delivery).collect()
}

fn is_pending(delivery: &Delivery) -> bool {
    delivery.status == Status::Pending
}

/// Adds the latest attempt, or the one that the search found.
fn with_attempt(
    conn: &mut DbConnection,
    found: Vec<Delivery>,
    found_attempts: &FoundAttempts,
    obstacles: &Obstacles,
) -> Result<Vec<Line>, Error> {
    let ids: Vec<DeliveryId> = found.iter().map(|delivery| delivery.id).collect();
    let (mut wanted, mut latest) = (HashMap::new(), HashMap::new());
    // In ascending order, so the latest attempt of each delivery remains.
    for (id, attempt) in last_attempts::ended(conn, &ids)? {
        if found_attempts.get(&id).is_none_or(|wanted| *wanted == attempt.number) {
            wanted.insert(id, attempt);
        }
        latest.insert(id, attempt);
    }
    let line = |delivery: Delivery| {
        let shown = wanted.get(&delivery.id);
        let ended = latest.get(&delivery.id).copied();
        let running = last_attempts::running(&delivery, ended.map(|last| last.number));
        Line {
            progress: obstacles.progress(&delivery),
            found_attempt: found_attempts.get(&delivery.id).copied().filter(|number| *number != delivery.attempts),
            http_status: shown.and_then(|attempt| attempt.response_status),
            duration_ms: shown.and_then(|attempt| attempt.duration_ms),
            cause: shown.and_then(|attempt| attempt.cause),
            last_attempt: running.as_ref().map(LastAttempt::from).or(ended),
            delivery,
        }
    };
    Ok(found.into_iter().map(line).collect())
}

/// One delivery as a line, with its state at `now`.
pub fn line(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<Option<Line>, Error> {
    let Some(delivery) = find(conn, id)? else { return Ok(None) };
    Ok(lines(conn, vec![delivery], now)?.pop())
}

/// Deliveries as lines, in the same order, with their states at `now`.
pub fn lines(conn: &mut DbConnection, deliveries: Vec<Delivery>, now: Timestamp) -> Result<Vec<Line>, Error> {
    let webhooks: Vec<WebhookId> = deliveries.iter().map(|delivery| delivery.webhook_id).collect();
    let obstacles = webhooks::health::obstacles(conn, &webhooks, now)?;
    with_attempt(conn, deliveries, &FoundAttempts::new(), &obstacles)
}

/// One delivery.
pub fn find(conn: &mut DbConnection, id: DeliveryId) -> Result<Option<Delivery>, Error> {
    d::table.find(id).get_result::<Row>(conn).optional()?.map(Row::into_delivery).transpose()
}

/// The newest older and the oldest newer delivery of the same webhook.
pub fn neighbours(conn: &mut DbConnection, of: &Delivery) -> Result<(Option<DeliveryId>, Option<DeliveryId>), Error> {
    let range = |ids| d::table.filter(WebhookIdRange { webhook: of.webhook_id, ids }).select(d::id);
    let older = range(IdRange::ALL.below(of.id.0)).order((d::webhook_id.desc(), d::id.desc()));
    let newer = range(IdRange::ALL.above(of.id.0)).order((d::webhook_id.asc(), d::id.asc()));
    Ok((older.first(conn).optional()?, newer.first(conn).optional()?))
}

/// Whether the event has a delivery to the webhook.
pub fn was_for(conn: &mut DbConnection, event: EventId, webhook: WebhookId) -> Result<bool, Error> {
    let found = d::table.filter(d::event_id.eq(event)).filter(d::webhook_id.eq(webhook));
    Ok(found.select(d::id).first::<DeliveryId>(conn).optional()?.is_some())
}

//! The delivery log: reading what happened.

pub(in crate::db) mod scan;
pub(in crate::db) mod text_search;
pub(in crate::db) mod webhook_range;

use std::collections::HashMap;

use diesel::prelude::*;

use super::queue::Row;
use crate::db::schema::{attempts, deliveries as d};
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::search::Search;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Response, Status};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// What to show of the log; empty means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of that webhook.
    pub webhook: Option<WebhookId>,
    /// Standing there.
    pub status: Option<Status>,
    /// Of that event.
    pub event: Option<EventName>,
    /// From that inbox.
    pub inbox: Option<InboxId>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
    /// Made by a test, or by anything else.
    pub test: Option<bool>,
    /// With that in it.
    pub search: Option<Search>,
    /// Asked by a reader without admin rights: the search does not look into answers that such readers do not see.
    pub is_viewers: bool,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The delivery.
    pub delivery: Delivery,
    /// Its latest attempt's HTTP status.
    pub http_status: Option<u16>,
    /// Its latest attempt's duration in milliseconds.
    pub duration_ms: Option<i64>,
    /// Its latest attempt's cause.
    pub cause: Option<FailureCause>,
}

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, newest first.
    pub lines: Vec<Line>,
    /// Where the next page in the cursor's direction begins, if there may be one.
    pub next: Option<DeliveryId>,
    /// The page is not full: nobody looked beyond `next`, so that no search costs more than that.
    pub is_cut: bool,
}

/// A page of up to `limit` lines.
pub fn page(conn: &mut DbConnection, filter: &Filter, cursor: Cursor<DeliveryId>, limit: usize) -> Result<Page, Error> {
    let (mut rows, edge) = scan::rows(conn, filter, cursor, limit + 1)?;
    let is_full = rows.len() > limit;
    rows.truncate(limit);
    let next = if is_full { rows.last().map(|row| row.id) } else { edge };
    let mut found = rows.into_iter().map(Row::into_delivery).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable_by_key(|delivery| std::cmp::Reverse(delivery.id));
    Ok(Page {
        lines: with_latest_attempt(conn, found)?,
        next: next.map(DeliveryId),
        is_cut: !is_full && edge.is_some(),
    })
}

/// Other deliveries of the same event to the same webhook, the newest first, up to `most`.
pub fn twins(conn: &mut DbConnection, of: &Delivery, most: i64) -> Result<Vec<Delivery>, Error> {
    let same = d::table.filter(d::event_id.eq(of.event_id.0)).filter(d::webhook_id.eq(of.webhook_id));
    let rows: Vec<Row> = same.filter(d::id.ne(of.id.0)).order(d::id.desc()).limit(most).load(conn)?;
    rows.into_iter().map(Row::into_delivery).collect()
}

type Latest = (i64, i32, Option<i32>, Option<i64>, Option<String>);

fn with_latest_attempt(conn: &mut DbConnection, found: Vec<Delivery>) -> Result<Vec<Line>, Error> {
    let ids: Vec<i64> = found.iter().map(|delivery| delivery.id.0).collect();
    let rows: Vec<Latest> = attempts::table
        .filter(attempts::delivery_id.eq_any(ids))
        .order((attempts::delivery_id, attempts::number))
        .select((attempts::delivery_id, attempts::number, attempts::status, attempts::duration_ms, attempts::cause))
        .load(conn)?;
    // In ascending order: the last of a delivery stays.
    let mut latest: HashMap<i64, Latest> = rows.into_iter().map(|row| (row.0, row)).collect();
    let line = |delivery: Delivery| {
        let (_, _, status, duration_ms, cause) = latest.remove(&delivery.id.0).unwrap_or_default();
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
    d::table.find(id.0).get_result::<Row>(conn).optional()?.map(Row::into_delivery).transpose()
}

/// That event has a delivery to that webhook.
pub fn was_for(conn: &mut DbConnection, event: EventId, webhook: WebhookId) -> Result<bool, Error> {
    let found = d::table.filter(d::event_id.eq(event.0)).filter(d::webhook_id.eq(webhook));
    Ok(found.select(d::id).first::<i64>(conn).optional()?.is_some())
}

/// The address that an attempt did not go to, because no request may; kept where some networks are allowed.
pub fn refused_address(conn: &mut DbConnection, id: DeliveryId, attempt: i32) -> Result<Option<String>, Error> {
    let row = attempts::table.find((id.0, attempt)).filter(attempts::cause.eq(FailureCause::BlockedAddress.as_str()));
    Ok(row.select(attempts::detail).first(conn).optional()?.flatten())
}

/// One delivery with its attempts as they stood at one moment: looked at again until nothing changed in between.
pub fn whole(conn: &mut DbConnection, id: DeliveryId) -> Result<Option<(Delivery, Vec<Attempt>)>, Error> {
    let Some(mut delivery) = find(conn, id)? else { return Ok(None) };
    loop {
        let attempts = attempts_of(conn, &delivery)?;
        match find(conn, id)? {
            Some(again) if again != delivery => delivery = again,
            _ => return Ok(Some((delivery, attempts))),
        }
    }
}

#[derive(Queryable)]
struct AttemptRow {
    _delivery_id: i64,
    number: i32,
    started_at: i64,
    duration_ms: Option<i64>,
    outcome: String,
    cause: Option<String>,
    _detail: Option<String>,
    remote_ip: Option<String>,
    request_headers: String,
    status: Option<i32>,
    response_headers: Option<String>,
    response_body: Option<Vec<u8>>,
    truncated: bool,
}

/// A delivery's attempts, oldest first; the one on its way last.
pub fn attempts_of(conn: &mut DbConnection, delivery: &Delivery) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<AttemptRow> =
        attempts::table.filter(attempts::delivery_id.eq(delivery.id.0)).order(attempts::number).load(conn)?;
    let mut found = rows.into_iter().map(into_attempt).collect::<Result<Vec<_>, _>>()?;
    // `delivery` was read a moment before: its attempt may have ended meanwhile.
    let goes_on = delivery.status == Status::Pending && found.last().is_none_or(|last| last.number < delivery.attempts);
    if let Some(until) = delivery.leased_until.filter(|_| goes_on) {
        found.push(Attempt {
            number: delivery.attempts,
            started_at: until.before(crate::domain::webhooks::LEASE),
            duration_ms: None,
            outcome: AttemptOutcome::Started,
            cause: None,
            remote_ip: None,
            request_headers: Vec::new(),
            response: None,
        });
    }
    Ok(found)
}

fn into_attempt(row: AttemptRow) -> Result<Attempt, Error> {
    let headers = |text: &str| serde_json::from_str(text).map_err(|_| Error::CorruptValue("header list"));
    let response = match row.status {
        None => None,
        Some(status) => Some(Response {
            status: u16::try_from(status).map_err(|_| Error::CorruptValue("HTTP status"))?,
            headers: headers(row.response_headers.as_deref().unwrap_or("[]"))?,
            body: row.response_body.unwrap_or_default(),
            truncated: row.truncated,
        }),
    };
    Ok(Attempt {
        number: row.number,
        started_at: Timestamp::from_micros(row.started_at),
        duration_ms: row.duration_ms,
        outcome: AttemptOutcome::parse(&row.outcome).ok_or(Error::CorruptValue("outcome"))?,
        cause: row.cause.as_deref().and_then(FailureCause::parse),
        remote_ip: row.remote_ip,
        request_headers: headers(&row.request_headers)?,
        response,
    })
}

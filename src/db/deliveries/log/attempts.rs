//! The attempts of one delivery.

use std::time::Duration;

use diesel::prelude::*;

use super::webhook_range::{IdRange, WebhookIdRange};
use super::{find, last_attempts};
use crate::db::schema::{attempts, deliveries, webhooks};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::delivery_control::DeliveryControl;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Response, Trigger};
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;

/// The blocked address of an attempt with the cause `blocked_address`; stored only if an allow list is configured.
pub fn refused_address(conn: &mut DbConnection, id: DeliveryId, attempt: i32) -> Result<Option<String>, Error> {
    let row = attempts::table.find((id, attempt)).filter(attempts::cause.eq(FailureCause::BlockedAddress.as_str()));
    Ok(row.select(attempts::detail).first(conn).optional()?.flatten())
}

/// A delivery with its attempts, from one moment: reads them again until the delivery has not changed in between.
pub fn with_attempts(conn: &mut DbConnection, id: DeliveryId) -> Result<Option<(Delivery, Vec<Attempt>)>, Error> {
    let Some(mut delivery) = find(conn, id)? else { return Ok(None) };
    loop {
        let attempts = attempts_of(conn, &delivery)?;
        match find(conn, id)? {
            Some(again) if again != delivery => delivery = again,
            _ => return Ok(Some((delivery, attempts))),
        }
    }
}

/// Attempted deliveries of a webhook that are searched for an attempt.
const SEARCHED_MAX: usize = 500;
/// Attempts whose response headers are read.
const ATTEMPTS_MAX: i64 = 500;
/// Deliveries of a webhook that are read to find those with an attempt.
const READ_MAX: i64 = 5_000;
/// How much later than the attempt that turned a webhook off its delivery may seem: ids can be ahead of the clock.
const AHEAD_MAX: Duration = Duration::from_secs(1);

/// The latest failed attempt among the newest deliveries of a webhook: the delivery and its number. With `cause` only an
/// attempt that failed by it.
pub fn latest_failure(
    conn: &mut DbConnection,
    webhook: WebhookId,
    cause: Option<FailureCause>,
) -> Result<Option<(DeliveryId, i32)>, Error> {
    let newest: Vec<DeliveryId> = newest_attempted(conn, webhook)?.into_iter().map(|(id, _)| id).collect();
    let mut failed = attempts::table
        .filter(attempts::delivery_id.eq_any(newest))
        .filter(attempts::outcome.eq(AttemptOutcome::Failed.as_str()))
        .into_boxed();
    if let Some(cause) = cause {
        failed = failed.filter(attempts::cause.eq(cause.as_str()));
    }
    let latest = failed.order((attempts::started_at.desc(), attempts::delivery_id.desc(), attempts::number.desc()));
    Ok(latest.select((attempts::delivery_id, attempts::number)).first(conn).optional()?)
}

/// The latest attempt among the newest deliveries of a webhook whose response asked to turn it off: the delivery and its
/// number. Attempts of tests do not count.
pub fn latest_disabling(conn: &mut DbConnection, webhook: WebhookId) -> Result<Option<(DeliveryId, i32)>, Error> {
    let newest = newest_attempted(conn, webhook)?.into_iter().filter(|(_, origin)| origin != Trigger::Test.as_str());
    let asking: Vec<(DeliveryId, i32, Option<String>)> = attempts::table
        .filter(attempts::delivery_id.eq_any(newest.map(|(id, _)| id)))
        .filter(attempts::response_headers.like(format!("%\"{}\"%", DeliveryControl::HEADER)))
        .order((attempts::started_at.desc(), attempts::delivery_id.desc(), attempts::number.desc()))
        .limit(ATTEMPTS_MAX)
        .select((attempts::delivery_id, attempts::number, attempts::response_headers))
        .load(conn)?;
    let asks = |headers: &Option<String>| {
        let headers = headers.as_deref().and_then(|text| serde_json::from_str::<Vec<(String, String)>>(text).ok());
        headers.is_some_and(|headers| DeliveryControl::of(&headers).disable)
    };
    Ok(asking.into_iter().find(|(.., headers)| asks(headers)).map(|(id, number, _)| (id, number)))
}

/// The newest deliveries of a webhook that have an attempt, each with its trigger. If the webhook is off, those from
/// before it was turned off: what came later is held, and may be any number.
fn newest_attempted(conn: &mut DbConnection, webhook: WebhookId) -> Result<Vec<(DeliveryId, String)>, Error> {
    let off = webhooks::table.find(webhook).select(webhooks::disabled_at).first::<Option<i64>>(conn).optional()?;
    let off = off.flatten().map(Timestamp::from_micros);
    let ids = off.map_or(IdRange::ALL, |at| IdRange::ALL.below(IdSource::first_at(at.after(AHEAD_MAX))));
    let newest: Vec<(DeliveryId, String, i32)> = deliveries::table
        .filter(WebhookIdRange { webhook, ids })
        .order((deliveries::webhook_id.desc(), deliveries::id.desc()))
        .limit(READ_MAX)
        .select((deliveries::id, deliveries::origin, deliveries::attempts))
        .load(conn)?;
    let attempted = newest.into_iter().filter(|(.., attempts)| *attempts > 0);
    Ok(attempted.map(|(id, origin, _)| (id, origin)).take(SEARCHED_MAX).collect())
}

#[derive(Queryable)]
struct AttemptRow {
    _delivery_id: DeliveryId,
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

/// The attempts of a delivery, oldest first. An attempt in flight has no row and is added at the end.
pub fn attempts_of(conn: &mut DbConnection, delivery: &Delivery) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<AttemptRow> =
        attempts::table.filter(attempts::delivery_id.eq(delivery.id)).order(attempts::number).load(conn)?;
    let mut found = rows.into_iter().map(into_attempt).collect::<Result<Vec<_>, _>>()?;
    // `delivery` was read before the rows: its attempt may have ended in between.
    let last = found.last().map(|last| last.number);
    found.extend(last_attempts::running(delivery, last));
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

//! Claims due deliveries: of which webhooks, and how many of each.

use diesel::prelude::*;

use super::claimable::{ClaimableIds, Kind, SUSPECT_AFTER_INTERRUPTIONS};
use super::rows::{Lease, Row};
use super::state::Leased;
use crate::db::schema::{deliveries as d, webhooks};
use crate::db::sql::literal::{LiteralSql, PENDING};
use crate::db::sql::prepared;
use crate::db::webhooks::health;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Delivery;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A webhook with due deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Whether it is failing and gets one delivery at a time.
    pub probe: bool,
    /// Whether its backlog is full: first attempts do not go before retries, because those are older.
    pub backlog_full: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

/// Webhooks that are on, neither paused nor waiting for a probe or its answer, and have due deliveries; without suspects.
pub fn due_webhooks(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Due>, Error> {
    let due = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(PENDING)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .filter(d::interruptions.lt(SUSPECT_AFTER_INTERRUPTIONS));
    let rows: Vec<(WebhookId, Option<i64>, bool, Option<i64>)> = webhooks::table
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(
            webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros()).and(webhooks::probe_lease.is_null())),
        )
        .filter(diesel::dsl::exists(due))
        .order(webhooks::id)
        .select((webhooks::id, webhooks::probe_at, webhooks::backlog_full_since.is_not_null(), webhooks::returned_at))
        .load(conn)?;
    let webhook = |(webhook_id, probe, backlog_full, returned): (WebhookId, Option<i64>, bool, Option<i64>)| Due {
        webhook_id,
        probe: probe.is_some(),
        backlog_full,
        returned_at: returned.map(Timestamp::from_micros),
    };
    Ok(rows.into_iter().map(webhook).collect())
}

/// How many deliveries a claim may take. What one kind leaves unused the other may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Deliveries without an attempt.
    pub firsts: i64,
    /// Deliveries with at least one attempt.
    pub retries: i64,
}

/// Claims due deliveries of a webhook, those that have been due longest first: first attempts up to their share, then
/// retries and first attempts up to the sum of both shares. The commit increments `attempts` and stores the lease, so an
/// attempt counts as started from then on.
pub fn claim(
    conn: &mut DbConnection,
    webhook: WebhookId,
    now: Timestamp,
    lease: Lease,
    share: Share,
) -> Result<Vec<Delivery>, Error> {
    let sum = share.firsts + share.retries;
    let mut claimed = claim_kind(conn, webhook, now, lease, Kind::First, share.firsts)?;
    for kind in [Kind::Retry, Kind::First] {
        let left = sum - i64::try_from(claimed.len()).unwrap_or(i64::MAX);
        if left > 0 {
            claimed.extend(claim_kind(conn, webhook, now, lease, kind, left)?);
        }
    }
    Ok(claimed)
}

fn claim_kind(
    conn: &mut DbConnection,
    webhook: WebhookId,
    now: Timestamp,
    lease: Lease,
    kind: Kind,
    rows_max: i64,
) -> Result<Vec<Delivery>, Error> {
    let claim = diesel::update(d::table)
        .filter(ClaimableIds::of(webhook, kind, now, rows_max))
        .set((Leased::to(lease), d::attempts.eq(d::attempts + 1)))
        .returning(d::all_columns);
    let claimed: Vec<Row> = prepared::load(conn, claim)?;
    claimed.into_iter().map(Row::into_delivery).collect()
}

/// [`SUSPECT_AFTER_INTERRUPTIONS`] as the condition of the partial index `deliveries_suspect`.
const SUSPECT: LiteralSql = LiteralSql("deliveries.interruptions >= 3");

/// Claims a due delivery that is a suspect, of a webhook that may be sent to, if there is one.
pub fn claim_suspect(conn: &mut DbConnection, now: Timestamp, lease: Lease) -> Result<Option<Delivery>, Error> {
    let suspect: Option<(DeliveryId, WebhookId, Option<i64>)> = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(
            webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros()).and(webhooks::probe_lease.is_null())),
        )
        .filter(PENDING)
        .filter(SUSPECT)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .select((d::id, webhooks::id, webhooks::probe_at))
        .first(conn)
        .optional()?;
    let Some((id, webhook, probe_at)) = suspect else { return Ok(None) };
    if probe_at.is_some() && !health::begin_probe(conn, webhook, lease.token, now)? {
        return Ok(None);
    }
    let free = d::table.find(id).filter(d::leased_until.is_null()).filter(PENDING);
    let claimed: Option<Row> = diesel::update(free)
        .set((Leased::to(lease), d::attempts.eq(d::attempts + 1)))
        .returning(d::all_columns)
        .get_result(conn)
        .optional()?;
    claimed.map(Row::into_delivery).transpose()
}

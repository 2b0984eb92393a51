//! Claims due deliveries: of which webhooks, and how many of each.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::claimable::{ClaimableIds, Kind, Quota, SUSPECT_AFTER_INTERRUPTIONS};
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

/// A webhook that may be sent to and has due deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Its version, which shows whether a cached target is stale.
    pub version: i32,
    /// Whether it is failing and gets one delivery at a time.
    pub probe: bool,
    /// Whether its backlog is full: first attempts do not go before retries, because those are older.
    pub backlog_full: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

/// Webhooks that are on, neither paused nor waiting for a probe or its answer, and have due deliveries; without suspects.
/// Read them in the transaction that claims, so that none is sent with an older version's URL or secrets.
pub fn due_webhooks(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Due>, Error> {
    let due = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(PENDING)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .filter(d::interruptions.lt(SUSPECT_AFTER_INTERRUPTIONS));
    let sendable = sendable(now).filter(diesel::dsl::exists(due)).order(webhooks::id).select(DUE_COLUMNS);
    Ok(prepared::load::<_, DueRow>(conn, sendable)?.into_iter().map(Due::from).collect())
}

/// Those of these webhooks that may be sent to, as [`due_webhooks`], whether or not they have due deliveries.
pub fn sendable_webhooks(conn: &mut DbConnection, ids: &[WebhookId], now: Timestamp) -> Result<Vec<Due>, Error> {
    let rows: Vec<DueRow> = match conn {
        DbConnection::Sqlite(_) => {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                let row: Option<DueRow> =
                    prepared::find(conn, sendable(now).filter(webhooks::id.eq(*id)).select(DUE_COLUMNS))?;
                rows.extend(row);
            }
            rows
        }
        DbConnection::Postgres(conn) => {
            prepared::load_on(conn, sendable(now).filter(webhooks::id.eq_any(ids)).select(DUE_COLUMNS))?
        }
    };
    Ok(rows.into_iter().map(Due::from).collect())
}

type DueRow = (WebhookId, i32, Option<i64>, Option<i64>, Option<i64>);
const DUE_COLUMNS: (
    webhooks::id,
    webhooks::version,
    webhooks::probe_at,
    webhooks::backlog_full_since,
    webhooks::returned_at,
) = (webhooks::id, webhooks::version, webhooks::probe_at, webhooks::backlog_full_since, webhooks::returned_at);

impl From<DueRow> for Due {
    fn from((webhook_id, version, probe_at, backlog_full_since, returned_at): DueRow) -> Self {
        Self {
            webhook_id,
            version,
            probe: probe_at.is_some(),
            backlog_full: backlog_full_since.is_some(),
            returned_at: returned_at.map(Timestamp::from_micros),
        }
    }
}

/// The webhooks that may be sent to now.
#[diesel::dsl::auto_type(no_type_alias)]
fn sendable(now: Timestamp) -> _ {
    let now: i64 = now.micros();
    let is_unpaused = webhooks::paused_until.is_null().or(webhooks::paused_until.le(now));
    let is_probed = webhooks::probe_at.is_null().or(webhooks::probe_at.le(now).and(webhooks::probe_lease.is_null()));
    webhooks::table.filter(webhooks::enabled.eq(true)).filter(is_unpaused).filter(is_probed)
}

/// How many deliveries a claim may take. What one kind leaves unused the other may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Deliveries without an attempt.
    pub firsts: i64,
    /// Deliveries with at least one attempt.
    pub retries: i64,
}

/// Claims due deliveries of webhooks, each up to its share, those that have been due longest first: retries up to their
/// share, then first attempts and retries up to the sum of both shares. The commit increments `attempts` and stores the
/// lease, so an attempt counts as started from then on.
pub fn claim(
    conn: &mut DbConnection,
    shares: &[(WebhookId, Share)],
    now: Timestamp,
    lease: Lease,
) -> Result<Vec<Delivery>, Error> {
    let mut left: BTreeMap<WebhookId, i64> = BTreeMap::new();
    let mut retries = Vec::with_capacity(shares.len());
    for (webhook, share) in shares {
        left.insert(*webhook, share.firsts + share.retries);
        retries.push(Quota { webhook: *webhook, deliveries_max: share.retries });
    }
    let mut claimed = claim_kind(conn, Kind::Retry, retries, now, lease)?;
    let mut counted = 0;
    for kind in [Kind::First, Kind::Retry] {
        for delivery in claimed.iter().skip(counted) {
            left.entry(delivery.webhook_id).and_modify(|left| *left -= 1);
        }
        counted = claimed.len();
        let quotas = left.iter().map(|(webhook, left)| Quota { webhook: *webhook, deliveries_max: *left });
        claimed.extend(claim_kind(conn, kind, quotas.collect(), now, lease)?);
    }
    Ok(claimed)
}

fn claim_kind(
    conn: &mut DbConnection,
    kind: Kind,
    mut quotas: Vec<Quota>,
    now: Timestamp,
    lease: Lease,
) -> Result<Vec<Delivery>, Error> {
    quotas.retain(|quota| quota.deliveries_max > 0);
    // On SQLite each number of webhooks would be a statement of its own.
    let webhooks_max = if matches!(conn, DbConnection::Postgres(_)) { usize::MAX } else { 1 };
    let mut claimed = Vec::new();
    for quotas in quotas.chunks(webhooks_max) {
        let claim = diesel::update(d::table)
            .filter(ClaimableIds::of(quotas, kind, now))
            .set((Leased::to(lease), d::attempts.eq(d::attempts + 1)))
            .returning(d::all_columns);
        let rows: Vec<Row> = prepared::load(conn, claim)?;
        for row in rows {
            claimed.push(row.into_delivery()?);
        }
    }
    Ok(claimed)
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

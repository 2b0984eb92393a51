//! Claiming what is due: which webhooks, how many, in which order.

use diesel::prelude::*;

use super::claimable::{ALONE, Kind, LongestDue};
use super::rows::{Lease, Row};
use crate::db::schema::{deliveries as d, webhooks};
use crate::db::sql::literal::{Fixed, PENDING};
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Delivery;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// A webhook that is on and has something due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub webhook_id: WebhookId,
    /// It fails: one delivery at a time.
    pub probe: bool,
    /// When it last came back after an outage.
    pub returned_at: Option<Timestamp>,
}

/// Webhooks that are on, not paused, not waiting for their next probe, and have something due.
pub fn due_webhooks(conn: &mut DbConnection, now: Timestamp) -> Result<Vec<Due>, Error> {
    let due = d::table
        .filter(d::webhook_id.eq(webhooks::id))
        .filter(PENDING)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .filter(d::interruptions.lt(ALONE));
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = webhooks::table
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros())))
        .filter(diesel::dsl::exists(due))
        .order(webhooks::id)
        .select((webhooks::id, webhooks::probe_at, webhooks::returned_at))
        .load(conn)?;
    let due = |(webhook_id, probe, returned): (WebhookId, Option<i64>, Option<i64>)| Due {
        webhook_id,
        probe: probe.is_some(),
        returned_at: returned.map(Timestamp::from_micros),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// How many deliveries a claim may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// First attempts …
    pub firsts: i64,
    /// … and retries; what one kind leaves the other may take.
    pub retries: i64,
}

/// Takes due deliveries of a webhook for this process, the longest due first: first attempts as many as their share,
/// retries as many as theirs, then whatever is left of either. Each has begun an attempt when this commits: the lease
/// is the proof that one is on its way.
pub fn claim(
    conn: &mut DbConnection,
    webhook: WebhookId,
    at: (Timestamp, Lease),
    share: Share,
) -> Result<Vec<Delivery>, Error> {
    let most = share.firsts + share.retries;
    let mut claimed = claim_some(conn, webhook, at, (Kind::First, share.firsts))?;
    for (kind, most) in [(Kind::Retry, most), (Kind::First, most)] {
        let left = most - i64::try_from(claimed.len()).unwrap_or(i64::MAX);
        if left > 0 {
            claimed.extend(claim_some(conn, webhook, at, (kind, left))?);
        }
    }
    Ok(claimed)
}

fn claim_some(
    conn: &mut DbConnection,
    webhook: WebhookId,
    (now, lease): (Timestamp, Lease),
    (kind, most): (Kind, i64),
) -> Result<Vec<Delivery>, Error> {
    let claim = diesel::update(d::table)
        .filter(LongestDue::of(webhook, kind, now, most))
        .set((
            d::lease.eq(Some(lease.token)),
            d::leased_until.eq(Some(lease.until.micros())),
            d::attempts.eq(d::attempts + 1),
        ))
        .returning(d::all_columns);
    let claimed: Vec<Row> = prepared::load(conn, claim)?;
    claimed.into_iter().map(Row::into_delivery).collect()
}

/// The same, as the index of those deliveries has it.
const SUSPECT: Fixed = Fixed("deliveries.interruptions >= 3");

/// A due delivery that is to be sent alone, if there is one.
pub fn claim_alone(conn: &mut DbConnection, (now, lease): (Timestamp, Lease)) -> Result<Option<Delivery>, Error> {
    let suspect: Option<i64> = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::paused_until.is_null().or(webhooks::paused_until.le(now.micros())))
        .filter(webhooks::probe_at.is_null().or(webhooks::probe_at.le(now.micros())))
        .filter(PENDING)
        .filter(SUSPECT)
        .filter(d::next_attempt_at.le(now.micros()))
        .filter(d::leased_until.is_null())
        .select(d::id)
        .first(conn)
        .optional()?;
    let Some(id) = suspect else { return Ok(None) };
    let free = d::table.find(id).filter(d::leased_until.is_null()).filter(PENDING);
    let claimed: Option<Row> = diesel::update(free)
        .set((
            d::lease.eq(Some(lease.token)),
            d::leased_until.eq(Some(lease.until.micros())),
            d::attempts.eq(d::attempts + 1),
        ))
        .returning(d::all_columns)
        .get_result(conn)
        .optional()?;
    claimed.map(Row::into_delivery).transpose()
}

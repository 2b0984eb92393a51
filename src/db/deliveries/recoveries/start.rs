//! Starts a recovery.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_query;

use super::selection::{RECOVERY_DELIVERIES_MAX, Selection, Wanted, Webhooks, is_too_wide, matching};
use crate::db::schema::{recoveries as r, recovery_webhooks as p, webhooks};
use crate::db::{DbConnection, Error, WriteError};
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Why no recovery was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// This recovery makes deliveries of a webhook that the new one would make deliveries of.
    Running(RecoveryId),
    /// The time holds more deliveries than may be searched for successes or a cause.
    TooWide,
}

/// Starts a recovery. Without a matching delivery it has ended at once.
pub fn start(conn: &mut DbConnection, wanted: &Wanted, now: Timestamp) -> Result<RecoveryId, WriteError<NotStarted>> {
    lock(conn)?;
    let busy = busy(conn)?;
    let refuse_if_busy = |webhook: WebhookId| match busy.get(&webhook) {
        Some(running) => Err(WriteError::Refused(NotStarted::Running(*running))),
        None => Ok(()),
    };
    wanted.webhook.map_or(Ok(()), refuse_if_busy)?;
    if is_too_wide(conn, wanted)? {
        return Err(WriteError::Refused(NotStarted::TooWide));
    }
    let found = matching(conn, wanted, Webhooks::On, Selection::Sent, wanted.ids(), RECOVERY_DELIVERIES_MAX)?;
    let mut totals: BTreeMap<WebhookId, i32> = BTreeMap::new();
    for delivery in &found {
        *totals.entry(delivery.webhook_id).or_default() += 1;
    }
    totals.keys().copied().try_for_each(refuse_if_busy)?;
    let range = found.first().zip(found.last()).map(|(first, last)| (first.id.0, last.id.0 + 1));
    // If there are more to send, those behind the last one are for the next recovery: they are not read.
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count >= RECOVERY_DELIVERIES_MAX);
    let end = range.filter(|_| is_full).map_or(wanted.ids().end, |(_, end)| end);
    let looked_at = wanted.ids().start..end;
    let skipped = match wanted.again {
        true => 0,
        false => matching(conn, wanted, Webhooks::On, Selection::Skipped, looked_at, RECOVERY_DELIVERIES_MAX)?.len(),
    };
    let (first, end) = range.unwrap_or_default();
    let listed = |names: Vec<&'static str>| (!names.is_empty()).then(|| names.join(","));
    let id: RecoveryId = diesel::insert_into(r::table)
        .values((
            r::webhook_id.eq(wanted.webhook),
            r::event.eq(listed(wanted.events.iter().map(|event| event.as_str()).collect())),
            r::inbox_id.eq(wanted.inbox),
            r::first_id.eq(first),
            r::last_id.eq(end),
            r::total.eq(i32::try_from(found.len()).unwrap_or(i32::MAX)),
            r::started_at.eq(now.micros()),
            r::ended_at.eq(found.is_empty().then_some(now.micros())),
            r::skipped.eq(i32::try_from(skipped).unwrap_or(i32::MAX)),
            r::delivery_status.eq(wanted.ended.as_str()),
            r::cause.eq(listed(wanted.causes.iter().map(|cause| cause.as_str()).collect())),
            r::finished_from.eq(wanted.finished_from.map(Timestamp::micros)),
            r::finished_to.eq(wanted.finished_to.map(Timestamp::micros)),
            r::again.eq(wanted.again),
        ))
        .returning(r::id)
        .get_result(conn)
        .map_err(Error::from)?;
    for (webhook, total) in totals {
        diesel::insert_into(p::table)
            .values((
                p::recovery_id.eq(id),
                p::webhook_id.eq(webhook),
                p::next_id.eq(first),
                p::total.eq(total),
                p::sent.eq(0),
            ))
            .execute(conn)
            .map_err(Error::from)?;
    }
    Ok(id)
}

/// Serialises the starts of recoveries across processes, until the end of the transaction. SQLite has one writer.
fn lock(conn: &mut DbConnection) -> Result<(), Error> {
    if let DbConnection::Postgres(conn) = conn {
        // An advisory lock with two keys: those with one are separate.
        sql_query("SELECT pg_advisory_xact_lock(1380270927, 0)").execute(conn)?;
    }
    Ok(())
}

/// The webhooks of which a running recovery has more to make, each with that recovery.
fn busy(conn: &mut DbConnection) -> Result<BTreeMap<WebhookId, RecoveryId>, Error> {
    let open = p::table
        .inner_join(r::table.on(r::id.eq(p::recovery_id)))
        .inner_join(webhooks::table.on(webhooks::id.eq(p::webhook_id)))
        .filter(r::ended_at.is_null())
        .filter(p::next_id.lt(r::last_id))
        .filter(webhooks::deleted_at.is_null());
    let rows: Vec<(WebhookId, RecoveryId)> = open.select((p::webhook_id, r::id)).load(conn)?;
    Ok(rows.into_iter().collect())
}

//! Which deliveries a recovery makes again.

use std::ops::Range;

use diesel::prelude::*;

use crate::db::deliveries::log::conditions::latest_causes;
use crate::db::deliveries::log::webhook_range::{IdRange, WebhookIdRange};
use crate::db::deliveries::queue::rows::Row;
use crate::db::schema::{deliveries as d, webhooks};
use crate::db::sql::literal::LiteralSql;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::recovery::Ended;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, IdSource, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A recovery takes at most this many deliveries, the oldest ones.
pub const RECOVERY_DELIVERIES_MAX: i64 = 10_000;
/// Deliveries that are read to find those of a cause, or those that succeeded: no index leads to them.
const SEARCHED_DELIVERIES_MAX: i64 = 50_000;

/// Selects deliveries that have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only deliveries of this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries of these events; empty: of all.
    pub events: Vec<EventName>,
    /// Only deliveries of events of this inbox.
    pub inbox: Option<InboxId>,
    /// How they ended.
    pub ended: Ended,
    /// Only deliveries whose latest attempt failed with a cause of these groups; empty: of all.
    pub causes: Vec<CauseGroup>,
    /// Only deliveries created at this time or later.
    pub since: Timestamp,
    /// Only deliveries created before this time.
    pub until: Timestamp,
    /// Only deliveries that ended at this time or later.
    pub finished_from: Option<Timestamp>,
    /// Only deliveries that ended before this time.
    pub finished_to: Option<Timestamp>,
    /// Also deliveries that were sent again before.
    pub again: bool,
}

impl Wanted {
    /// The failed deliveries that were created in a time and were not sent again since.
    pub const fn failed(since: Timestamp, until: Timestamp) -> Self {
        Self {
            webhook: None,
            events: Vec::new(),
            inbox: None,
            ended: Ended::Failed,
            causes: Vec::new(),
            since,
            until,
            finished_from: None,
            finished_to: None,
            again: false,
        }
    }

    pub(super) fn ids(&self) -> Range<i64> {
        IdSource::first_at(self.since)..IdSource::first_at(self.until)
    }
}

/// The deliveries that a recovery would make again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Their number, at most [`RECOVERY_DELIVERIES_MAX`].
    pub count: usize,
    /// The creation of the oldest.
    pub oldest: Option<Timestamp>,
    /// The creation of the newest.
    pub newest: Option<Timestamp>,
}

/// Of which webhooks [`matching`] finds deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Webhooks {
    /// Of those that are on.
    On,
    /// Of all.
    All,
}

/// Which deliveries [`matching`] finds: those that are to be sent, or those that are not because they were sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    Sent,
    Skipped,
}

/// The text of a condition with the newer delivery `again` of the same event. A scalar subquery, which both databases
/// answer from an index for each row; of `NOT EXISTS` Postgres may make a join that reads all that were sent again.
macro_rules! again {
    ($condition:literal, $is:literal) => {
        concat!("(SELECT again.id FROM deliveries AS again WHERE ", $condition, " LIMIT 1) ", $is)
    };
}

/// The text of a condition for deliveries whose event reached the webhook later, or is on its way to it, by other means.
/// `+ 0` keeps both databases from using the index of the webhook, which would read all its later deliveries.
macro_rules! arrived_later {
    ($is:literal) => {
        again!(
            "again.event_id = deliveries.event_id AND again.webhook_id + 0 = deliveries.webhook_id \
             AND again.id + 0 > deliveries.id AND again.status <> 'failed'",
            $is
        )
    };
}

macro_rules! resent {
    ($is:literal) => {
        again!("again.resend_of = deliveries.id", $is)
    };
}

/// The condition for the deliveries of a selection.
const fn selected(ended: Ended, selection: Selection) -> LiteralSql {
    LiteralSql(match (ended, selection) {
        (Ended::Failed, Selection::Sent) => concat!(resent!("IS NULL"), " AND ", arrived_later!("IS NULL")),
        (Ended::Failed, Selection::Skipped) => {
            concat!("(", resent!("IS NOT NULL"), " OR ", arrived_later!("IS NOT NULL"), ")")
        }
        (Ended::Success, Selection::Sent) => resent!("IS NULL"),
        (Ended::Success, Selection::Skipped) => resent!("IS NOT NULL"),
    })
}

const fn status(ended: Ended) -> LiteralSql {
    LiteralSql(match ended {
        Ended::Failed => "deliveries.status = 'failed' AND deliveries.reason IN ('exhausted', 'expired', 'crashed')",
        Ended::Success => "deliveries.status = 'success'",
    })
}

/// The matching deliveries with ids in a range; oldest first.
pub(super) fn matching(
    conn: &mut DbConnection,
    wanted: &Wanted,
    of: Webhooks,
    selection: Selection,
    ids: Range<i64>,
    rows_max: i64,
) -> Result<Vec<Delivery>, Error> {
    let mut query = d::table
        .inner_join(webhooks::table.on(webhooks::id.eq(d::webhook_id)))
        .filter(status(wanted.ended))
        .filter(LiteralSql("deliveries.origin <> 'test'"))
        .select(d::all_columns)
        .limit(rows_max)
        .into_boxed();
    query = match (wanted.ended, wanted.webhook) {
        (Ended::Success, Some(webhook)) => {
            let ids = IdRange::ALL.above(ids.start - 1).below(ids.end);
            query.filter(WebhookIdRange { webhook, ids }).order((d::webhook_id, d::id))
        }
        (_, webhook) => {
            let query = query.filter(d::id.ge(ids.start)).filter(d::id.lt(ids.end)).order(d::id);
            match webhook {
                Some(webhook) => query.filter(d::webhook_id.eq(webhook)),
                None => query,
            }
        }
    };
    if !wanted.again {
        query = query.filter(selected(wanted.ended, selection));
    }
    if of == Webhooks::On {
        query = query.filter(webhooks::enabled.eq(true));
    }
    if !wanted.events.is_empty() {
        query = query.filter(d::event.eq_any(wanted.events.iter().map(|event| event.as_str())));
    }
    if let Some(inbox) = wanted.inbox {
        query = query.filter(d::inbox_id.eq(inbox));
    }
    if let Some(causes) = latest_causes(&wanted.causes) {
        query = query.filter(causes);
    }
    if let Some(from) = wanted.finished_from {
        query = query.filter(d::finished_at.ge(from.micros()));
    }
    if let Some(to) = wanted.finished_to {
        query = query.filter(d::finished_at.lt(to.micros()));
    }
    query.load::<Row>(conn)?.into_iter().map(Row::into_delivery).collect()
}

/// Whether more deliveries would have to be read than a recovery may.
pub(super) fn is_too_wide(conn: &mut DbConnection, wanted: &Wanted) -> Result<bool, Error> {
    let ids = wanted.ids();
    let ids = IdRange::ALL.above(ids.start - 1).below(ids.end);
    let beyond: Option<DeliveryId> = match (wanted.ended, wanted.webhook) {
        (Ended::Failed, _) if wanted.causes.is_empty() => None,
        (Ended::Success, Some(webhook)) => {
            let of_webhook = d::table.filter(WebhookIdRange { webhook, ids }).order((d::webhook_id, d::id));
            of_webhook.select(d::id).offset(SEARCHED_DELIVERIES_MAX).limit(1).get_result(conn).optional()?
        }
        (ended, webhook) => {
            let mut within = d::table.filter(d::id.gt(ids.above)).filter(d::id.lt(ids.below)).into_boxed();
            if ended == Ended::Failed {
                within = within.filter(LiteralSql("deliveries.status = 'failed'"));
            }
            if let Some(webhook) = webhook {
                within = within.filter((d::webhook_id + 0_i64).eq(webhook));
            }
            let within = within.order(d::id).select(d::id).offset(SEARCHED_DELIVERIES_MAX).limit(1);
            within.get_result(conn).optional()?
        }
    };
    Ok(beyond.is_some())
}

/// Counts the deliveries that a recovery would make again.
pub fn count(conn: &mut DbConnection, wanted: &Wanted) -> Result<Found, Error> {
    let found = matching(conn, wanted, Webhooks::On, Selection::Sent, wanted.ids(), RECOVERY_DELIVERIES_MAX)?;
    let made = |delivery: Option<&Delivery>| delivery.map(|delivery| delivery.created_at);
    Ok(Found { count: found.len(), oldest: made(found.first()), newest: made(found.last()) })
}

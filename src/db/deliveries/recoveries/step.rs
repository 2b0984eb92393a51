//! Continues a recovery.

use diesel::prelude::*;

use super::parts::{self, PartRow, WEBHOOK_PENDING_MAX};
use super::selection::{Selection, Wanted, Webhooks, matching};
use crate::db::deliveries::queue;
use crate::db::schema::{recoveries as r, recovery_webhooks as p};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::recovery::Ended;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, InboxId, RecoveryId};
use crate::domain::timestamp::Timestamp;

/// What a recovery selects, as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = r)]
struct StoredWanted {
    event: Option<String>,
    #[diesel(column_name = inbox_id)]
    inbox: Option<InboxId>,
    /// The id after the last one that was counted.
    #[diesel(column_name = last_id)]
    end: i64,
    #[diesel(column_name = delivery_status)]
    ended: String,
    cause: Option<String>,
    finished_from: Option<i64>,
    finished_to: Option<i64>,
    again: bool,
}

impl StoredWanted {
    /// Without bounds of the creation: ids bound each step.
    fn into_wanted(self) -> Wanted {
        let names = |text: &Option<String>| text.clone().unwrap_or_default();
        Wanted {
            webhook: None,
            events: names(&self.event).split(',').filter_map(EventName::parse).collect(),
            inbox: self.inbox,
            ended: Ended::parse(&self.ended).unwrap_or(Ended::Failed),
            causes: names(&self.cause).split(',').filter_map(CauseGroup::parse).collect(),
            since: Timestamp::from_micros(0),
            until: Timestamp::from_micros(0),
            finished_from: self.finished_from.map(Timestamp::from_micros),
            finished_to: self.finished_to.map(Timestamp::from_micros),
            again: self.again,
        }
    }
}

/// Makes the next deliveries of a recovery, at most `deliveries_max` or one for each webhook. A webhook that is off, or of
/// which 100 are pending, does not hold up the others. Ends the recovery when nothing is left of any webhook that is not
/// deleted. `next_id` returns new ids. Returns how many were made.
pub fn step(
    conn: &mut DbConnection,
    recovery: RecoveryId,
    deliveries_max: i64,
    now: Timestamp,
    next_id: &dyn Fn() -> i64,
) -> Result<usize, Error> {
    let open = r::table.find(recovery).filter(r::ended_at.is_null());
    let Some(stored) = open.select(StoredWanted::as_select()).get_result(conn).optional()? else {
        return Ok(0);
    };
    let (end, mut wanted) = (stored.end, stored.into_wanted());
    let (parts, pending) = (parts::of(conn, recovery)?, parts::pending(conn, recovery)?);
    let pending = |part: &PartRow| pending.get(&part.webhook).copied().unwrap_or(0);
    let unfinished = parts.iter().filter(|part| part.is_open(end) && !part.is_deleted);
    if unfinished.count() == 0 {
        diesel::update(open).set(r::ended_at.eq(Some(now.micros()))).execute(conn)?;
        return Ok(0);
    }
    let ready = parts.iter().filter(|part| part.is_open(end) && part.unsent(end, pending(part)).is_none());
    let ready: Vec<&PartRow> = ready.take(usize::try_from(deliveries_max).unwrap_or(1)).collect();
    let share = deliveries_max / i64::try_from(ready.len().max(1)).unwrap_or(i64::MAX);
    let mut made = 0;
    for part in ready {
        wanted.webhook = Some(part.webhook);
        let rows_max = share.min(WEBHOOK_PENDING_MAX - pending(part));
        let next = matching(conn, &wanted, Webhooks::All, Selection::Sent, part.next..end, rows_max)?;
        made += make_again(conn, recovery, part, &next, end, now, next_id)?;
    }
    diesel::update(open).set(r::sent.eq(r::sent + i32::try_from(made).unwrap_or(i32::MAX))).execute(conn)?;
    Ok(made)
}

/// Makes these deliveries of a webhook again; without any, its part has ended. Returns how many.
fn make_again(
    conn: &mut DbConnection,
    recovery: RecoveryId,
    part: &PartRow,
    next: &[Delivery],
    end: i64,
    now: Timestamp,
    next_id: &dyn Fn() -> i64,
) -> Result<usize, Error> {
    let after = next.last().map_or(end, |delivery| delivery.id.0 + 1);
    let made = i32::try_from(next.len()).unwrap_or(i32::MAX);
    // If two processes run this step, only the one that moves the position makes the deliveries.
    let moved = diesel::update(p::table.find((recovery, part.webhook)).filter(p::next_id.eq(part.next)))
        .set((p::next_id.eq(after), p::sent.eq(p::sent + made)))
        .execute(conn)?;
    if moved == 0 {
        return Ok(0);
    }
    for old in next {
        let new = DeliveryId(next_id());
        queue::send_again(conn, old, new, Some(recovery), now)?;
    }
    Ok(next.len())
}

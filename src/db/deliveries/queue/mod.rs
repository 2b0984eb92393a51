//! The queue: inserts deliveries, claims due ones under a lease, and ends them.

pub(in crate::db) mod batch;
pub mod claim;
pub(in crate::db) mod claimable;
pub mod clock_shift;
pub mod record;
pub mod rows;
pub(in crate::db) mod state;

use diesel::prelude::*;

use crate::db::schema::deliveries as d;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Delivery, Reason, Trigger};
use crate::domain::id::{DeliveryId, RecoveryId};
use crate::domain::timestamp::Timestamp;
use rows::NewDelivery;
use state::fail_permanently;

/// Inserts deliveries.
pub fn insert(conn: &mut DbConnection, new: &[NewDelivery]) -> Result<(), Error> {
    batch::insert_deliveries(conn, new)
}

/// Cancels a pending delivery. False if it has ended already.
pub fn cancel(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
    fail_permanently(conn, id, Reason::Cancelled, now)
}

/// Inserts a new delivery, with this id, of the same event to the same webhook: by hand, or by a recovery.
pub fn send_again(
    conn: &mut DbConnection,
    old: &Delivery,
    id: DeliveryId,
    recovery: Option<RecoveryId>,
    now: Timestamp,
) -> Result<(), Error> {
    let new = NewDelivery {
        id,
        event_id: old.event_id,
        event: old.event,
        webhook_id: old.webhook_id,
        inbox_id: old.inbox_id,
        trigger: if recovery.is_some() { Trigger::Recovery } else { Trigger::Manual },
        lease: None,
        now,
    };
    insert(conn, &[new])?;
    // Not in the statement that inserts: events, which are many more, need neither.
    diesel::update(d::table.find(id))
        .set((d::resend_of.eq(Some(old.id)), d::recovery_id.eq(recovery)))
        .execute(conn)?;
    Ok(())
}

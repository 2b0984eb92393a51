//! The queue: which deliveries are due, who is sending them, how they ended.

pub(in crate::db) mod batch;
pub mod claim;
pub(in crate::db) mod claimable;
pub mod clock_shift;
pub mod record;
pub mod rows;

use diesel::prelude::*;

use crate::db::schema::deliveries as d;
use crate::db::sql::literal::PENDING;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Delivery, Reason, Status, Trigger};
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use batch::NewDeliveries;
use rows::{NewDelivery, give_up};

/// Stores new deliveries.
pub fn insert(conn: &mut DbConnection, new: &[NewDelivery]) -> Result<(), Error> {
    for new in new.chunks(batch::MOST) {
        prepared::execute(conn, NewDeliveries::of(new))?;
    }
    Ok(())
}

/// Ends a waiting delivery by a person's wish. False if it had ended already.
pub fn cancel(conn: &mut DbConnection, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
    give_up(conn, id, Reason::Cancelled, now)
}

/// Sends the event of a delivery again as a delivery of its own.
pub fn send_again(
    conn: &mut DbConnection,
    old: &Delivery,
    (id, trigger): (DeliveryId, Trigger),
    now: Timestamp,
) -> Result<(), Error> {
    let new = NewDelivery {
        id,
        event_id: old.event_id,
        event: old.event,
        webhook_id: old.webhook_id,
        inbox_id: old.inbox_id,
        trigger,
        lease: None,
        now,
    };
    insert(conn, &[new])
}

/// Makes what was held for a webhook due now. Returns how many.
pub fn release_held(conn: &mut DbConnection, webhook: WebhookId, now: Timestamp) -> Result<usize, Error> {
    let held = d::table.filter(d::webhook_id.eq(webhook)).filter(PENDING).filter(d::leased_until.is_null());
    Ok(diesel::update(held).set(d::next_attempt_at.eq(Some(now.micros()))).execute(conn)?)
}

/// Cancels what was held for a webhook. Returns how many.
pub fn discard_held(conn: &mut DbConnection, webhook: WebhookId, now: Timestamp) -> Result<usize, Error> {
    let held = d::table.filter(d::webhook_id.eq(webhook)).filter(PENDING).filter(d::leased_until.is_null());
    Ok(diesel::update(held)
        .set((
            d::status.eq(Status::Failed.as_str()),
            d::reason.eq(Some(Reason::Cancelled.as_str())),
            d::next_attempt_at.eq(None::<i64>),
            d::finished_at.eq(Some(now.micros())),
        ))
        .execute(conn)?)
}

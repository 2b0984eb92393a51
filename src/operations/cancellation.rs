//! Cancels a pending delivery.

use crate::db::deliveries::{log, queue};
use crate::db::once::{Done, OnceKey};
use crate::db::{self, Db, DbConnection, WriteError};
use crate::domain::deliveries::Reason;
use crate::domain::id::DeliveryId;

/// Why a delivery was not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such delivery.
    NotFound,
    /// It has ended, other than by a cancellation.
    HasEnded,
}

/// Cancels a delivery: nothing more is sent. An attempt in flight ends, and is stored. No effect if it was cancelled before.
pub async fn cancel(db: &Db, id: DeliveryId, once: Option<OnceKey>) -> Result<(), WriteError<Refused>> {
    let cancel = move |conn: &mut DbConnection| {
        let now = db::now_on(conn)?;
        if queue::cancel(conn, id, now)? {
            return Ok(Done::plain(()));
        }
        match log::find(conn, id)? {
            None => Err(WriteError::Refused(Refused::NotFound)),
            Some(ended) if ended.reason == Some(Reason::Cancelled) => Ok(Done::plain(())),
            Some(_) => Err(WriteError::Refused(Refused::HasEnded)),
        }
    };
    db.write_once(once, cancel).await.map(|done| done.made)
}

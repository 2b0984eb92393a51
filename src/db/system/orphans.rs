//! Rows that belong to no other row. No foreign key refuses them: the tables that every event writes to have none.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use crate::db::{DbConnection, Error};

/// Rows without the row that they belong to. Retention and deletions leave none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Orphans {
    /// Attempts without their delivery.
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    /// Deliveries without their event.
    #[diesel(sql_type = BigInt)]
    pub without_event: i64,
    /// Deliveries without their webhook, and pending deliveries of a deleted one.
    #[diesel(sql_type = BigInt)]
    pub without_webhook: i64,
}

const FIND: &str = "SELECT \
     (SELECT COUNT(*) FROM attempts LEFT JOIN deliveries ON deliveries.id = attempts.delivery_id \
      WHERE deliveries.id IS NULL) AS attempts, \
     (SELECT COUNT(*) FROM deliveries LEFT JOIN events ON events.id = deliveries.event_id \
      WHERE events.id IS NULL) AS without_event, \
     (SELECT COUNT(*) FROM deliveries LEFT JOIN webhooks ON webhooks.id = deliveries.webhook_id \
      WHERE webhooks.id IS NULL OR (webhooks.deleted_at IS NOT NULL AND deliveries.status = 'pending')) AS without_webhook";

/// Counts orphans. Reads all deliveries and attempts.
pub fn find(conn: &mut DbConnection) -> Result<Orphans, Error> {
    Ok(sql_query(FIND).get_result(conn)?)
}

//! Rows that belong to no other row. No foreign key refuses them: the tables that every event writes to have none.

use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use crate::db::schema::deliveries as d;
use crate::db::{DbConnection, Error};
use crate::domain::id::DeliveryId;

/// Rows without the row that they belong to. Retention and deletions leave none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Orphans {
    /// Attempts without their delivery.
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    /// Deliveries without their event.
    #[diesel(sql_type = BigInt)]
    pub without_event: i64,
    /// Deliveries without their webhook.
    #[diesel(sql_type = BigInt)]
    pub without_webhook: i64,
    /// Pending deliveries of a deleted webhook. They are being ended; none is left behind.
    #[diesel(sql_type = BigInt)]
    pub of_deleted_webhook: i64,
}

const FIND: &str = "SELECT \
     (SELECT COUNT(*) FROM attempts LEFT JOIN deliveries ON deliveries.id = attempts.delivery_id \
      WHERE attempts.delivery_id >= $1 AND deliveries.id IS NULL) AS attempts, \
     (SELECT COUNT(*) FROM deliveries LEFT JOIN events ON events.id = deliveries.event_id \
      WHERE deliveries.id >= $2 AND events.id IS NULL) AS without_event, \
     (SELECT COUNT(*) FROM deliveries LEFT JOIN webhooks ON webhooks.id = deliveries.webhook_id \
      WHERE deliveries.id >= $3 AND webhooks.id IS NULL) AS without_webhook, \
     (SELECT COUNT(*) FROM deliveries JOIN webhooks ON webhooks.id = deliveries.webhook_id \
      WHERE deliveries.id >= $4 AND deliveries.status = 'pending' AND webhooks.deleted_at IS NOT NULL) AS of_deleted_webhook";

/// Counts orphans among the newest `deliveries_max` deliveries, their events and attempts.
pub fn find(conn: &mut DbConnection, deliveries_max: i64) -> Result<Orphans, Error> {
    let oldest = d::table.order(d::id.desc()).offset(deliveries_max).select(d::id).first::<DeliveryId>(conn);
    let oldest = match oldest.optional()? {
        Some(oldest) => oldest.0,
        // Attempts of days that are about to be dropped are older than every delivery.
        None => d::table.select(min(d::id)).get_result::<Option<DeliveryId>>(conn)?.map_or(i64::MIN, |id| id.0),
    };
    let bind = |query| sql_query(query).bind::<BigInt, _>(oldest).bind::<BigInt, _>(oldest);
    let find = bind(FIND).bind::<BigInt, _>(oldest).bind::<BigInt, _>(oldest);
    Ok(find.get_result(conn)?)
}

//! Turns a webhook on and off.

use diesel::prelude::*;

use crate::db::schema::webhooks;
use crate::db::{DbConnection, Error, now_on};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// Turns a webhook on or off, and resets its health. Pending deliveries are held while it is off. Does nothing if it is
/// in that state already, or about to be turned on (see [`super::mass_changes::settle`]). False if the webhook does not exist.
pub fn set_enabled(conn: &mut DbConnection, id: WebhookId, enabled: bool, now: Timestamp) -> Result<bool, Error> {
    let row = webhooks::table.find(id).filter(webhooks::deleted_at.is_null());
    let is_on = webhooks::enabled.or(webhooks::settle.is_not_null());
    if row.filter(is_on.eq(enabled)).count().get_result::<i64>(conn)? > 0 {
        // `disabled_at` stays, so that the seven days of holding deliveries do not start again.
        return Ok(true);
    }
    let returned = if enabled { Some(now_on(conn)?.micros()) } else { None };
    let updated = diesel::update(row)
        .set((
            webhooks::enabled.eq(enabled),
            webhooks::settle.eq(None::<String>),
            webhooks::settle_before.eq(None::<i64>),
            webhooks::disabled_at.eq((!enabled).then(|| now.micros())),
            webhooks::disabled_reason.eq(None::<String>),
            webhooks::returned_at.eq(returned),
            webhooks::updated_at.eq(now.micros()),
            webhooks::paused_until.eq(None::<i64>),
            webhooks::failures.eq(0),
            webhooks::failing_since.eq(None::<i64>),
            webhooks::probe_at.eq(None::<i64>),
            webhooks::probe_wait_ms.eq(0),
            webhooks::probe_lease.eq(None::<i64>),
            webhooks::exhausted_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    if updated > 0 {
        let state = if enabled { "on" } else { "off" };
        tracing::info!(webhook_id = id.0, "webhook turned {state} by an administrator");
    }
    Ok(updated > 0)
}

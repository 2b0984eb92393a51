//! Shifts stored times after the clock of the machine was set, so that pending deliveries wait as long as planned.

use diesel::prelude::*;

use crate::db::schema::{deliveries as d, webhooks as w};
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error};

/// Adds this many microseconds to the due times and leases of pending deliveries, and to the times of webhooks: pauses,
/// probes, starts of streaks and ramps, `disabled_at`, the ends of old secrets, and full backlogs.
pub fn shift(conn: &mut DbConnection, micros: i64) -> Result<(), Error> {
    diesel::update(d::table.filter(PENDING))
        .set((d::next_attempt_at.eq(d::next_attempt_at + micros), d::leased_until.eq(d::leased_until + micros)))
        .execute(conn)?;
    diesel::update(w::table.filter(w::deleted_at.is_null()))
        .set((
            w::failing_since.eq(w::failing_since + micros),
            w::paused_until.eq(w::paused_until + micros),
            w::probe_at.eq(w::probe_at + micros),
            w::returned_at.eq(w::returned_at + micros),
            w::disabled_at.eq(w::disabled_at + micros),
            w::old_secret_until.eq(w::old_secret_until + micros),
            w::backlog_full_since.eq(w::backlog_full_since + micros),
        ))
        .execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::deliveries::queue;
    use crate::db::deliveries::queue::rows::NewDelivery;
    use crate::db::{connection, events, migrate};
    use crate::domain::deliveries::Trigger;
    use crate::domain::events::Event;
    use crate::domain::events::catalogue::EventName;
    use crate::domain::id::{DeliveryId, EventId, WebhookId};
    use crate::domain::system::database_url::DatabaseUrl;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn due_times_and_pauses_move_with_the_clock() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("t.db"));
        migrate(&url).expect("tables");
        let mut conn = connection::open(&url, connection::Access::ReadWrite).expect("a connection");
        let now = Timestamp::from_seconds(1_800_000_000);
        diesel::insert_into(w::table)
            .values((
                (w::id.eq(1), w::url.eq("https://a.example"), w::enabled.eq(true), w::auth_method.eq("none")),
                (w::auth_name.eq(""), w::all_inboxes.eq(true), w::timeout_s.eq(15), w::secret.eq("")),
                (w::secret_created_at.eq(0), w::version.eq(1), w::created_at.eq(0), w::updated_at.eq(0)),
                w::paused_until.eq(now.micros()),
            ))
            .execute(&mut conn)
            .expect("a webhook");
        let name = EventName::MessageCreated;
        let event =
            Event { id: EventId(1), name, inbox_id: None, derived_from: None, body: "{}".into(), created_at: now };
        events::insert(&mut conn, &event, None).expect("an event");
        let new = NewDelivery {
            id: DeliveryId(1),
            event_id: EventId(1),
            event: name,
            webhook_id: WebhookId(1),
            inbox_id: None,
            trigger: Trigger::Event,
            lease: None,
            now,
        };
        queue::insert(&mut conn, &[new]).expect("a delivery");
        shift(&mut conn, -3_600_000_000).expect("a shift");
        let due: Option<i64> = d::table.select(d::next_attempt_at).first(&mut conn).expect("a row");
        let paused: Option<i64> = w::table.select(w::paused_until).first(&mut conn).expect("a row");
        let wanted = Some(now.before(std::time::Duration::from_secs(3600)).micros());
        assert_eq!((due, paused), (wanted, wanted));
    }
}

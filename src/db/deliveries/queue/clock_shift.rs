//! Shifts stored times after the clock of the machine was set, so that pending deliveries wait as long as planned.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::db::deliveries::hourly_counts;
use crate::db::schema::{
    chatwoot_comparisons as r, chatwoot_connections as c, chatwoot_conversations as s, deliveries as d,
    sign_in_failures as f, webhooks as w,
};
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error};
use crate::domain::timestamp::Timestamp;

/// Locks the tables that [`shift`] changes most, on Postgres: else it might deadlock with those who lock single rows of them.
/// Fails after 2 s while other transactions use them.
pub fn lock(conn: &mut DbConnection) -> Result<(), Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(()) };
    conn.batch_execute("LOCK TABLE deliveries, webhooks IN EXCLUSIVE MODE")?;
    Ok(())
}

/// Adds this many microseconds to the due times, leases and ages of pending deliveries, and to the times of webhooks: pauses,
/// probes, starts of streaks and ramps, `disabled_at`, the ends of old secrets, and full backlogs; and to what connections to a
/// Chatwoot wait for. After it, at `now`, no count and no failed sign-in is in the future.
pub fn shift(conn: &mut DbConnection, micros: i64, now: Timestamp) -> Result<(), Error> {
    diesel::update(d::table.filter(PENDING))
        .set((
            d::next_attempt_at.eq(d::next_attempt_at + micros),
            d::leased_until.eq(d::leased_until + micros),
            // A delivery expires by its age.
            d::created_at.eq(d::created_at + micros),
        ))
        .execute(conn)?;
    diesel::update(w::table.filter(w::deleted_at.is_null()))
        .set((
            w::failing_since.eq(w::failing_since + micros),
            w::exhausted_at.eq(w::exhausted_at + micros),
            w::paused_until.eq(w::paused_until + micros),
            w::probe_at.eq(w::probe_at + micros),
            w::returned_at.eq(w::returned_at + micros),
            w::disabled_at.eq(w::disabled_at + micros),
            w::old_secret_until.eq(w::old_secret_until + micros),
            w::backlog_full_since.eq(w::backlog_full_since + micros),
        ))
        .execute(conn)?;
    diesel::update(c::table)
        .set((
            c::old_key_until.eq(c::old_key_until + micros),
            c::old_secret_until.eq(c::old_secret_until + micros),
            c::checked_at.eq(c::checked_at + micros),
            c::next_check_at.eq(c::next_check_at + micros),
            c::next_sync_at.eq(c::next_sync_at + micros),
            c::claimed_until.eq(c::claimed_until + micros),
        ))
        .execute(conn)?;
    diesel::update(r::table).set(r::next_at.eq(r::next_at + micros)).execute(conn)?;
    diesel::update(s::table.filter(s::awaited_until.is_not_null()))
        .set(s::awaited_until.eq(s::awaited_until + micros))
        .execute(conn)?;
    if let DbConnection::Postgres(conn) = conn {
        diesel::sql_query("UPDATE duties SET held_until = held_until + $1")
            .bind::<diesel::sql_types::BigInt, _>(micros)
            .execute(conn)?;
    }
    if micros < 0 {
        hourly_counts::leave_the_future(conn, hourly_counts::of(Timestamp::from_micros(micros)), now)?;
        // They would count until the clock reaches them.
        diesel::delete(f::table.filter(f::failed_at.gt(now.micros()))).execute(conn)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::db::deliveries::queue;
    use crate::db::deliveries::queue::rows::NewDelivery;
    use crate::db::{connection, events};
    use crate::domain::deliveries::Trigger;
    use crate::domain::events::Event;
    use crate::domain::events::catalogue::EventName;
    use crate::domain::id::{DeliveryId, EventId, WebhookId};
    use crate::domain::system::database_url::DatabaseUrl;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HOUR_US: i64 = 3_600_000_000;

    /// A database with a webhook and a connection, each of whose times is some hours from [`NOW`], and a delivery that is due in
    /// one hour.
    fn database() -> DbConnection {
        let url = DatabaseUrl::Sqlite(":memory:".into());
        let mut conn = connection::open(&url, connection::Access::ReadWrite).expect("a connection");
        connection::migrations::run(&mut conn).expect("tables");
        let at = |hours: i64| Some(NOW.plus_micros(hours * HOUR_US).micros());
        diesel::insert_into(w::table)
            .values((
                (w::id.eq(1), w::url.eq("https://a.example"), w::enabled.eq(true), w::auth_method.eq("none")),
                (w::auth_name.eq(""), w::all_inboxes.eq(true), w::timeout_s.eq(15), w::secret.eq("")),
                (w::secret_created_at.eq(0), w::version.eq(1), w::created_at.eq(0), w::updated_at.eq(0)),
                (w::paused_until.eq(at(0)), w::probe_at.eq(at(0)), w::failing_since.eq(at(-100))),
                (w::exhausted_at.eq(at(-50)), w::returned_at.eq(at(-1)), w::old_secret_until.eq(at(20))),
            ))
            .execute(&mut conn)
            .expect("a webhook");
        let name = EventName::MessageCreated;
        let event =
            Event { id: EventId(1), name, inbox_id: None, derived_from: None, body: "{}".into(), created_at: NOW };
        events::insert(&mut conn, &event, None).expect("an event");
        let new = NewDelivery {
            id: DeliveryId(1),
            event_id: EventId(1),
            event: name,
            webhook_id: WebhookId(1),
            inbox_id: None,
            trigger: Trigger::Event,
            lease: None,
            now: NOW.plus_micros(-HOUR_US),
        };
        queue::insert(&mut conn, &[new]).expect("a delivery");
        diesel::update(d::table).set(d::next_attempt_at.eq(at(1))).execute(&mut conn).expect("a due time");
        diesel::insert_into(c::table)
            .values((
                (
                    c::id.eq(1),
                    c::name.eq("Nova"),
                    c::ingest_key.eq(""),
                    c::key_hash.eq(Vec::new()),
                    c::created_at.eq(0),
                ),
                (c::next_check_at.eq(at(2).unwrap_or_default()), c::next_sync_at.eq(at(3).unwrap_or_default())),
                (c::old_key_until.eq(at(4)), c::old_secret_until.eq(at(5))),
                (c::checked_at.eq(at(-6)), c::claimed_until.eq(at(7))),
            ))
            .execute(&mut conn)
            .expect("a connection");
        diesel::insert_into(r::table)
            .values((
                (r::connection_id.eq(1), r::compared_to.eq(0), r::expected.eq(0), r::expected_before.eq(0)),
                r::next_at.eq(at(8).unwrap_or_default()),
            ))
            .execute(&mut conn)
            .expect("a comparison");
        diesel::insert_into(s::table)
            .values((s::connection_id.eq(1), s::conversation_id.eq(1), s::awaited_until.eq(at(9))))
            .execute(&mut conn)
            .expect("a conversation");
        conn
    }

    /// All stored times, in hours from `now`.
    fn times(conn: &mut DbConnection, now: Timestamp) -> Vec<Option<i64>> {
        let of_delivery: (Option<i64>, i64) =
            d::table.select((d::next_attempt_at, d::created_at)).first(conn).expect("a row");
        let of_webhook: [Option<i64>; 6] = w::table
            .select((
                w::paused_until,
                w::probe_at,
                w::failing_since,
                w::exhausted_at,
                w::returned_at,
                w::old_secret_until,
            ))
            .first::<(Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>)>(conn)
            .expect("a row")
            .into();
        let of_connection: (i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>) = c::table
            .select((
                c::next_check_at,
                c::next_sync_at,
                c::old_key_until,
                c::old_secret_until,
                c::checked_at,
                c::claimed_until,
            ))
            .first(conn)
            .expect("a row");
        let (check, sync, key, secret, checked, claimed) = of_connection;
        let next_at: i64 = r::table.select(r::next_at).first(conn).expect("a row");
        let awaited: Option<i64> = s::table.select(s::awaited_until).first(conn).expect("a row");
        let of_chatwoot = [Some(check), Some(sync), key, secret, checked, claimed, Some(next_at), awaited];
        let all = [of_delivery.0, Some(of_delivery.1)].into_iter().chain(of_webhook).chain(of_chatwoot);
        all.map(|time| time.map(|micros| (micros - now.micros()) / HOUR_US)).collect()
    }

    /// Columns with times that [`shift`] leaves as they are.
    const KEPT: &str = "
        when something happened:
            users.disabled_at users.created_at users.last_sign_in_at sessions.created_at sessions.ended_at
            invitations.created_at api_tokens.created_at api_tokens.last_used_at api_tokens.revoked_at inboxes.archived_at inboxes.created_at
            inboxes.updated_at webhooks.auth_saved_at
            webhooks.secret_created_at webhooks.created_at webhooks.updated_at webhooks.deleted_at webhook_headers.saved_at
            events.created_at deliveries.finished_at attempts.started_at recoveries.started_at recoveries.ended_at
            chatwoot_connections.created_at chatwoot_connections.disconnected_at chatwoot_connections.inboxes_synced_at
            chatwoot_connections.last_event_at chatwoot_connections.problem_at chatwoot_comparisons.ended_at
            chatwoot_missing.found_at chatwoot_missing.wanted_at chatwoot_refusals.last_at chatwoot_unknown_events.last_at
            chatwoot_wrong_keys.last_at
        an end on a date that a person was told:
            setup_links.expires_at invitations.expires_at sessions.expires_at api_tokens.expires_at
        by the clock of a Chatwoot:
            chatwoot_conversations.updated_at chatwoot_missing.occurred_at
        remembered for a while, to be found again:
            idempotency_keys.created_at form_answers.created_at request_answers.created_at kept_forms.created_at
            known_sign_ins.signed_in_at sign_in_failures.failed_at
    ";

    #[test]
    fn every_column_with_a_time_is_shifted_or_kept_for_a_reason() {
        let kept: BTreeSet<&str> = KEPT.split_whitespace().filter(|word| word.contains('.')).collect();
        let source = include_str!("clock_shift.rs");
        let (shifts, _) = source.split_once("#[cfg(test)]").expect("tests");
        let (mut found, mut undecided) = (BTreeSet::new(), Vec::new());
        for table in include_str!("../../schema.rs").split("diesel::table! {").skip(1) {
            let name = table.split_whitespace().next().expect("a name");
            let alias = match name {
                "deliveries" => "d",
                "webhooks" => "w",
                "chatwoot_connections" => "c",
                "chatwoot_comparisons" => "r",
                "chatwoot_conversations" => "s",
                other => other,
            };
            for column in table.split([',', '{', '}']).filter_map(|column| Some(column.split_once("->")?.0.trim())) {
                let is_time = ["_at", "_until", "_since"].iter().any(|end| column.ends_with(end));
                let is_shifted = shifts.contains(&format!("{alias}::{column}.eq({alias}::{column} + micros)"));
                let whole = format!("{name}.{column}");
                if is_time && is_shifted == kept.contains(whole.as_str()) {
                    undecided.push(whole.clone());
                }
                found.insert(whole);
            }
        }
        assert_eq!(undecided, Vec::<String>::new(), "shifted or kept?");
        let gone: Vec<_> = kept.into_iter().filter(|kept| !found.contains(*kept)).collect();
        assert_eq!(gone, Vec::<&str>::new());
    }

    #[test]
    fn every_wait_and_every_age_is_as_before_whatever_the_jump() {
        for jump in [1, -1, 24, -24, 87_660, -87_660].map(|hours| hours * HOUR_US) {
            let mut conn = database();
            let before = times(&mut conn, NOW);
            assert_eq!(before, [1, -1, 0, 0, -100, -50, -1, 20, 2, 3, 4, 5, -6, 7, 8, 9].map(Some));
            let now = NOW.plus_micros(jump);
            shift(&mut conn, jump, now).expect("a shift");
            assert_eq!(times(&mut conn, now), before, "{jump}");
            assert_eq!(queue::claim::due_webhooks(&mut conn, now).expect("a query"), [], "{jump}: early");
            let due = queue::claim::due_webhooks(&mut conn, now.plus_micros(HOUR_US)).expect("a query");
            assert_eq!(due.len(), 1, "{jump}: late");
        }
    }

    proptest::proptest! {
        #[test]
        fn jumps_add_up(jumps in proptest::collection::vec(-400_000_i64..400_000, 1..6)) {
            let mut conn = database();
            let (before, mut now) = (times(&mut conn, NOW), NOW);
            for minutes in jumps {
                now = now.plus_micros(minutes * 60_000_000);
                shift(&mut conn, minutes * 60_000_000, now).expect("a shift");
            }
            proptest::prop_assert_eq!(times(&mut conn, now), before);
        }
    }
}

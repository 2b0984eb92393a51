//! Counts of each hour: deliveries that ended, and attempts that failed. Updated in the transaction that stores the end or
//! the attempt, so that pages need not count deliveries.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

use crate::db::schema::webhook_hours as h;
use crate::db::sql::literal::LiteralSql;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::Status;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// The webhook id of the row with the sums of all webhooks.
pub const ALL: WebhookId = WebhookId(0);

const HOUR_US: i64 = 3_600_000_000;

/// The hour of a time, in hours since the Unix epoch.
pub const fn of(at: Timestamp) -> i64 {
    at.micros().div_euclid(HOUR_US)
}

/// The begin of an hour.
pub const fn begin(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour.saturating_mul(HOUR_US))
}

/// The counts of one webhook in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Counted {
    /// The webhook, or [`ALL`].
    pub webhook_id: WebhookId,
    /// Hours since the Unix epoch.
    pub hour: i64,
    /// Deliveries that succeeded.
    pub delivered: i64,
    /// Deliveries that failed permanently.
    pub failed: i64,
    /// Attempts that failed, of deliveries open or ended.
    pub failed_attempts: i64,
}

/// What happened in one transaction, by webhook.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<WebhookId, Sum>);

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    delivered: i64,
    failed: i64,
    failed_attempts: i64,
}

impl Tally {
    /// Counts a delivery that ended; a pending one is not counted.
    pub fn ended(&mut self, webhook: WebhookId, status: Status) {
        self.add(webhook, |sum| match status {
            Status::Success => sum.delivered += 1,
            Status::Failed => sum.failed += 1,
            Status::Pending => {}
        });
    }

    /// Counts an attempt that failed.
    pub fn attempt_failed(&mut self, webhook: WebhookId) {
        self.add(webhook, |sum| sum.failed_attempts += 1);
    }

    fn add(&mut self, webhook: WebhookId, count: impl Fn(&mut Sum)) {
        for id in [ALL, webhook] {
            count(self.0.entry(id).or_default());
        }
    }
}

/// Adds what happened at `now`. Call it in the transaction that stores it.
pub fn count(conn: &mut DbConnection, tally: &Tally, now: Timestamp) -> Result<(), Error> {
    if tally.0.is_empty() {
        return Ok(());
    }
    match conn {
        // Each number of webhooks would be a statement of its own.
        DbConnection::Sqlite(conn) => {
            for (webhook, sum) in &tally.0 {
                let row = (
                    h::webhook_id.eq(webhook),
                    h::hour.eq(of(now)),
                    h::delivered.eq(sum.delivered),
                    h::failed.eq(sum.failed),
                    h::failed_attempts.eq(sum.failed_attempts),
                );
                let statement = diesel::insert_into(h::table).values(row);
                let statement = statement.on_conflict((h::webhook_id, h::hour)).do_update().set((
                    h::delivered.eq(h::delivered + sum.delivered),
                    h::failed.eq(h::failed + sum.failed),
                    h::failed_attempts.eq(h::failed_attempts + sum.failed_attempts),
                ));
                prepared::execute_on(conn, statement)?;
            }
        }
        // In the order of the ids, so that two processes lock the same rows in the same order.
        DbConnection::Postgres(conn) => {
            let column = |count: fn(&Sum) -> i64| tally.0.values().map(count).collect::<Vec<_>>();
            let statement = LiteralSql(
                "INSERT INTO webhook_hours (webhook_id, hour, delivered, failed, failed_attempts) \
                 SELECT webhook_id, ",
            )
            .bind::<BigInt, _>(of(now), ", delivered, failed, failed_attempts FROM unnest(")
            .bind::<Array<BigInt>, _>(tally.0.keys().collect::<Vec<_>>(), ", ")
            .bind::<Array<BigInt>, _>(column(|sum| sum.delivered), ", ")
            .bind::<Array<BigInt>, _>(column(|sum| sum.failed), ", ")
            .bind::<Array<BigInt>, _>(column(|sum| sum.failed_attempts), UNNEST_END);
            prepared::execute_on(conn, statement)?;
        }
    }
    Ok(())
}

/// The end of a statement that inserts sums into `webhook_hours`.
macro_rules! add_to_hour {
    () => {
        " ON CONFLICT (webhook_id, hour) DO UPDATE SET \
         delivered = webhook_hours.delivered + excluded.delivered, failed = webhook_hours.failed + excluded.failed, \
         failed_attempts = webhook_hours.failed_attempts + excluded.failed_attempts"
    };
}

const UNNEST_END: &str = concat!(") AS sums (webhook_id, delivered, failed, failed_attempts)", add_to_hour!());

/// The counts of these webhooks from the hour `first` on, without hours in which nothing was counted.
pub fn since(conn: &mut DbConnection, webhooks: &[WebhookId], first: i64) -> Result<Vec<Counted>, Error> {
    Ok(h::table.filter(h::webhook_id.eq_any(webhooks)).filter(h::hour.ge(first)).load(conn)?)
}

/// After the clock was set back: moves counts of hours that now lie in the future by so many hours, at least to the present one.
pub fn leave_the_future(conn: &mut DbConnection, hours: i64, now: Timestamp) -> Result<(), Error> {
    let (present, moved) =
        (of(now), format!("CASE WHEN hour + {hours} < {0} THEN hour + {hours} ELSE {0} END", of(now)));
    // All values are numbers. The sub-select reads the rows before the statement writes.
    diesel::sql_query(format!(
        "INSERT INTO webhook_hours (webhook_id, hour, delivered, failed, failed_attempts) \
         SELECT webhook_id, moved, SUM(delivered), SUM(failed), SUM(failed_attempts) \
         FROM (SELECT webhook_id, {moved} AS moved, delivered, failed, failed_attempts FROM webhook_hours \
         WHERE hour > {present}) AS future WHERE true GROUP BY webhook_id, moved {}",
        add_to_hour!()
    ))
    .execute(conn)?;
    diesel::delete(h::table.filter(h::hour.gt(present))).execute(conn)?;
    Ok(())
}

/// Deletes the rows of the oldest hour, if it is before `limit`. Returns how many.
pub fn forget(conn: &mut DbConnection, limit: Timestamp) -> Result<usize, Error> {
    let oldest: Option<i64> = h::table.select(diesel::dsl::min(h::hour)).first(conn)?;
    match oldest.filter(|hour| *hour < of(limit)) {
        Some(hour) => Ok(diesel::delete(h::table.filter(h::hour.eq(hour))).execute(conn)?),
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::db::connection::{self, Access, migrations};
    use crate::domain::system::database_url::DatabaseUrl;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);
    const ONE: WebhookId = WebhookId(1);
    const TWO: WebhookId = WebhookId(2);

    /// Webhook, hours before now, delivered, failed, failed attempts.
    fn sums(conn: &mut DbConnection) -> Vec<(WebhookId, i64, [i64; 3])> {
        let mut found = since(conn, &[ALL, ONE, TWO], 0).expect("numbers");
        found.sort_by_key(|one| (one.webhook_id, one.hour));
        let row = |one: Counted| (one.webhook_id, one.hour - of(NOW), [one.delivered, one.failed, one.failed_attempts]);
        found.into_iter().map(row).collect()
    }

    fn ended(all: &[(WebhookId, Status)]) -> Tally {
        let mut tally = Tally::default();
        all.iter().for_each(|(webhook, status)| tally.ended(*webhook, *status));
        tally
    }

    #[test]
    fn no_count_stays_in_the_future() {
        let url = DatabaseUrl::Sqlite(":memory:".into());
        let mut conn = connection::open(&url, Access::ReadWrite).expect("a database");
        migrations::run(&mut conn).expect("tables");
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        // At NOW + 100 h the clock is set back by 99 h, to NOW + 1 h.
        for (at, status) in [
            (NOW, Status::Success),
            (NOW.after(hours(1)), Status::Failed),
            (NOW.after(hours(99)), Status::Success),
            (NOW.after(hours(100)), Status::Success),
            (NOW.after(hours(200)), Status::Failed),
        ] {
            let mut tally = ended(&[(ONE, status)]);
            tally.attempt_failed(ONE);
            count(&mut conn, &tally, at).expect("numbers");
        }
        leave_the_future(&mut conn, -99, NOW.after(hours(1))).expect("moved");
        let (now, next) = ([2, 0, 2], [1, 2, 3]);
        assert_eq!(sums(&mut conn), [(ALL, 0, now), (ALL, 1, next), (ONE, 0, now), (ONE, 1, next)]);
        leave_the_future(&mut conn, -99, NOW.after(hours(1))).expect("nothing");
        assert_eq!(sums(&mut conn).len(), 4);
    }

    #[test]
    fn counts_are_added_and_the_oldest_hour_is_deleted_first() {
        let url = DatabaseUrl::Sqlite(":memory:".into());
        let mut conn = connection::open(&url, Access::ReadWrite).expect("a database");
        migrations::run(&mut conn).expect("tables");
        let (success, failed) = (Status::Success, Status::Failed);
        count(&mut conn, &Tally::default(), NOW).expect("nothing");
        let mut first = ended(&[(ONE, success), (TWO, failed), (ONE, success), (TWO, Status::Pending)]);
        first.attempt_failed(TWO);
        first.attempt_failed(TWO);
        count(&mut conn, &first, NOW).expect("numbers");
        let mut second = ended(&[(ONE, failed)]);
        second.attempt_failed(ONE);
        count(&mut conn, &second, NOW).expect("numbers");
        let before = NOW.before(Duration::from_secs(2 * 3600));
        count(&mut conn, &ended(&[(ONE, success)]), before).expect("numbers");
        let day = [(ALL, 0, [2, 2, 3]), (ONE, 0, [2, 1, 1]), (TWO, 0, [0, 1, 2])];
        let earlier = [1, 0, 0];
        assert_eq!(sums(&mut conn), [(ALL, -2, earlier), day[0], (ONE, -2, earlier), day[1], day[2]]);
        assert_eq!(forget(&mut conn, before).expect("nothing so old"), 0);
        assert_eq!(forget(&mut conn, NOW).expect("an hour"), 2);
        assert_eq!(sums(&mut conn), day);
        assert_eq!(forget(&mut conn, NOW).expect("nothing more"), 0);
    }
}

//! Many new deliveries in one sentence. diesel's own batch is prepared anew every time.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Integer, Nullable, Text};

use super::deliveries::NewDelivery;
use crate::domain::delivery::Status;

/// Rows in one sentence: each number of rows is a sentence of its own, which the connection keeps.
pub const MOST: usize = 16;

/// `INSERT` of rows that wait, or are born leased.
pub struct NewRows(Vec<NewRow>);

struct NewRow {
    id: i64,
    event_id: i64,
    event: &'static str,
    webhook_id: i64,
    inbox_id: Option<i64>,
    origin: &'static str,
    attempts: i32,
    now: i64,
    lease: Option<i64>,
    leased_until: Option<i64>,
}

impl NewRows {
    /// At most [`MOST`].
    pub fn of(new: &[NewDelivery]) -> Self {
        Self(new.iter().map(NewRow::of).collect())
    }
}

impl NewRow {
    fn of(new: &NewDelivery) -> Self {
        Self {
            id: new.id.0,
            event_id: new.event_id.0,
            event: new.event.as_str(),
            webhook_id: new.webhook_id,
            inbox_id: new.inbox_id,
            origin: new.trigger.as_str(),
            attempts: i32::from(new.lease.is_some()),
            now: new.now.micros(),
            lease: new.lease.map(|lease| lease.token),
            leased_until: new.lease.map(|lease| lease.until.micros()),
        }
    }
}

impl QueryId for NewRows {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for NewRows
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, origin, attempts, next_attempt_at, \
             created_at, lease, leased_until, status, steps) VALUES ",
        );
        for (place, row) in self.0.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            out.push_bind_param::<BigInt, _>(&row.id)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.event_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.event)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.webhook_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<BigInt>, _>(&row.inbox_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.origin)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.attempts)?;
            for time in [&row.now, &row.now] {
                out.push_sql(", ");
                out.push_bind_param::<BigInt, _>(time)?;
            }
            for lease in [&row.lease, &row.leased_until] {
                out.push_sql(", ");
                out.push_bind_param::<Nullable<BigInt>, _>(lease)?;
            }
            out.push_sql(", '");
            out.push_sql(Status::Pending.as_str());
            out.push_sql("', 0)");
        }
        Ok(())
    }
}

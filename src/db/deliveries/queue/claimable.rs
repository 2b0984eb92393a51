//! The condition of a claim: which deliveries may be claimed, and in which order.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Integer};

use crate::db::sql::literal::condition;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// After this many interrupted attempts in a row a delivery is a suspect: it may be what ends the process.
pub(in crate::db) const SUSPECT_AFTER_INTERRUPTIONS: i32 = 3;

/// Holds for the deliveries of a webhook that are due and not leased, up to a number, those that have been due longest
/// first.
///
/// On Postgres several processes claim at the same time and skip rows that another one has locked. If they waited for the
/// rows instead, they would queue behind each other and find nothing left: with four processes the rate was a sixth.
#[derive(Clone, Copy, Debug)]
pub struct ClaimableIds {
    webhook: WebhookId,
    kind: Kind,
    now: i64,
    rows_max: i64,
}

/// Each kind has an index of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Deliveries without an attempt.
    First,
    /// Deliveries with at least one attempt.
    Retry,
}

impl ClaimableIds {
    /// Deliveries that are due at `now`, at most `rows_max`.
    pub const fn of(webhook: WebhookId, kind: Kind, now: Timestamp, rows_max: i64) -> Self {
        Self { webhook, kind, now: now.micros(), rows_max }
    }
}

impl<DB> QueryFragment<DB> for ClaimableIds
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer> + 'static,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let shared = TypeId::of::<DB>() == TypeId::of::<Pg>();
        // In an array Postgres runs the subquery once. After IN it may run it several times and lock other rows.
        out.push_sql(if shared { "deliveries.id = ANY (ARRAY(" } else { "deliveries.id IN (" });
        out.push_sql("SELECT due.id FROM deliveries AS due WHERE due.status = 'pending' AND due.leased_until IS NULL");
        out.push_sql(match self.kind {
            Kind::First => " AND due.attempts = 0",
            Kind::Retry => " AND due.attempts > 0",
        });
        out.push_sql(" AND due.webhook_id = ");
        out.push_bind_param::<BigInt, _>(&self.webhook)?;
        out.push_sql(" AND due.next_attempt_at <= ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" AND due.interruptions < ");
        out.push_bind_param::<Integer, _>(&SUSPECT_AFTER_INTERRUPTIONS)?;
        out.push_sql(" ORDER BY due.next_attempt_at, due.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.rows_max)?;
        out.push_sql(if shared { " FOR UPDATE SKIP LOCKED))" } else { ")" });
        Ok(())
    }
}

condition!(ClaimableIds);

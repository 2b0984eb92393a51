//! What a claim takes.

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

/// After that many interrupted attempts in a row a delivery is sent alone.
pub(in crate::db) const ALONE: i32 = 3;

/// A delivery is among those of its webhook that are due and free, the longest due first.
///
/// On Postgres several processes claim at once. Rows that another has locked are passed over: waiting for them would
/// make a queue of the processes, at whose end nothing is left (measured: with four processes a sixth of the rate).
#[derive(Clone, Copy, Debug)]
pub struct LongestDue {
    webhook: WebhookId,
    kind: Kind,
    now: i64,
    most: i64,
}

/// First attempts and retries have indexes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No attempt has been made.
    First,
    /// At least one has.
    Retry,
}

impl LongestDue {
    /// At most that many, due at `now`.
    pub const fn of(webhook: WebhookId, kind: Kind, now: Timestamp, most: i64) -> Self {
        Self { webhook, kind, now: now.micros(), most }
    }
}

impl<DB> QueryFragment<DB> for LongestDue
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer> + 'static,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let shared = TypeId::of::<DB>() == TypeId::of::<Pg>();
        // An array, so that Postgres looks once: the rows of IN it may look for several times, and lock others.
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
        out.push_bind_param::<Integer, _>(&ALONE)?;
        out.push_sql(" ORDER BY due.next_attempt_at, due.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(if shared { " FOR UPDATE SKIP LOCKED))" } else { ")" });
        Ok(())
    }
}

condition!(LongestDue);

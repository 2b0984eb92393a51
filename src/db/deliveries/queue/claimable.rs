//! The condition of a claim: which deliveries may be claimed, and in which order.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Integer};
use diesel::sqlite::Sqlite;

use crate::db::sql::literal::condition;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// After this many interrupted attempts in a row a delivery is a suspect: it may be what ends the process.
pub(in crate::db) const SUSPECT_AFTER_INTERRUPTIONS: i32 = 3;

/// How many deliveries of a webhook a claim may take.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The webhook.
    pub webhook: WebhookId,
    /// Deliveries; at least one.
    pub deliveries_max: i64,
}

/// Holds for the deliveries of some webhooks that are due and not leased, for each webhook up to its quota, those that have
/// been due longest first.
///
/// On Postgres several processes claim at the same time and skip rows that another one has locked. If they waited for the
/// rows instead, they would queue behind each other and find nothing left: with four processes the rate was a sixth.
#[derive(Clone, Debug)]
pub struct ClaimableIds {
    webhooks: Vec<WebhookId>,
    deliveries_max: Vec<i64>,
    kind: Kind,
    now: i64,
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
    /// Deliveries that are due at `now`.
    pub fn of(quotas: &[Quota], kind: Kind, now: Timestamp) -> Self {
        Self {
            webhooks: quotas.iter().map(|quota| quota.webhook).collect(),
            deliveries_max: quotas.iter().map(|quota| quota.deliveries_max).collect(),
            kind,
            now: now.micros(),
        }
    }

    /// The conditions of a delivery but for that on its webhook.
    fn push_conditions<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt> + HasSqlType<Integer>,
        i64: ToSql<BigInt, DB>,
        i32: ToSql<Integer, DB>,
    {
        out.push_sql("due.status = 'pending' AND due.leased_until IS NULL");
        out.push_sql(match self.kind {
            Kind::First => " AND due.attempts = 0",
            Kind::Retry => " AND due.attempts > 0",
        });
        out.push_sql(" AND due.next_attempt_at <= ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" AND due.interruptions < ");
        out.push_bind_param::<Integer, _>(&SUSPECT_AFTER_INTERRUPTIONS)
    }
}

impl QueryFragment<Pg> for ClaimableIds {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // In an array Postgres runs the subquery once. After IN it may run it several times and lock other rows.
        out.push_sql("deliveries.id = ANY (ARRAY(SELECT due.id FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.webhooks)?;
        out.push_sql("::bigint[], ");
        out.push_bind_param::<Array<BigInt>, _>(&self.deliveries_max)?;
        out.push_sql("::bigint[]) AS quota (webhook_id, deliveries_max) CROSS JOIN LATERAL (SELECT due.id FROM deliveries AS due WHERE ");
        self.push_conditions(&mut out)?;
        out.push_sql(
            " AND due.webhook_id = quota.webhook_id ORDER BY due.next_attempt_at, due.id LIMIT quota.deliveries_max \
                      FOR UPDATE SKIP LOCKED) AS due))",
        );
        Ok(())
    }
}

/// For a single webhook: each number of webhooks would be a statement of its own.
impl QueryFragment<Sqlite> for ClaimableIds {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let (Some(webhook), Some(deliveries_max)) = (self.webhooks.first(), self.deliveries_max.first()) else {
            out.push_sql("FALSE");
            return Ok(());
        };
        out.push_sql("deliveries.id IN (SELECT due.id FROM deliveries AS due WHERE ");
        self.push_conditions(&mut out)?;
        out.push_sql(" AND due.webhook_id = ");
        out.push_bind_param::<BigInt, _>(webhook)?;
        // A literal: SQLite prepares a statement anew whose LIMIT is a parameter.
        out.push_sql(&format!(" ORDER BY due.next_attempt_at, due.id LIMIT {deliveries_max})"));
        Ok(())
    }
}

condition!(ClaimableIds);

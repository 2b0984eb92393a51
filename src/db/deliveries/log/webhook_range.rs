//! The condition for the deliveries of a webhook, in the order of the log.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::BigInt;

use crate::db::connection::MultiBackend;
use crate::db::sql::literal::condition;
use crate::domain::id::WebhookId;

/// The ids between two bounds, without the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) struct IdRange {
    /// The bound below the range.
    pub above: i64,
    /// The bound above the range.
    pub below: i64,
}

impl IdRange {
    /// All ids.
    pub const ALL: Self = Self { above: 0, below: i64::MAX };

    /// The ids of the range that are greater than `id`.
    pub fn above(self, id: i64) -> Self {
        Self { above: self.above.max(id), ..self }
    }

    /// The ids of the range that are less than `id`.
    pub fn below(self, id: i64) -> Self {
        Self { below: self.below.min(id), ..self }
    }
}

/// Holds for the deliveries of a webhook with ids in a range. Order the query by webhook and id.
///
/// Postgres gets a row comparison. With `webhook_id = $1 ORDER BY id` it may scan the primary key, and to find ten rows
/// of a webhook without a delivery for a week it reads all deliveries of the others; a range of rows can only use the
/// index `deliveries_webhook`. SQLite uses only the first column of a row comparison and would read every id of the
/// webhook, so it gets separate conditions.
#[derive(Clone, Copy, Debug)]
pub(in crate::db) struct WebhookIdRange {
    pub webhook: WebhookId,
    pub ids: IdRange,
}

impl QueryFragment<MultiBackend> for WebhookIdRange {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let Self { webhook, ids } = self;
        if matches!(out.backend(), MultiBackend::Sqlite(_)) {
            out.push_sql("deliveries.webhook_id = ");
            out.push_bind_param::<BigInt, _>(webhook)?;
            out.push_sql(" AND deliveries.id > ");
            out.push_bind_param::<BigInt, _>(&ids.above)?;
            out.push_sql(" AND deliveries.id < ");
            return out.push_bind_param::<BigInt, _>(&ids.below);
        }
        out.push_sql("(deliveries.webhook_id, deliveries.id) > (");
        out.push_bind_param::<BigInt, _>(webhook)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&ids.above)?;
        out.push_sql(") AND (deliveries.webhook_id, deliveries.id) < (");
        out.push_bind_param::<BigInt, _>(webhook)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&ids.below)?;
        out.push_sql(")");
        Ok(())
    }
}

condition!(WebhookIdRange);

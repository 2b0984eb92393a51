//! The deliveries of a webhook in the log's order.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

use crate::db::sql::literal::condition;
use crate::domain::id::WebhookId;

/// Ids that are looked at: between two that are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) struct Ids {
    /// Greater than this one.
    pub above: i64,
    /// Less than this one.
    pub below: i64,
}

impl Ids {
    /// Every id there may be.
    pub const ALL: Self = Self { above: 0, below: i64::MAX };

    /// Those of them that are greater than `id`.
    pub fn above(self, id: i64) -> Self {
        Self { above: self.above.max(id), ..self }
    }

    /// Those of them that are less than `id`.
    pub fn below(self, id: i64) -> Self {
        Self { below: self.below.min(id), ..self }
    }
}

/// A delivery is of that webhook, its id among those. To be ordered by webhook and id.
///
/// Where the webhook is said to equal a number, Postgres knows that ids alone give the same order, and to find ten rows
/// of a webhook that had none for a week it reads all that the others had. Bounds of both together only the index of
/// both can serve. SQLite always takes that index, but of bounds of both together only those of the webhook bound its
/// search: it would read every id of the webhook.
#[derive(Clone, Copy, Debug)]
pub(in crate::db) struct OfWebhook(pub WebhookId, pub Ids);

impl<DB> QueryFragment<DB> for OfWebhook
where
    DB: Backend + HasSqlType<BigInt> + 'static,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Self(webhook, ids) = self;
        if TypeId::of::<DB>() != TypeId::of::<Pg>() {
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

condition!(OfWebhook);

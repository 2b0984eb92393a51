//! Literal SQL: conditions and statements without bind parameters.
//!
//! SQLite uses a partial index only if the text of the query implies the condition of the index: `status = ?` does not
//! imply `status = 'pending'`. diesel's `sql()` is no substitute, because it prevents caching of the prepared statement.
//!
//! SQLite also prepares a statement anew whose `LIMIT` is a parameter. diesel's `first` writes such a `LIMIT`: use
//! `get_result` to find a row by a unique key.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::{QueryResult, RunQueryDsl};

/// Implements the diesel traits of a boolean expression that renders its own SQL and may be used with any table.
macro_rules! condition {
    ($name:ty) => {
        impl diesel::query_builder::QueryId for $name {
            type QueryId = ();
            // diesel finds the prepared statement by its text.
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl diesel::expression::Expression for $name {
            type SqlType = diesel::sql_types::Bool;
        }

        impl<T> diesel::expression::AppearsOnTable<T> for $name {}

        impl<T> diesel::expression::SelectableExpression<T> for $name {}

        impl<G> diesel::expression::ValidGrouping<G> for $name {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }
    };
}
pub(in crate::db) use condition;

/// A condition or a statement with exactly this text.
#[derive(Clone, Copy, Debug)]
pub struct LiteralSql(pub &'static str);

/// The delivery is neither delivered nor failed permanently. The text equals the condition of the partial indexes.
pub const PENDING: LiteralSql = LiteralSql("deliveries.status = 'pending'");

impl<Conn> RunQueryDsl<Conn> for LiteralSql {}

condition!(LiteralSql);

impl<DB: Backend> QueryFragment<DB> for LiteralSql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

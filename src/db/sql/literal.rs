//! Conditions and sentences without parameters.
//!
//! SQLite uses a partial index only where the query's text implies the index's condition: `status = ?` does not imply
//! `status = 'pending'`. diesel's `sql()` would do, but statements with it are prepared anew every time.
//!
//! So is a `LIMIT` with a parameter, by SQLite itself, and diesel's `first` writes one: what is found by a unique key is
//! got with `get_result`.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::{QueryResult, RunQueryDsl};

/// What diesel wants to know of a condition about any tables, whose text it writes itself.
macro_rules! condition {
    ($name:ty) => {
        impl diesel::query_builder::QueryId for $name {
            type QueryId = ();
            // The statement is remembered by its text.
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

/// A condition, or a whole sentence, of that very text.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub &'static str);

/// The delivery waits or is being sent.
pub const PENDING: Fixed = Fixed("deliveries.status = 'pending'");

impl<Conn> RunQueryDsl<Conn> for Fixed {}

condition!(Fixed);

impl<DB: Backend> QueryFragment<DB> for Fixed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

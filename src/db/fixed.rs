//! Conditions and sentences without parameters.
//!
//! SQLite uses a partial index only where the query's text implies the index's condition: `status = ?` does not imply
//! `status = 'pending'`. diesel's `sql()` would do, but statements with it are prepared anew every time.
//!
//! So is a `LIMIT` with a parameter, by SQLite itself, and diesel's `first` writes one: what is found by a unique key is
//! got with `get_result`.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;
use diesel::{QueryResult, RunQueryDsl};

/// A condition, or a whole sentence, of that very text.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub &'static str);

/// The delivery waits or is being sent.
pub const PENDING: Fixed = Fixed("deliveries.status = 'pending'");

impl QueryId for Fixed {
    type QueryId = ();
    // The statement is remembered by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Fixed {}

impl Expression for Fixed {
    type SqlType = Bool;
}

impl<T> AppearsOnTable<T> for Fixed {}

impl<T> SelectableExpression<T> for Fixed {}

impl<G> ValidGrouping<G> for Fixed {
    type IsAggregate = is_aggregate::Never;
}

impl<DB: Backend> QueryFragment<DB> for Fixed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

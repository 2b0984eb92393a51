//! Statements of Postgres in pieces: literal text and parameters in turn.
//!
//! Unlike those of `diesel::sql_query`, their prepared form is kept: parsing an `INSERT` of arrays anew took as long as
//! running it for ten rows.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::{PgConnection, QueryResult, RunQueryDsl};

use super::literal::LiteralSql;

/// A parameter of the SQL type `ST`, between two pieces of text.
#[derive(Clone, Copy, Debug)]
pub struct Bound<Q, V, ST> {
    before: Q,
    value: V,
    after: &'static str,
    sql_type: PhantomData<ST>,
}

impl LiteralSql {
    /// Adds a parameter, and the text after it.
    pub const fn bind<ST, V>(self, value: V, after: &'static str) -> Bound<Self, V, ST> {
        Bound { before: self, value, after, sql_type: PhantomData }
    }
}

impl<Q, V, ST> Bound<Q, V, ST> {
    /// Adds a parameter, and the text after it.
    pub fn bind<NextST, Next>(self, value: Next, after: &'static str) -> Bound<Self, Next, NextST> {
        Bound { before: self, value, after, sql_type: PhantomData }
    }
}

impl<Q, V, ST> QueryFragment<Pg> for Bound<Q, V, ST>
where
    Q: QueryFragment<Pg>,
    V: ToSql<ST, Pg>,
    Pg: HasSqlType<ST>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_bind_param::<ST, _>(&self.value)?;
        out.push_sql(self.after);
        Ok(())
    }
}

impl<Q, V, ST> QueryId for Bound<Q, V, ST> {
    type QueryId = ();
    // diesel finds the prepared statement by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, V, ST> RunQueryDsl<PgConnection> for Bound<Q, V, ST> {}

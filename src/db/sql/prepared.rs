//! Sentences that run for every event and every delivery: their prepared form is kept, and their text is made once.
//!
//! diesel prepares an `UPDATE` anew every time, because a changeset may leave columns out, and a connection to either
//! database makes the text of a sentence three times. Both together were a sixth of the engine's CPU time. A text that
//! takes few forms may be kept: diesel finds it again by its text.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::{OptionalExtension, PgConnection, QueryResult, RunQueryDsl, SqliteConnection};

use crate::db::{DbConnection, Error};

/// A sentence whose text takes few forms.
pub struct Kept<Q>(Q);

/// Runs a sentence; returns how many rows it changed.
pub fn execute<Q>(conn: &mut DbConnection, sentence: Q) -> Result<usize, Error>
where
    Kept<Q>: ExecuteDsl<SqliteConnection> + ExecuteDsl<PgConnection>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Kept(sentence).execute(conn)?,
        DbConnection::Postgres(conn) => Kept(sentence).execute(conn)?,
    })
}

/// The rows of a query.
pub fn load<'query, Q, T>(conn: &mut DbConnection, query: Q) -> Result<Vec<T>, Error>
where
    Kept<Q>: LoadQuery<'query, SqliteConnection, T> + LoadQuery<'query, PgConnection, T>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Kept(query).load(conn)?,
        DbConnection::Postgres(conn) => Kept(query).load(conn)?,
    })
}

/// The one row of a query, if there is one.
pub fn find<'query, Q, T>(conn: &mut DbConnection, query: Q) -> Result<Option<T>, Error>
where
    Kept<Q>: LoadQuery<'query, SqliteConnection, T> + LoadQuery<'query, PgConnection, T>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Kept(query).get_result(conn).optional()?,
        DbConnection::Postgres(conn) => Kept(query).get_result(conn).optional()?,
    })
}

impl<Q: QueryId> QueryId for Kept<Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> RunQueryDsl<Conn> for Kept<Q> {}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

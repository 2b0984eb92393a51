//! Runs the statements of every event and every delivery through diesel's cache of prepared statements.
//!
//! diesel never caches an `UPDATE`, because a changeset may leave out columns, and `MultiConnection` renders the text of
//! a statement three times. Both together took a sixth of the engine's CPU time. diesel finds a cached statement by its
//! text, so use these functions only for statements whose text takes few forms.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::{Connection, OptionalExtension, PgConnection, QueryResult, RunQueryDsl, SqliteConnection};

use crate::db::{DbConnection, Error};

/// A statement whose text takes few forms, so that it may be cached.
pub struct Prepared<Q>(Q);

/// Runs a statement; returns how many rows it changed.
pub fn execute<Q>(conn: &mut DbConnection, statement: Q) -> Result<usize, Error>
where
    Prepared<Q>: ExecuteDsl<SqliteConnection> + ExecuteDsl<PgConnection>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Prepared(statement).execute(conn)?,
        DbConnection::Postgres(conn) => Prepared(statement).execute(conn)?,
    })
}

/// Returns all rows of a query.
pub fn load<'query, Q, T>(conn: &mut DbConnection, query: Q) -> Result<Vec<T>, Error>
where
    Prepared<Q>: LoadQuery<'query, SqliteConnection, T> + LoadQuery<'query, PgConnection, T>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Prepared(query).load(conn)?,
        DbConnection::Postgres(conn) => Prepared(query).load(conn)?,
    })
}

/// Runs a statement of one database; returns how many rows it changed.
pub fn execute_on<C: Connection, Q>(conn: &mut C, statement: Q) -> Result<usize, Error>
where
    Prepared<Q>: ExecuteDsl<C>,
{
    Ok(Prepared(statement).execute(conn)?)
}

/// Returns all rows of a query of one database.
pub fn load_on<'query, C: Connection, Q, T>(conn: &mut C, query: Q) -> Result<Vec<T>, Error>
where
    Prepared<Q>: LoadQuery<'query, C, T>,
{
    Ok(Prepared(query).load(conn)?)
}

/// Returns the row of a query that finds at most one.
pub fn find<'query, Q, T>(conn: &mut DbConnection, query: Q) -> Result<Option<T>, Error>
where
    Prepared<Q>: LoadQuery<'query, SqliteConnection, T> + LoadQuery<'query, PgConnection, T>,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => Prepared(query).get_result(conn).optional()?,
        DbConnection::Postgres(conn) => Prepared(query).get_result(conn).optional()?,
    })
}

impl<Q: QueryId> QueryId for Prepared<Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> RunQueryDsl<Conn> for Prepared<Q> {}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

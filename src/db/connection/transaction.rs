//! Runs a job in a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};

use crate::db::{DbConnection, Error, JobError};

type Manager = <DbConnection as Connection>::TransactionManager;

/// Begins a writing transaction. IMMEDIATE on SQLite: a deferred transaction that reads first and writes later fails at
/// once when another process has written in between, and its `busy_timeout` does not apply.
pub fn begin(conn: &mut DbConnection) -> Result<(), Error> {
    match conn {
        DbConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        DbConnection::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn)?,
    }
    Ok(())
}

/// Commits; the transaction is on disk when this returns.
pub fn commit(conn: &mut DbConnection) -> Result<(), Error> {
    Ok(Manager::commit_transaction(conn)?)
}

/// Rolls the transaction back.
pub fn roll_back(conn: &mut DbConnection) -> Result<(), Error> {
    Ok(Manager::rollback_transaction(conn)?)
}

/// Runs `job` in a transaction of its own; an error or a panic rolls it back. [`Error::Unconfirmed`] if the connection
/// broke during the commit.
pub fn run<T, E: JobError>(
    conn: &mut DbConnection,
    job: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn)?;
    match caught(conn, job) {
        Ok(value) => match commit(conn) {
            Ok(()) => Ok(value),
            Err(Error::Connection(_) | Error::Query(diesel::result::Error::RollbackErrorOnCommit { .. })) => {
                Err(Error::Unconfirmed.into())
            }
            Err(error) => Err(error.into()),
        },
        Err(error) => {
            roll_back(conn)?;
            Err(error)
        }
    }
}

/// Runs `job`; a panic becomes [`Error::Panicked`], so that it does not end the writer thread.
pub fn caught<T, E: JobError>(
    conn: &mut DbConnection,
    job: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(|| job(conn))).unwrap_or_else(|_| Err(Error::Panicked.into()))
}

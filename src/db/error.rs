//! Errors of the database.

use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as Query};

/// Why a SQLite file may no longer be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Its path leads to another file or to none: writes would be lost.
    #[error("the database file was moved, removed or replaced")]
    Moved,
    /// SQLite reported corruption.
    #[error("the database file is damaged")]
    Damaged,
}

/// A query or a connection that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused a query, or the query failed.
    #[error("database: {0}")]
    Query(Query),
    /// No connection could be made, or it broke.
    #[error("database: {0}")]
    Connection(diesel::ConnectionError),
    /// No connection became free, or the writer did not start the job, within 5 s; a read did not end within the handle's
    /// timeout of 8 s; or SQLite rolled the commit back. Nothing was written.
    #[error("the database is busy")]
    Busy,
    /// A write began, and its outcome is unknown: it did not end within the handle's timeout of 8 s, or the connection
    /// broke during the commit. It may have committed, or may still commit.
    #[error("the database has not confirmed the write")]
    Unconfirmed,
    /// Another transaction has locked a row: a person's, a backup's, or another process's for a moment.
    #[error("a row is locked by another transaction")]
    RowLocked,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// One commit would have too many rows.
    #[error("a batch has too many rows for one commit")]
    TooManyRows,
    /// The clock of the server was set, and stored times were shifted, while this transaction ran by the old time.
    #[error("the clock of the database was set")]
    ClockSet,
    /// The database, its server or its file system takes no writes.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// A stored secret does not open with this key.
    #[error(transparent)]
    Secret(#[from] crate::domain::secret_box::CannotOpen),
    /// A stored value that this version does not know and would have to act on, such as a status: corruption, or data of a
    /// newer version. A name that only explains something, such as a cause, is read as an unknown one instead.
    #[error("the database holds an unknown {0}")]
    CorruptValue(&'static str),
    /// A newer version made the tables.
    #[error("the database was made by a newer Hachok (migration {0}); this is {own}", own = env!("CARGO_PKG_VERSION"))]
    Newer(String),
    /// Another program made the tables or the file.
    #[error("this is no database of Hachok; it may be another program's")]
    Foreign,
    /// Another process serves the file.
    #[error("another Hachok is running on {path}; stop it first", path = .0.display())]
    InUse(PathBuf),
    /// A file cannot be opened, read or created.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, std::io::Error),
    /// SQLite reported that the file is corrupt or is not a database.
    #[error("the database file is damaged: {0}")]
    Damaged(String),
    /// The file was found moved or damaged before; the write is refused at once.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// SQLite is older than 3.51.3.
    #[error("SQLite {0} can corrupt its log; at least 3.51.3 is needed")]
    OldSqlite(String),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(String),
    /// [`Db::close`](super::Db::close) was called: the process is ending.
    #[error("the database is closed")]
    Closed,
    /// The thread or task of a job ended before its answer.
    #[error("the database task ended")]
    TaskFailed,
    /// A job panicked; its transaction was rolled back.
    #[error("the database task panicked")]
    Panicked,
}

/// SQLite's text for SQLITE_READONLY (sqlite3ErrStr).
const READ_ONLY: &str = "attempt to write a readonly database";

/// SQLite's texts for SQLITE_CORRUPT and SQLITE_NOTADB (sqlite3ErrStr, sqlite3InitOne): diesel does not pass the codes on.
const DAMAGED: [&str; 3] = ["database disk image is malformed", "file is not a database", "malformed database schema"];

impl From<Query> for Error {
    /// A broken connection becomes [`Error::Connection`]: the pool replaces it, so a repeated call may succeed.
    fn from(error: Query) -> Self {
        use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, UnableToSendCommand};
        match error {
            Query::DatabaseError(ClosedConnection | UnableToSendCommand, info) => broken_connection(info.message()),
            // SQLSTATE 25006.
            Query::DatabaseError(ReadOnlyTransaction, info) => Self::ReadOnly(info.message().to_owned()),
            Query::DatabaseError(_, info) if info.message() == READ_ONLY => Self::ReadOnly(info.message().to_owned()),
            Query::DatabaseError(_, info) if DAMAGED.iter().any(|text| info.message().starts_with(text)) => {
                Self::Damaged(info.message().to_owned())
            }
            other => Self::Query(other),
        }
    }
}

impl From<diesel::ConnectionError> for Error {
    fn from(error: diesel::ConnectionError) -> Self {
        match error {
            diesel::ConnectionError::BadConnection(text) => broken_connection(&text),
            other => Self::Connection(other),
        }
    }
}

/// Joins libpq's lines, one for each address that it tried, so that the error is one line of the log.
fn broken_connection(text: &str) -> Error {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Error::Connection(diesel::ConnectionError::BadConnection(lines.join("; ")))
}

impl Error {
    /// Whether the same call may succeed later. Any other error must not be answered by "try again later": the sender
    /// would repeat the request for ever.
    pub fn is_temporary(&self) -> bool {
        use DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, RestrictViolation,
        };
        match self {
            Self::Busy
            | Self::Unconfirmed
            | Self::RowLocked
            | Self::ClockSet
            | Self::ReadOnly(_)
            | Self::Connection(_)
            | Self::Closed
            | Self::TaskFailed => true,
            // Until an administrator puts the file back.
            Self::Damaged(_) | Self::Unusable(_) => true,
            Self::Query(Query::DatabaseError(kind, info)) => match kind {
                NotNullViolation | CheckViolation | ForeignKeyViolation | RestrictViolation | ExclusionViolation => {
                    false
                }
                // SQLSTATE 22021, text with U+0000, which Postgres does not store. diesel does not pass the code on; the
                // message ends with the byte in every language.
                _ => !info.message().ends_with("0x00"),
            },
            // The commit failed and the transaction was rolled back.
            Self::Query(Query::RollbackErrorOnCommit { .. } | Query::BrokenTransactionManager) => true,
            // The query, its parameters or the stored rows are wrong.
            Self::Query(_) | Self::Secret(_) | Self::CorruptValue(_) => false,
            Self::Newer(_) | Self::Foreign | Self::InUse(_) | Self::File(..) => false,
            Self::OldSqlite(_) | Self::Migration(_) | Self::Panicked | Self::TooManyRows | Self::KeyReused => false,
        }
    }

    /// Whether the error says that the database as a whole takes no writes now, and nothing about the rows.
    pub fn is_outage(&self) -> bool {
        use DatabaseErrorKind::{SerializationFailure, Unknown};
        match self {
            Self::Busy | Self::Unconfirmed | Self::ReadOnly(_) | Self::Connection(_) | Self::Damaged(_) => true,
            // A full disk, an I/O error, a missing column or right: neither diesel nor SQLite distinguishes them.
            Self::Query(Query::DatabaseError(Unknown, info)) => !info.message().ends_with("0x00"),
            Self::Query(Query::RollbackErrorOnCommit { .. } | Query::BrokenTransactionManager) => true,
            // A deadlock ended this transaction; the next is not concerned.
            Self::Query(Query::DatabaseError(SerializationFailure, _)) => false,
            _ => false,
        }
    }

    /// Whether a statement or its job failed: perhaps because of one row, so that others succeed without it.
    pub const fn is_of_statement(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Panicked | Self::CorruptValue(_))
    }

    /// Whether a unique index refused the row.
    pub const fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Query(Query::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Logs the error at level `error`; `consequence` is the text of the line. An outage is one line when it begins, so
    /// its consequences are at level `debug`, as is a clock that was set: the next try follows it. A damaged or moved file was
    /// logged when it was found, and a call after the close of the database is no fault: these log nothing.
    pub fn log(&self, consequence: &str) {
        if matches!(self, Self::Damaged(_) | Self::Unusable(_) | Self::Closed) {
            return;
        }
        if self.is_outage() || matches!(self, Self::ClockSet) {
            tracing::debug!(error = %self, "{consequence}");
        } else {
            tracing::error!(error = %self, "{consequence}");
        }
    }

    /// Logs the beginning of an outage.
    pub(in crate::db) fn log_outage(&self) {
        if !matches!(self, Self::Damaged(_)) {
            tracing::error!(error = %self, "the database cannot be written to");
        }
    }
}

/// An error of a job. Any error of a job rolls its transaction back.
pub trait JobError: From<Error> + Send + 'static {
    /// The error of the database; `None` if the job itself refused.
    fn database(&self) -> Option<&Error>;
}

impl JobError for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

/// The error of a job that may refuse: it finds that what it was asked for cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<R> {
    /// A query or the connection failed.
    #[error(transparent)]
    Database(#[from] Error),
    /// The job refused.
    #[error("refused")]
    Refused(R),
}

impl<R> WriteError<R> {
    /// Converts the refusal.
    pub fn into_refusal<S: From<R>>(self) -> WriteError<S> {
        match self {
            Self::Database(error) => WriteError::Database(error),
            Self::Refused(refused) => WriteError::Refused(refused.into()),
        }
    }
}

impl<R: Send + 'static> JobError for WriteError<R> {
    fn database(&self) -> Option<&Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Refused(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_temporary_only_if_the_same_call_may_succeed_later() {
        let refused = |kind, text: &str| Error::from(Query::DatabaseError(kind, Box::new(text.to_owned())));
        let nul = r#"invalid byte sequence for encoding "UTF8": 0x00"#;
        for (error, temporary) in [
            (Error::Busy, true),
            (refused(DatabaseErrorKind::ClosedConnection, "gone"), true),
            (refused(DatabaseErrorKind::SerializationFailure, "deadlock"), true),
            (refused(DatabaseErrorKind::ReadOnlyTransaction, "read only"), true),
            (Error::Unconfirmed, true),
            (refused(DatabaseErrorKind::Unknown, "database or disk is full"), true),
            (refused(DatabaseErrorKind::Unknown, nul), false),
            (refused(DatabaseErrorKind::NotNullViolation, "null"), false),
            (refused(DatabaseErrorKind::ForeignKeyViolation, "key"), false),
            (Error::from(Query::NotFound), false),
            (Error::from(Query::SerializationError("x".into())), false),
            (Error::CorruptValue("outcome"), false),
            (Error::Panicked, false),
        ] {
            assert_eq!(error.is_temporary(), temporary, "{error:?}");
        }
    }
}

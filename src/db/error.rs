//! What can go wrong with the database.

use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as Query};

/// Why a database file is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Another file stands in its place, or none: what is written would be lost.
    #[error("the database file was moved, removed or replaced")]
    Moved,
    /// SQLite found damage.
    #[error("the database file is damaged")]
    Damaged,
}

/// A query or a connection that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not finish a query.
    #[error("database: {0}")]
    Query(Query),
    /// No connection.
    #[error("database: {0}")]
    Connection(diesel::ConnectionError),
    /// No connection became free in time, or the writer's queue was full for 5 s.
    #[error("the database is busy")]
    Busy,
    /// A stored secret does not open.
    #[error(transparent)]
    Secret(#[from] crate::domain::secret_box::CannotOpen),
    /// A stored value has no meaning: damage, or a newer version's data.
    #[error("the database holds an unknown {0}")]
    Meaning(&'static str),
    /// The tables are of a newer version.
    #[error("the database was made by a newer Hachok (migration {0}); this is {own}", own = env!("CARGO_PKG_VERSION"))]
    Newer(String),
    /// The tables are of another program.
    #[error("this is no database of Hachok; it may be another program's")]
    Foreign,
    /// Another process serves the file.
    #[error("another Hachok is running on {path}; stop it first", path = .0.display())]
    InUse(PathBuf),
    /// A file cannot be opened or made.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, std::io::Error),
    /// SQLite found that the file is damaged or no database.
    #[error("the database file is damaged: {0}")]
    Damaged(String),
    /// The database's file was found to be of no use before: refused at once.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// SQLite older than 3.51.3.
    #[error("SQLite {0} can corrupt its log; at least 3.51.3 is needed")]
    OldSqlite(String),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(String),
    /// The process is ending.
    #[error("the database is closed")]
    Closed,
    /// The thread of a job ended.
    #[error("the database task ended")]
    Ended,
    /// A database job panicked.
    #[error("the database task panicked")]
    Panicked,
}

/// SQLite's words for SQLITE_CORRUPT and SQLITE_NOTADB (sqlite3ErrStr, sqlite3InitOne); diesel does not tell the codes.
const DAMAGED: [&str; 3] = ["database disk image is malformed", "file is not a database", "malformed database schema"];

impl From<Query> for Error {
    /// A connection that broke is replaced: whoever asks again will be heard.
    fn from(error: Query) -> Self {
        use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        match error {
            Query::DatabaseError(ClosedConnection | UnableToSendCommand, told) => broken_connection(told.message()),
            Query::DatabaseError(_, told) if DAMAGED.iter().any(|text| told.message().starts_with(text)) => {
                Self::Damaged(told.message().to_owned())
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

/// libpq complains in several lines, one for each address that it tried.
fn broken_connection(text: &str) -> Error {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Error::Connection(diesel::ConnectionError::BadConnection(lines.join("; ")))
}

impl Error {
    /// Waiting may mend it: the same call may succeed later. What no waiting mends must not be answered by "try again
    /// later", or its sender never stops.
    pub fn is_temporary(&self) -> bool {
        use DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, RestrictViolation,
        };
        match self {
            Self::Busy | Self::Connection(_) | Self::Closed | Self::Ended => true,
            // Until somebody puts the file back.
            Self::Damaged(_) | Self::Unusable(_) => true,
            Self::Query(Query::DatabaseError(kind, told)) => match kind {
                NotNullViolation | CheckViolation | ForeignKeyViolation | RestrictViolation | ExclusionViolation => {
                    false
                }
                // SQLSTATE 22021, which diesel does not hand on: text with U+0000, which Postgres does not store. Its
                // message ends with the byte in all languages.
                _ => !told.message().ends_with("0x00"),
            },
            // The transaction was rolled back while it was committed.
            Self::Query(Query::RollbackErrorOnCommit { .. } | Query::BrokenTransactionManager) => true,
            // The query itself, or what it was given or found, is wrong.
            Self::Query(_) | Self::Secret(_) | Self::Meaning(_) => false,
            Self::Newer(_) | Self::Foreign | Self::InUse(_) | Self::File(..) => false,
            Self::OldSqlite(_) | Self::Migration(_) | Self::Panicked => false,
        }
    }

    /// A UNIQUE rule said no.
    pub const fn is_taken(&self) -> bool {
        matches!(self, Self::Query(Query::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Logs what did not work because of it. Damage and a file that is of no use were logged when
    /// that was found, and what is asked at the end of the process is no fault.
    pub fn log(&self, what: &str) {
        if !matches!(self, Self::Damaged(_) | Self::Unusable(_) | Self::Closed) {
            tracing::error!(error = %self, "{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waiting_can_mend_is_temporary() {
        let told = |kind, text: &str| Error::from(Query::DatabaseError(kind, Box::new(text.to_owned())));
        let nul = r#"invalid byte sequence for encoding "UTF8": 0x00"#;
        for (error, temporary) in [
            (Error::Busy, true),
            (told(DatabaseErrorKind::ClosedConnection, "gone"), true),
            (told(DatabaseErrorKind::SerializationFailure, "deadlock"), true),
            (told(DatabaseErrorKind::ReadOnlyTransaction, "read only"), true),
            (told(DatabaseErrorKind::Unknown, "database or disk is full"), true),
            (told(DatabaseErrorKind::Unknown, nul), false),
            (told(DatabaseErrorKind::NotNullViolation, "null"), false),
            (told(DatabaseErrorKind::ForeignKeyViolation, "key"), false),
            (Error::from(Query::NotFound), false),
            (Error::from(Query::SerializationError("odd".into())), false),
            (Error::Meaning("outcome"), false),
            (Error::Panicked, false),
        ] {
            assert_eq!(error.is_temporary(), temporary, "{error:?}");
        }
    }
}

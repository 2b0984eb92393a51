//! What can go wrong with the database.

use diesel::result::{DatabaseErrorKind, Error as Query};

/// A query or a connection that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not finish a query.
    #[error("database: {0}")]
    Query(Query),
    /// No connection.
    #[error("database: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// No connection became free in time, or the writer's queue was full for 5 s.
    #[error("the database is busy")]
    Busy,
    /// A stored secret does not open.
    #[error(transparent)]
    Secret(#[from] crate::domain::sealed::CannotOpen),
    /// A stored value has no meaning: damage, or a newer version's data.
    #[error("the database holds an unknown {0}")]
    Meaning(&'static str),
    /// SQLite older than 3.51.3.
    #[error("SQLite {0} can corrupt its log; at least 3.51.3 is needed")]
    OldSqlite(String),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(String),
    /// A job of ours panicked or its thread ended.
    #[error("the database task ended")]
    Ended,
}

impl From<Query> for Error {
    /// A connection that broke is replaced: whoever asks again will be heard.
    fn from(error: Query) -> Self {
        use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        match error {
            Query::DatabaseError(ClosedConnection | UnableToSendCommand, told) => {
                Self::Connection(diesel::ConnectionError::BadConnection(told.message().to_owned()))
            }
            other => Self::Query(other),
        }
    }
}

impl Error {
    /// A UNIQUE rule said no.
    pub const fn is_taken(&self) -> bool {
        matches!(self, Self::Query(Query::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}

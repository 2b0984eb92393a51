//! The database of a test.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

/// A database that no other test uses.
pub enum Database {
    /// The default file, `data/hachok.db` in the test's folder.
    Sqlite,
    /// A fresh database on the server of `HACHOK_TEST_DATABASE`.
    Postgres { server: String, name: String },
    /// A database that exists already and is not dropped.
    Given(String),
}

impl Database {
    /// Creates one on the server of `HACHOK_TEST_DATABASE`, or chooses SQLite.
    pub fn fresh() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        match std::env::var("HACHOK_TEST_DATABASE") {
            Ok(server) if server.starts_with("postgres") => {
                let server = server.trim_end_matches('/').to_owned();
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("hachok_test_{}_{count}", std::process::id());
                psql(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
                Self::Postgres { server, name }
            }
            _ => Self::Sqlite,
        }
    }

    /// `DATABASE_URL`, unless it is the default.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { server, name } => Some(format!("{server}/{name}")),
            Self::Given(url) => Some(url.clone()),
        }
    }

    /// Runs SQL; `file` is the path of a SQLite database.
    pub fn execute(&self, file: &Path, statement: &str) {
        match self {
            Self::Sqlite => {
                let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("the database");
                connection.batch_execute("PRAGMA busy_timeout = 5000").expect("a timeout");
                connection.batch_execute(statement).expect(statement);
            }
            Self::Postgres { server, name } => psql(&format!("{server}/{name}"), statement),
            Self::Given(url) => psql(url, statement),
        }
    }
}

impl Database {
    /// The single value that a query returns on Postgres; `None` on SQLite.
    pub fn query_postgres(&self, question: &str) -> Option<String> {
        let url = self.url().filter(|url| url.starts_with("postgres"))?;
        let ran = Command::new("psql").args(["-XqAtc", question, &url]).output().expect("psql");
        Some(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            psql(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(url: &str, statement: &str) {
    let ran = Command::new("psql").args(["-Xqc", statement, url]).output().expect("psql");
    if !ran.status.success() && !std::thread::panicking() {
        panic!("{statement}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// Runs statements on a SQLite file; creates it if it is missing.
pub fn sqlite(file: &Path, statements: &str) {
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("a file");
    connection.batch_execute(statements).expect(statements);
}

/// A read transaction that stays open until this is dropped. It acts as one of another process would.
pub struct SqliteReader(#[expect(dead_code, reason = "held open")] SqliteConnection);

impl SqliteReader {
    /// Starts the transaction with a query.
    pub fn begin(file: &Path) -> Self {
        let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("the database");
        connection.batch_execute("BEGIN; SELECT COUNT(*) FROM events").expect("a reader");
        Self(connection)
    }
}

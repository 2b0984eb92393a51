//! Where a test's data stands.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

/// A database of one test alone.
pub enum Database {
    /// The default file, `data/hachok.db` in the test's folder.
    Sqlite,
    /// A fresh database on the server of `HACHOK_TEST_DATABASE`.
    Postgres { server: String, name: String },
    /// One that belongs to somebody else.
    Given(String),
}

impl Database {
    /// As the environment says.
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

    /// Runs one statement; `file` is where a SQLite database stands.
    pub fn execute(&self, file: &Path, statement: &str) {
        match self {
            Self::Sqlite => {
                let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("the database");
                connection.batch_execute("PRAGMA busy_timeout = 5000").expect("a time-out");
                connection.batch_execute(statement).expect(statement);
            }
            Self::Postgres { server, name } => psql(&format!("{server}/{name}"), statement),
            Self::Given(url) => psql(url, statement),
        }
    }
}

impl Database {
    /// What Postgres answers to a question for one value; nothing on SQLite.
    pub fn ask(&self, question: &str) -> Option<String> {
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

fn psql(url: &str, sentence: &str) {
    let ran = Command::new("psql").args(["-Xqc", sentence, url]).output().expect("psql");
    if !ran.status.success() && !std::thread::panicking() {
        panic!("{sentence}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// Runs statements on a SQLite file, which is made if it is missing.
pub fn sqlite(file: &Path, statements: &str) {
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("a file");
    connection.batch_execute(statements).expect(statements);
}

/// A process of its own would do the same: a transaction that reads and does not end until this is dropped.
pub struct SqliteReader(#[expect(dead_code, reason = "held open")] SqliteConnection);

impl SqliteReader {
    /// Begins to read.
    pub fn begin(file: &Path) -> Self {
        let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("the database");
        connection.batch_execute("BEGIN; SELECT COUNT(*) FROM events").expect("a reader");
        Self(connection)
    }
}

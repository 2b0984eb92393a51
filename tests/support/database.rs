//! The database of a test.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use super::pool;

/// A database that no other test uses.
pub enum Database {
    /// The default file, `data/hachok.db` in the test's folder.
    Sqlite,
    /// A database of this process on the server of `HACHOK_TEST_DATABASE`.
    Postgres { server: String, name: String, is_pooled: bool },
    /// A database that exists already and is not dropped.
    Given(String),
}

impl Database {
    /// Creates an empty one on the server of `HACHOK_TEST_DATABASE`, or chooses SQLite.
    pub fn empty() -> Self {
        Self::on_server(|server| {
            let name = new_name();
            postgres(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
            Self::Postgres { server, name, is_pooled: false }
        })
    }

    /// One with tables on Postgres, from the pool; or SQLite, where the first command makes the tables.
    pub fn migrated() -> Self {
        Self::on_server(|server| {
            let name = pool::take(&server);
            Self::Postgres { server, name, is_pooled: true }
        })
    }

    fn on_server(create: impl FnOnce(String) -> Self) -> Self {
        match std::env::var("HACHOK_TEST_DATABASE") {
            Ok(server) if server.starts_with("postgres") => create(server.trim_end_matches('/').to_owned()),
            _ => Self::Sqlite,
        }
    }

    /// `DATABASE_URL`, unless it is the default.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { server, name, .. } => Some(format!("{server}/{name}")),
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
            Self::Postgres { server, name, .. } => postgres(&format!("{server}/{name}"), statement),
            Self::Given(url) => postgres(url, statement),
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
        if let Self::Postgres { server, name, is_pooled } = self {
            if *is_pooled && !std::thread::panicking() && pool::put_back(server, name) {
                return;
            }
            postgres(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// How the names of databases of tests begin; the id of the process and a number follow.
pub(super) const DATABASE_PREFIX: &str = "hachok_test_";

/// A name of a database that no other test process uses.
pub(super) fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{DATABASE_PREFIX}{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs SQL on a Postgres database.
pub(super) fn postgres(url: &str, statement: &str) {
    let ran = PgConnection::establish(url).map_err(|error| error.to_string());
    let ran = ran.and_then(|mut conn| conn.batch_execute(statement).map_err(|error| error.to_string()));
    match ran {
        Err(error) if !std::thread::panicking() => panic!("{statement}: {error}"),
        _ => {}
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

//! Where a test's data stands.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

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
                psql(&server, &format!("CREATE DATABASE {name}"));
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
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            psql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sentence: &str) {
    let ran = Command::new("psql").args(["-Xqc", sentence, &format!("{server}/postgres")]).output().expect("psql");
    if !ran.status.success() && !std::thread::panicking() {
        panic!("{sentence}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

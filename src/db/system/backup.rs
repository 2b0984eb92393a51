//! Copies a SQLite database into one file, and checks such a file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use super::settings;
use crate::db::connection::existing::KEY_CHECK;
use crate::db::connection::migrations::{self, Tables};
use crate::db::connection::{self, Access};
use crate::db::{DbConnection, Error};
use crate::domain::secret_box::Sealed;
use crate::domain::system::database_url::DatabaseUrl;
use crate::private_files::{self, Links};

/// The number of rows in a database, for the message after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The sample that shows whether a key is the right one; `None` before the first use of a key.
    pub key_check: Option<Sealed>,
    /// Users, with disabled ones.
    pub users: i64,
    /// Webhooks that are not deleted.
    pub webhooks: i64,
    /// Stored events.
    pub events: i64,
    /// Pending deliveries.
    pub pending: i64,
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    webhooks: i64,
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = BigInt)]
    pending: i64,
}

const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM users) AS users, \
     (SELECT COUNT(*) FROM webhooks WHERE deleted_at IS NULL) AS webhooks, (SELECT COUNT(*) FROM events) AS events, \
     (SELECT COUNT(*) FROM deliveries WHERE status = 'pending') AS pending";

/// A file that is written under a temporary name and renamed when it is complete. The temporary file is locked, so that
/// two processes cannot write the same target; the rest of a killed process is overwritten.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// Creates and locks the temporary file. An error if the target exists or another process writes it.
    pub fn begin(target: &Path) -> Result<Self, Error> {
        let failed = |error| Error::File(target.to_owned(), error);
        // Also true for a symbolic link to a missing file.
        if target.symlink_metadata().is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let path = private_files::beside(target, ".unfinished");
        let file = private_files::open_or_create(&path, Links::Refused);
        let file = file.map_err(|error| Error::File(path.clone(), error))?;
        file.try_lock().map_err(|error| Error::File(path.clone(), error.into()))?;
        let begun = Self { file, path, target: target.to_owned() };
        begun.remove_parts();
        begun.file.set_len(0).map_err(failed)?;
        Ok(begun)
    }

    /// Copies a database file, with its WAL, into the temporary file.
    pub fn copy(&mut self, source: &Path) -> Result<(), Error> {
        let mut from = File::open(source).map_err(|error| Error::File(source.to_owned(), error))?;
        let failed = |error| Error::File(self.path.clone(), error);
        io::copy(&mut from, &mut self.file).map_err(failed)?;
        let log = private_files::beside(source, "-wal");
        if log.is_file() {
            // The source may be a copy of a running server's files: the WAL then holds its newest commits.
            let copied = File::open(&log).and_then(|mut from| {
                let mut into = private_files::create_new(&private_files::beside(&self.path, "-wal"))?;
                io::copy(&mut from, &mut into)
            });
            copied.map_err(|error| Error::File(log, error))?;
        }
        Ok(())
    }

    /// The temporary file as a database.
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.path.clone())
    }

    /// Renames the file to the target, durably. Returns its size in bytes.
    pub fn publish(self) -> Result<u64, Error> {
        let failed = |error| Error::File(self.target.clone(), error);
        let size = self.file.metadata().map_err(failed)?.len();
        private_files::publish(&self.file, &self.path, &self.target).map_err(failed)?;
        Ok(size)
    }

    /// Removes the files that SQLite may have left beside it.
    fn remove_parts(&self) {
        for part in ["-wal", "-shm", "-journal"] {
            // Usually the file does not exist.
            drop(fs::remove_file(private_files::beside(&self.path, part)));
        }
    }
}

impl Drop for Unfinished {
    /// Removes the temporary file, which [`Self::publish`] has renamed if it was called.
    fn drop(&mut self) {
        self.remove_parts();
        drop(fs::remove_file(&self.path));
    }
}

/// Copies a consistent state of the database without blocking writers: `VACUUM INTO` reads in one transaction. The copy has no
/// free pages.
pub fn copy_into(url: &DatabaseUrl, target: &Unfinished) -> Result<(), Error> {
    let DbConnection::Sqlite(mut conn) = connection::open(url, Access::Plain)? else { return Err(Error::Foreign) };
    // 64 MiB: spilling the pages of a large copy from a small cache is slow.
    conn.batch_execute("PRAGMA cache_size = -65536")?;
    sql_query("VACUUM INTO ?").bind::<Text, _>(target.path.to_string_lossy()).execute(&mut conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Checks every page of the file and returns its contents. [`Error::Damaged`] if the check fails, [`Error::Foreign`] if
/// Hachok did not make the tables, [`Error::Newer`] if a newer version did.
pub fn check(url: &DatabaseUrl) -> Result<Contents, Error> {
    let mut conn = connection::open(url, Access::Plain)?;
    if migrations::tables(&mut conn)? == Tables::Missing {
        return Err(Error::Foreign);
    }
    let findings: Vec<Finding> = sql_query("PRAGMA integrity_check(1)").load(&mut conn)?;
    if let Some(finding) = findings.iter().find(|finding| finding.integrity_check != "ok") {
        return Err(Error::Damaged(finding.integrity_check.lines().collect::<Vec<_>>().join("; ")));
    }
    contents(&mut conn)
}

/// The contents of a database, without a check.
pub fn contents_of(url: &DatabaseUrl) -> Result<Contents, Error> {
    contents(&mut connection::open(url, Access::Plain)?)
}

fn contents(conn: &mut DbConnection) -> Result<Contents, Error> {
    let counts: Counts = sql_query(COUNTS).get_result(conn)?;
    let key_check = settings::get(conn, KEY_CHECK)?.map(Sealed);
    let Counts { users, webhooks, events, pending } = counts;
    Ok(Contents { key_check, users, webhooks, events, pending })
}

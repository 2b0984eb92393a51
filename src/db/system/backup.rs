//! A copy of a SQLite database in one file, and what such a file holds.

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
use crate::db::{DatabaseUrl, DbConnection, Error};
use crate::domain::secret_box::Sealed;
use crate::private_files;

/// What a database holds, for the message after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// What its key is tried on.
    pub key_check: Option<Sealed>,
    /// People who sign in.
    pub users: i64,
    /// Webhooks that are not deleted.
    pub webhooks: i64,
    /// Events.
    pub events: i64,
    /// Deliveries that wait to be sent.
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

/// A file that is being written under a name of its own, to get its name when it is whole. Two that write the same one
/// at once do not meet: the name is locked. What a killed process left is overwritten.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// Begins; a target that exists is refused.
    pub fn begin(target: &Path) -> Result<Self, Error> {
        let failed = |error| Error::File(target.to_owned(), error);
        // Also a link that leads nowhere.
        if target.symlink_metadata().is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let path = private_files::beside(target, ".unfinished");
        let file = private_files::open_or_create(&path).map_err(|error| Error::File(path.clone(), error))?;
        file.try_lock().map_err(|error| Error::File(path.clone(), error.into()))?;
        let begun = Self { file, path, target: target.to_owned() };
        begun.remove_parts();
        begun.file.set_len(0).map_err(failed)?;
        Ok(begun)
    }

    /// The file of another path becomes this one, to be checked before it gets its name.
    pub fn copy(&mut self, source: &Path) -> Result<(), Error> {
        let mut from = File::open(source).map_err(|error| Error::File(source.to_owned(), error))?;
        let failed = |error| Error::File(self.path.clone(), error);
        io::copy(&mut from, &mut self.file).map_err(failed)?;
        let log = private_files::beside(source, "-wal");
        if log.is_file() {
            // A copy of a running server's files: its newest commits are in the log.
            fs::copy(&log, private_files::beside(&self.path, "-wal")).map_err(|error| Error::File(log, error))?;
        }
        Ok(())
    }

    /// As a database.
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.path.clone())
    }

    /// Gives the file its name, durably; its size.
    pub fn publish(self) -> Result<u64, Error> {
        let failed = |error| Error::File(self.target.clone(), error);
        let size = self.file.metadata().map_err(failed)?.len();
        private_files::publish(&self.file, &self.path, &self.target).map_err(failed)?;
        Ok(size)
    }

    /// What SQLite may have left beside it.
    fn remove_parts(&self) {
        for part in ["-wal", "-shm", "-journal"] {
            // There is none, as a rule.
            drop(fs::remove_file(private_files::beside(&self.path, part)));
        }
    }
}

impl Drop for Unfinished {
    /// What has its name by now is no more under this one.
    fn drop(&mut self) {
        self.remove_parts();
        drop(fs::remove_file(&self.path));
    }
}

/// Copies a database as it is at one moment; writers are not held up. `VACUUM INTO` reads in one transaction and leaves
/// no free pages in the copy.
pub fn copy_into(url: &DatabaseUrl, target: &Unfinished) -> Result<(), Error> {
    let DbConnection::Sqlite(mut conn) = connection::open(url, Access::Plain)? else { return Err(Error::Foreign) };
    // Its cache is of no use to a page that is read once; spilling a large copy from a small one is slow.
    conn.batch_execute("PRAGMA cache_size = -65536")?;
    sql_query("VACUUM INTO ?").bind::<Text, _>(target.path.to_string_lossy()).execute(&mut conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Checks every page, and that the tables are ours and not of a newer version; what the database holds.
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

/// What a database holds, without a check.
pub fn contents_of(url: &DatabaseUrl) -> Result<Contents, Error> {
    contents(&mut connection::open(url, Access::Plain)?)
}

fn contents(conn: &mut DbConnection) -> Result<Contents, Error> {
    let counts: Counts = sql_query(COUNTS).get_result(conn)?;
    let key_check = settings::get(conn, KEY_CHECK)?.map(Sealed);
    let Counts { users, webhooks, events, pending } = counts;
    Ok(Contents { key_check, users, webhooks, events, pending })
}

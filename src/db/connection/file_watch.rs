//! Checks every 2 s that the SQLite file is still the one that was opened, and still a database.
//!
//! Writes to a file that was moved away or removed succeed and are lost with it, and SQLite answers from its caches long
//! after the file was overwritten.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::Access;
use crate::db::connection;
use crate::db::{Db, DbConnection, Error, Unusable};
use crate::{fault_injection, private_files};

/// The pause between two checks: `/readyz` has to report a lost file within 5 s.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// The first bytes of every SQLite file (sqlite.org/fileformat2.html, 1.3.1).
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Device and inode of a file; `None` if it does not exist.
type Identity = Option<(u64, u64)>;

fn identity(path: &Path) -> io::Result<Identity> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Db {
    /// Why the database cannot be written to, if the file was found moved or damaged.
    pub fn unusable(&self) -> Option<Unusable> {
        self.usable.check().err()
    }

    /// Checks the file until the database is closed. Waits for ever on Postgres, which has no file.
    pub async fn watch_file(self) {
        let Some(path) = self.url.file().map(Path::to_owned) else { return std::future::pending().await };
        let log = private_files::beside(&path, "-wal");
        // SQLite does not remove the WAL while a connection is open, so a WAL that changes was replaced.
        let opened = self.lock.as_ref().and_then(|lock| lock.database()?.metadata().ok());
        let (mut file_known, mut log_known) = (opened.map(|file| (file.dev(), file.ino())), None);
        while !self.link.is_closed() {
            fault_injection::panic_point("file-watch");
            if let (Ok(file_now), Ok(log_now)) = (identity(&path), identity(&log)) {
                file_known = file_known.or(file_now);
                log_known = log_known.or(log_now);
                self.usable.set_moved(file_now != file_known || log_now != log_known);
            }
            // Takes a reader's permit, so that `close` waits for the check.
            if self.usable.check().is_ok()
                && let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await
            {
                let db = self.clone();
                // Awaited, so that a disk that hangs blocks one thread and not one more for every check.
                let check = move || {
                    let _permit = permit;
                    db.check_file();
                };
                drop(tokio::task::spawn_blocking(check).await);
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }

    fn check_file(&self) {
        if self.link.is_closed() {
            return;
        }
        if let Some(file) = self.lock.as_ref().and_then(|lock| lock.database()) {
            let mut start = [0; SQLITE_MAGIC.len()];
            let is_sqlite = match file.read_exact_at(&mut start, 0) {
                Ok(()) => &start == SQLITE_MAGIC,
                Err(error) => error.kind() != ErrorKind::UnexpectedEof,
            };
            if !is_sqlite {
                return self.usable.note(&Error::Damaged("file is not a database".into()));
            }
        }
        // On a new connection: the others would answer from their caches.
        let opened = connection::open(&self.url, Access::ReadOnly);
        if let Err(error) = opened.and_then(|mut conn| read_last_rows(&mut conn)) {
            self.usable.note(&error);
        }
    }
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    /// 1 if the table has no `rowid`.
    #[diesel(sql_type = BigInt, column_name = "wr")]
    without_rowid: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<BigInt>, column_name = "number")]
    _number: Option<i64>,
}

/// Reads the schema, and in each table the pages on the path to its last row: one to four a table.
fn read_last_rows(conn: &mut DbConnection) -> Result<(), Error> {
    let tables: Vec<Table> =
        sql_query("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").load(conn)?;
    for Table { name, without_rowid } in tables {
        // The names come from Hachok's own schema, so they need no escaping.
        let statement = if without_rowid == 0 {
            format!("SELECT MAX(rowid) AS number FROM \"{name}\"")
        } else {
            format!("SELECT EXISTS (SELECT 1 FROM \"{name}\" LIMIT 1) AS number")
        };
        sql_query(statement).load::<Row>(conn)?;
    }
    Ok(())
}

//! Whether the SQLite file under a running server is still the one that was opened, and still a database.
//!
//! Writes to a file that was moved away or removed succeed, and are lost with it. SQLite answers from its caches long
//! after the file has become something else. So the server looks every two seconds.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::Access;
use crate::db::connection;
use crate::db::{Db, DbConnection, Error, Unusable};
use crate::private_files;

/// How often to look. `/readyz` is to tell within 5 s.
const EVERY: Duration = Duration::from_secs(2);
/// The beginning of every SQLite file (sqlite.org/fileformat2.html, 1.3.1).
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Whether the file may be used. Damage stays until the next start; a file that is moved back is used again.
#[derive(Debug, Default)]
pub struct Usable(AtomicU8);

const GOOD: u8 = 0;
const MOVED: u8 = 1;
const DAMAGED: u8 = 2;

impl Usable {
    /// Refuses what would write to a file that is of no use.
    pub fn check(&self) -> Result<(), Unusable> {
        match self.0.load(Ordering::Relaxed) {
            GOOD => Ok(()),
            MOVED => Err(Unusable::Moved),
            _ => Err(Unusable::Damaged),
        }
    }

    /// Any statement may be the one that finds the damage.
    pub fn note(&self, error: &Error) {
        if let Error::Damaged(text) = error
            && self.0.swap(DAMAGED, Ordering::Relaxed) != DAMAGED
        {
            tracing::error!(error = text, "the database file is damaged: nothing is accepted until it is restored");
        }
    }

    fn set_moved(&self, moved: bool) {
        let (from, to) = if moved { (GOOD, MOVED) } else { (MOVED, GOOD) };
        if self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        if moved {
            tracing::error!("the database file was moved, removed or replaced: nothing is accepted until it is back");
        } else {
            tracing::info!("the database file is back");
        }
    }
}

/// A file's device and inode; `None` if it is not there.
type Identity = Option<(u64, u64)>;

fn identity(path: &Path) -> io::Result<Identity> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Db {
    /// Why the database cannot be written to, where that is certain.
    pub fn unusable(&self) -> Option<Unusable> {
        self.usable.check().err()
    }

    /// Looks at the file until the process ends. Nothing to do on Postgres.
    pub async fn watch_file(self) {
        let Some(path) = self.url.file().map(Path::to_owned) else { return };
        let log = private_files::beside(&path, "-wal");
        // While a connection is open SQLite keeps its log.
        let opened = self.lock.as_ref().and_then(|lock| lock.database()?.metadata().ok());
        let (mut file_known, mut log_known) = (opened.map(|file| (file.dev(), file.ino())), None);
        while !self.link.is_closed() {
            if let (Ok(file_now), Ok(log_now)) = (identity(&path), identity(&log)) {
                file_known = file_known.or(file_now);
                log_known = log_known.or(log_now);
                self.usable.set_moved(file_now != file_known || log_now != log_known);
            }
            // As a reader among the others: the end of the process waits for it.
            if self.usable.check().is_ok()
                && let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await
            {
                let db = self.clone();
                // A probe that does not come back (a disk that hangs) is not repeated meanwhile.
                let probe = move || {
                    let _turn = turn;
                    db.probe();
                };
                drop(tokio::task::spawn_blocking(probe).await);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    fn probe(&self) {
        if self.link.is_closed() {
            return;
        }
        if let Some(file) = self.lock.as_ref().and_then(|lock| lock.database()) {
            let mut header = [0; HEADER.len()];
            let is_sqlite = match file.read_exact_at(&mut header, 0) {
                Ok(()) => &header == HEADER,
                Err(error) => error.kind() != ErrorKind::UnexpectedEof,
            };
            if !is_sqlite {
                return self.usable.note(&Error::Damaged("file is not a database".into()));
            }
        }
        // A connection of its own: the others have what they read before in their caches.
        let opened = connection::open(&self.url, Access::ReadOnly);
        if let Err(error) = opened.and_then(|mut conn| last_rows(&mut conn)) {
            self.usable.note(&error);
        }
    }
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    wr: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<BigInt>, column_name = "number")]
    _number: Option<i64>,
}

/// Reads the schema, and of each table the way to its last row: a page or four each.
fn last_rows(conn: &mut DbConnection) -> Result<(), Error> {
    let tables: Vec<Table> =
        sql_query("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").load(conn)?;
    for Table { name, wr } in tables {
        // The names are those of our own schema.
        let row = if wr == 0 { "MAX(rowid)" } else { "EXISTS (SELECT 1 FROM {} LIMIT 1)" };
        let row = row.replace("{}", &format!("\"{name}\""));
        let from = if wr == 0 { format!(" FROM \"{name}\"") } else { String::new() };
        sql_query(format!("SELECT {row} AS number{from}")).load::<Row>(conn)?;
    }
    Ok(())
}

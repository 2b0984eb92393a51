//! One server for a SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::db::Error;
use crate::private_files;

/// Held by the process that serves a SQLite file. Another one that asks for it is refused, whatever name it knows the
/// file by: on Linux the lock is on the file itself, so symbolic and hard links, working folders and mounts lead to the
/// same lock, and there is no file beside it that could be removed.
///
/// flock(2) on this descriptor and the fcntl(2) locks of SQLite do not see each other on Linux. But closing any
/// descriptor of a file drops all fcntl locks that the process has on it (sqlite.org/howtocorrupt.html, 2.2): so the
/// lock outlives every connection, and nothing else in the process opens the file but SQLite. Other systems have one
/// kind of lock for both, which SQLite would run into: there it is on a file beside.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

const ON_THE_FILE_ITSELF: bool = cfg!(target_os = "linux");

impl FileLock {
    /// Takes the lock of a file that exists; nothing if it does not.
    pub fn of_existing(path: &Path) -> Result<Option<Self>, Error> {
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Self::on(file, path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::File(path.to_owned(), error)),
        }
    }

    /// Takes the lock; a missing file is made, empty.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let file = private_files::open_or_create(path).map_err(|error| Error::File(path.to_owned(), error))?;
        Self::on(file, path)
    }

    fn on(database: File, path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::File(path.to_owned(), error);
        if !database.metadata().map_err(failed)?.is_file() {
            return Err(Error::File(path.to_owned(), ErrorKind::InvalidInput.into()));
        }
        let file = if ON_THE_FILE_ITSELF {
            database
        } else {
            let real = path.canonicalize().map_err(failed)?;
            private_files::open_or_create(&private_files::beside(&real, ".lock")).map_err(failed)?
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(PathBuf::from(path))),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The database's file, where the lock is on it: the one descriptor through which it may be read beside SQLite.
    pub(in crate::db) const fn database(&self) -> Option<&File> {
        if ON_THE_FILE_ITSELF { Some(&self.file) } else { None }
    }
}

//! Lets only one process serve a SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::db::Error;
use crate::private_files::{self, Links};

/// The lock of the process that serves a SQLite file. A second process gets [`Error::InUse`], by whichever name it opens
/// the file: on Linux the lock is on the file itself, so symbolic links, hard links, working folders and mounts lead to
/// the same lock, and there is no separate lock file that could be removed.
///
/// On Linux flock(2) on this descriptor and the fcntl(2) locks of SQLite are independent. But closing any descriptor of
/// a file drops all fcntl locks that the process holds on it (sqlite.org/howtocorrupt.html, 2.2). So this lock outlives
/// every connection, and in this process only SQLite opens the file besides. Elsewhere both calls may share one kind of lock,
/// which would block SQLite; there the lock is on a separate file with the suffix `.lock`.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

const ON_THE_FILE_ITSELF: bool = cfg!(target_os = "linux");

impl FileLock {
    /// Locks a file that exists; `None` if it does not. [`Error::InUse`] if another process holds the lock.
    pub fn of_existing(path: &Path) -> Result<Option<Self>, Error> {
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Self::on(file, path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::File(path.to_owned(), error)),
        }
    }

    /// Locks the file; creates it empty if it is missing. [`Error::InUse`] if another process holds the lock.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let file = private_files::open_or_create(path, Links::Followed);
        let file = file.map_err(|error| Error::File(path.to_owned(), error))?;
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
            private_files::open_or_create(&private_files::beside(&real, ".lock"), Links::Refused).map_err(failed)?
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(PathBuf::from(path))),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The database file, where the lock is on it. It may be read beside SQLite only through this descriptor.
    pub(in crate::db) const fn database(&self) -> Option<&File> {
        if ON_THE_FILE_ITSELF { Some(&self.file) } else { None }
    }
}

//! What is where the settings say that the database is, before anything is opened for use or made.

use super::Access;
use super::migrations::{self, Tables};
use crate::db::connection;
use crate::db::system::settings;
use crate::db::{DatabaseUrl, Error};
use crate::domain::secret_box::Sealed;

/// A database that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Migrations are pending.
    pub is_older: bool,
    /// What its key is tried on; none before its first use.
    pub key_check: Option<Sealed>,
}

/// The setting with the sample that keys are tried on.
pub const KEY_CHECK: &str = "key_check";

/// Looks without making or changing anything. `None`: no file or an empty one, or no Hachok tables.
pub fn look(url: &DatabaseUrl) -> Result<Option<Existing>, Error> {
    if let Some(path) = url.file() {
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() == 0 => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::File(path.to_owned(), error)),
            Ok(_) => {}
        }
    }
    let mut conn = connection::open(url, Access::Plain)?;
    let tables = migrations::tables(&mut conn)?;
    if tables == Tables::Missing {
        return Ok(None);
    }
    let key_check = settings::get(&mut conn, KEY_CHECK)?.map(Sealed);
    Ok(Some(Existing { is_older: tables == Tables::Older, key_check }))
}

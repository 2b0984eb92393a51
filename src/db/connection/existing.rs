//! Looks at the database that the settings name, before it is opened for use or created.

use super::Access;
use super::migrations::{self, Tables};
use crate::db::system::settings;
use crate::db::{Error, connection};
use crate::domain::secret_box::Sealed;
use crate::domain::system::database_url::DatabaseUrl;

/// A database with Hachok's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Whether migrations are pending.
    pub is_older: bool,
    /// The sample that shows whether a key is the right one; `None` before the first use of a key.
    pub key_check: Option<Sealed>,
}

/// The name of the setting that holds the sealed sample of [`Existing::key_check`].
pub const KEY_CHECK: &str = "key_check";

/// Reads the database and changes nothing. `None` if there is no file, an empty file, or no table.
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

//! `hachok migrate`.

use super::database;
use crate::command_error::Fault;
use crate::config::DataSettings;

/// Applies migrations; refused while a server has the SQLite file.
pub fn run(data: &DataSettings) -> Result<(), Fault> {
    // A database that is of no use is refused before anything is made.
    let lock = database::existing_lock(&data.database_url)?;
    database::look(&data.database_url)?;
    let _lock = match lock {
        None => database::lock_or_make(&data.database_url)?,
        lock => lock,
    };
    crate::db::migrate(&data.database_url)?;
    Ok(())
}

//! `hachok migrate`.

use super::database;
use crate::command_error::CommandError;
use crate::config::DataSettings;

/// Applies all pending migrations. Fails if a server holds the lock of the SQLite file.
pub fn run(data: &DataSettings) -> Result<(), CommandError> {
    // Refuses an unusable database before anything is created.
    let lock = database::existing_lock(&data.database_url)?;
    database::look(&data.database_url)?;
    let _lock = match lock {
        None => database::lock_or_make(&data.database_url)?,
        lock => lock,
    };
    crate::db::migrate(&data.database_url)?;
    Ok(())
}

//! `hachok migrate`.

use super::database;
use crate::command_error::CommandError;
use crate::config::DataSettings;
use crate::db::system::partitions;

/// Applies all pending migrations, and on Postgres makes the partitions of the next 60 days. Fails if a server holds the lock of the SQLite file.
pub fn run(data: &DataSettings) -> Result<(), CommandError> {
    // Refuses an unusable database before anything is created.
    let lock = database::existing_lock(&data.database_url)?;
    database::look(&data.database_url)?;
    let _lock = match lock {
        None => database::lock_or_make(&data.database_url)?,
        lock => lock,
    };
    crate::db::migrate(&data.database_url)?;
    partitions::make_all(&data.database_url)?;
    Ok(())
}

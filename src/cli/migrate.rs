//! `hachok migrate`.

use crate::config::DataSettings;
use crate::fault::Fault;

/// Applies migrations; refused while a server has the SQLite file.
pub fn run(data: &DataSettings) -> Result<(), Fault> {
    let _lock = super::serve::lock(&data.database_url)?;
    crate::db::migrate(&data.database_url)?;
    Ok(())
}

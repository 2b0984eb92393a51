//! The key file and the database, for every command.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock;
use crate::config::DataSettings;
use crate::db::{Db, settings};
use crate::domain::sealed::{Sealed, Vault};
use crate::fault::Fault;

/// Opens the database with its key; both are made if they are missing.
pub async fn open(data: &DataSettings) -> Result<Db, Fault> {
    if let Some(folder) = data.database_url.file().and_then(Path::parent) {
        make_folder(folder)?;
    }
    let file = data.key_file();
    let vault = key(&file)?;
    let db = Db::open(&data.database_url, vault)?;
    check_key(&db, &file).await?;
    Ok(db)
}

/// Makes a folder and those above it; what is made is for its owner alone.
pub fn make_folder(folder: &Path) -> Result<(), Fault> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Fault::RunTime(format!("the folder {} cannot be made: {error}", folder.display())))
}

/// The key of that file: 32 bytes in base64. A missing file is made, readable by its owner alone.
fn key(file: &Path) -> Result<Vault, Fault> {
    let broken = |what: &dyn std::fmt::Display| Fault::RunTime(format!("the key file {}: {what}", file.display()));
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = file.parent() {
                make_folder(folder)?;
            }
            let text = STANDARD.encode(clock::random::<32>());
            let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
            match made.and_then(|mut made| made.write_all(text.as_bytes()).and_then(|()| made.sync_all())) {
                Ok(()) => text,
                // Another process was faster; its key is the key.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    fs::read_to_string(file).map_err(|error| broken(&error))?
                }
                Err(error) => return Err(broken(&error)),
            }
        }
        Err(error) => return Err(broken(&error)),
    };
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Vault::new).ok_or_else(|| broken(&"not 32 bytes in base64"))
}

const CHECK: &str = "key_check";

/// Refuses a key that the database's secrets were not sealed with: they would all look lost.
async fn check_key(db: &Db, file: &Path) -> Result<(), Fault> {
    if seal_if_first(db).await? {
        return Ok(());
    }
    let vault = db.vault();
    match db.read(|conn| settings::get(conn, CHECK)).await?.map(Sealed) {
        Some(sealed) if vault.open(&sealed, CHECK).is_ok() => Ok(()),
        _ => Err(Fault::RunTime(format!("the key in {} is not the one this database was made with", file.display()))),
    }
}

/// Leaves the sample that later starts try their keys on, in a new database. False if there is one: of two processes
/// that start together on Postgres the slower finds the other's.
async fn seal_if_first(db: &Db) -> Result<bool, Fault> {
    if db.read(|conn| settings::get(conn, CHECK)).await?.is_some() {
        return Ok(false);
    }
    let sealed = db.vault().seal(CHECK, CHECK, clock::random())?;
    match db.write(move |conn| settings::insert(conn, CHECK, &sealed.0)).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_taken() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

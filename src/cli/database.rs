//! The key file and the database, for every command.

use std::path::Path;

use super::{Fault, key};
use crate::config::DataSettings;
use crate::db::connection::existing::{self, Existing, KEY_CHECK};
use crate::db::connection::file_lock::FileLock;
use crate::db::system::settings;
use crate::db::{DatabaseUrl, Db};
use crate::domain::secret_box::Sealed;
use crate::{clock, private_files};

/// Opens the database to serve it; it and its key are made if they are missing.
pub async fn for_server(data: &DataSettings) -> Result<Db, Fault> {
    let lock = existing_lock(&data.database_url)?;
    let existing = look(&data.database_url)?;
    let vault = key::load_or_make(&data.key_file(), existing.as_ref())?;
    let lock = match lock {
        None => lock_or_make(&data.database_url)?,
        lock => lock,
    };
    let db = Db::open(&data.database_url, vault, lock)?;
    let started = check_key(&db, &data.key_file()).await;
    closed_if_failed(db, started).await
}

/// Runs `work` on a database that is there, beside a running server too, and closes it. Nothing is made: a command that
/// finds no database was most likely started in another folder, or without the server's settings.
pub async fn run<T>(data: &DataSettings, work: impl AsyncFnOnce(&Db) -> Result<T, Fault>) -> Result<T, Fault> {
    let existing = find(data)?;
    // Migrations need the database for themselves.
    let lock = if existing.is_older { existing_lock(&data.database_url)? } else { None };
    let vault = key::load_or_make(&data.key_file(), Some(&existing))?;
    let db = Db::open(&data.database_url, vault, lock)?;
    let done = match check_key(&db, &data.key_file()).await {
        Ok(()) => work(&db).await,
        Err(fault) => Err(fault),
    };
    db.close().await;
    done
}

/// The database of the settings; a complaint that names them if there is none.
pub fn find(data: &DataSettings) -> Result<Existing, Fault> {
    let url = &data.database_url;
    look(url)?.ok_or_else(|| {
        let place = match url.file() {
            Some(file) => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string(),
            None => url.to_string(),
        };
        Fault::RunTime(format!(
            "there is no database at {place}; DATABASE_URL or --database-url says where it is, \
             `hachok migrate` or the first start of the server makes it"
        ))
    })
}

/// What is there, if this build may look.
pub fn look(url: &DatabaseUrl) -> Result<Option<Existing>, Fault> {
    url.check_tls().map_err(|refusal| Fault::Setting(format!("--database-url {refusal}")))?;
    Ok(existing::look(url)?)
}

/// The lock of a SQLite file that is there.
pub fn existing_lock(url: &DatabaseUrl) -> Result<Option<FileLock>, Fault> {
    Ok(match url.file() {
        Some(path) => FileLock::of_existing(path)?,
        None => None,
    })
}

/// The lock of a SQLite file; the file and its folders are made if they are missing.
pub fn lock_or_make(url: &DatabaseUrl) -> Result<Option<FileLock>, Fault> {
    let Some(path) = url.file() else { return Ok(None) };
    make_folders(path.parent().unwrap_or_else(|| Path::new("")))?;
    Ok(Some(FileLock::take(path)?))
}

/// Makes a folder and those above it, for their owner alone.
pub fn make_folders(folder: &Path) -> Result<(), Fault> {
    private_files::create_folders(folder)
        .map_err(|error| Fault::RunTime(format!("the folder {} cannot be made: {error}", folder.display())))
}

/// Tries the key on the sample that the first use of a database left. Of two processes that are the first together on
/// Postgres the slower one finds the other's.
async fn check_key(db: &Db, file: &Path) -> Result<(), Fault> {
    let stored = || db.read(|conn| settings::get(conn, KEY_CHECK));
    if stored().await?.is_none() {
        let sealed = db.vault().seal(KEY_CHECK, KEY_CHECK, clock::random())?;
        match db.write(move |conn| settings::insert(conn, KEY_CHECK, &sealed.0)).await {
            Err(error) if !error.is_unique_violation() => return Err(error.into()),
            _ => {}
        }
    }
    key::check(&db.vault(), stored().await?.map(Sealed).as_ref(), file)
}

async fn closed_if_failed(db: Db, started: Result<(), Fault>) -> Result<Db, Fault> {
    match started {
        Ok(()) => Ok(db),
        Err(fault) => {
            db.close().await;
            Err(fault)
        }
    }
}

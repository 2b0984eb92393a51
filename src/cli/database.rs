//! Opens the database with its key file, for every command.

use std::path::Path;

use super::key;
use crate::command_error::CommandError;
use crate::config::DataSettings;
use crate::db::connection::existing::{self, Existing, KEY_CHECK};
use crate::db::connection::file_lock::FileLock;
use crate::db::system::settings;
use crate::db::{Db, Progress};
use crate::domain::secret_box::Sealed;
use crate::domain::system::database_url::DatabaseUrl;
use crate::{clock, private_files};

/// Opens the database for the server; creates it and its key file if they are missing. Calls `progress` before each part of
/// a migration.
pub async fn for_server(data: &DataSettings, progress: &Progress<'_>) -> Result<Db, CommandError> {
    let lock = existing_lock(&data.database_url)?;
    let existing = look(&data.database_url)?;
    let secret_box = key::load_or_make(&data.key_file(), existing.as_ref())?;
    let lock = match lock {
        None => lock_or_make(&data.database_url)?,
        lock => lock,
    };
    let db = Db::open_with_progress(&data.database_url, secret_box, lock, progress)?;
    let started = check_key(&db, &data.key_file()).await;
    closed_if_failed(db, started).await
}

/// Runs `work` on an existing database, also while a server is running, and closes it. Creates nothing: a command that
/// finds no database was probably started in another folder or without the server's settings.
pub async fn run<T>(
    data: &DataSettings,
    work: impl AsyncFnOnce(&Db) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let existing = find(data)?;
    // Migrations need exclusive access to the SQLite file.
    let lock = if existing.is_older { existing_lock(&data.database_url)? } else { None };
    let secret_box = key::load_or_make(&data.key_file(), Some(&existing))?;
    let db = Db::open(&data.database_url, secret_box, lock)?;
    let done = match check_key(&db, &data.key_file()).await {
        Ok(()) => work(&db).await,
        Err(error) => Err(error),
    };
    db.close().await;
    done
}

/// Looks at the database of the settings; if it does not exist, the error says where it was expected.
pub fn find(data: &DataSettings) -> Result<Existing, CommandError> {
    let url = &data.database_url;
    look(url)?.ok_or_else(|| {
        let place = match url.file() {
            Some(file) => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string(),
            None => url.to_string(),
        };
        CommandError::RunTime(format!(
            "there is no database at {place}; set DATABASE_URL or --database-url to its place, \
             or create it with `hachok migrate` or by starting the server"
        ))
    })
}

/// Looks at the database without changing it; `None` if it does not exist. Refuses a URL that this build cannot use
/// (TLS).
pub fn look(url: &DatabaseUrl) -> Result<Option<Existing>, CommandError> {
    url.check_tls(|name| std::env::var(name).ok())
        .map_err(|refusal| CommandError::Setting(format!("--database-url {refusal}")))?;
    Ok(existing::look(url)?)
}

/// Locks an existing SQLite file; `None` for Postgres or a missing file.
pub fn existing_lock(url: &DatabaseUrl) -> Result<Option<FileLock>, CommandError> {
    Ok(match url.file() {
        Some(path) => FileLock::of_existing(path)?,
        None => None,
    })
}

/// Locks the SQLite file; creates it and its folders if they are missing. `None` for Postgres.
pub fn lock_or_make(url: &DatabaseUrl) -> Result<Option<FileLock>, CommandError> {
    let Some(path) = url.file() else { return Ok(None) };
    make_folders(path.parent().unwrap_or_else(|| Path::new("")))?;
    Ok(Some(FileLock::take(path)?))
}

/// Creates a folder and its missing parents, for their owner only.
pub fn make_folders(folder: &Path) -> Result<(), CommandError> {
    private_files::create_folders(folder)
        .map_err(|error| CommandError::RunTime(format!("cannot create folder {}: {error}", folder.display())))
}

/// Checks the key against the sample that the first start stored. If two processes start at the same time on a new
/// Postgres database, the slower one checks against the sample of the faster.
async fn check_key(db: &Db, file: &Path) -> Result<(), CommandError> {
    let stored = || db.read(|conn| settings::get(conn, KEY_CHECK));
    if stored().await?.is_none() {
        let sealed = db.secret_box().seal(KEY_CHECK, KEY_CHECK, clock::random())?;
        match db.write(move |conn| settings::insert(conn, KEY_CHECK, &sealed.0)).await {
            Err(error) if !error.is_unique_violation() => return Err(error.into()),
            _ => {}
        }
    }
    key::check(&db.secret_box(), stored().await?.map(Sealed).as_ref(), file)
}

async fn closed_if_failed(db: Db, started: Result<(), CommandError>) -> Result<Db, CommandError> {
    match started {
        Ok(()) => Ok(db),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

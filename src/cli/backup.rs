//! `hachok backup` and `hachok restore`: copy a SQLite database to or from a single file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{database, key};
use crate::command_error::CommandError;
use crate::config::DataSettings;
use crate::db::Error;
use crate::db::connection::file_lock::FileLock;
use crate::db::system::backup::{self, Contents, Unfinished};
use crate::domain::system::database_url::DatabaseUrl;
use crate::private_files;

/// The file of the copy, and the settings that name the database.
#[derive(Args, Debug)]
pub struct Copy {
    /// File of the copy
    file: PathBuf,
    #[command(flatten)]
    data: DataSettings,
}

/// Copies the database into a new file. The server may be running.
pub fn backup(Copy { file, data }: &Copy) -> Result<(), CommandError> {
    on_sqlite(&data.database_url, |url| {
        format!("pg_dump --format=custom --file={} {url}", word(&file.to_string_lossy()))
    })?;
    let found = database::find(data)?;
    let copy = Unfinished::begin(file).map_err(refused)?;
    backup::copy_into(&data.database_url, &copy)?;
    let contents = backup::contents_of(&copy.url())?;
    let size = copy.publish()?;
    println!("{}: {}, {size} bytes", file.display(), summary(&contents));
    // The copy succeeds without its key; the warning says that the key is missing.
    let key_file = data.key_file();
    let sample = found.key_check.as_ref();
    match key::load(&key_file).and_then(|key| key.ok_or_else(|| key::missing(&key_file))) {
        Ok(secret_box) => match key::check(&secret_box, sample, &key_file) {
            Ok(()) => println!("key {} in {}: store it in another place", secret_box.check_value(), key_file.display()),
            Err(error) => eprintln!("hachok: {}", error.line()),
        },
        Err(error) => eprintln!("hachok: {}", error.line()),
    }
    Ok(())
}

/// Creates the database from a copy; refuses to overwrite an existing one.
pub fn restore(Copy { file, data }: &Copy) -> Result<(), CommandError> {
    let target =
        on_sqlite(&data.database_url, |url| format!("pg_restore --dbname={url} {}", word(&file.to_string_lossy())))?;
    let folder = target.parent().unwrap_or_else(|| Path::new(""));
    if !file.is_file() {
        return Err(CommandError::RunTime(format!("there is no file {}", file.display())));
    }
    if target.symlink_metadata().is_ok() {
        return Err(refused(Error::File(target.to_owned(), ErrorKind::AlreadyExists.into())));
    }
    // A running server changes its file during the copy. A file that is read-only cannot belong to a server.
    if let Err(Error::InUse(path)) = FileLock::of_existing(file) {
        let path = path.display();
        return Err(CommandError::RunTime(format!("a server is running on {path}; `hachok backup` copies it")));
    }
    let is_new = !folder.is_dir();
    database::make_folders(folder)?;
    let restored = put(file, target, data);
    if restored.is_err() && is_new {
        // This fails, as it should, if the folder is not empty.
        drop(fs::remove_dir(folder));
    }
    restored
}

fn put(file: &Path, target: &Path, data: &DataSettings) -> Result<(), CommandError> {
    let mut copy = Unfinished::begin(target).map_err(refused)?;
    copy.copy(file)?;
    let contents =
        backup::check(&copy.url()).map_err(|error| CommandError::RunTime(format!("{}: {error}", file.display())))?;
    let key_file = data.key_file();
    let secret_box = match (key::load(&key_file)?, &contents.key_check) {
        (None, Some(_)) => return Err(key::missing(&key_file)),
        (secret_box, _) => secret_box,
    };
    if let Some(secret_box) = &secret_box {
        key::check(secret_box, contents.key_check.as_ref(), &key_file)?;
    }
    // SQLite would apply the journal of a database that was here before to the restored one.
    for part in ["-wal", "-shm", "-journal"] {
        let part = private_files::beside(target, part);
        match fs::remove_file(&part) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::File(part, error).into()),
            _ => {}
        }
    }
    let size = copy.publish()?;
    println!("{} from {}: {}, {size} bytes", target.display(), file.display(), summary(&contents));
    Ok(())
}

fn summary(contents: &Contents) -> String {
    let Contents { users, webhooks, events, pending, .. } = contents;
    format!("{users} users, {webhooks} webhooks, {events} events, {pending} deliveries to be sent")
}

fn refused(error: Error) -> CommandError {
    match error {
        Error::File(path, error) if error.kind() == ErrorKind::AlreadyExists => {
            CommandError::RunTime(format!("{} already exists; nothing is overwritten", path.display()))
        }
        Error::File(path, error) if error.kind() == ErrorKind::WouldBlock => {
            CommandError::RunTime(format!("{} is being written by another process", path.display()))
        }
        error => error.into(),
    }
}

/// The path of the SQLite file. With a Postgres URL, an error that shows the command of Postgres for the same purpose
/// (`instead` gets the quoted URL).
fn on_sqlite(url: &DatabaseUrl, instead: impl FnOnce(String) -> String) -> Result<&Path, CommandError> {
    url.file().ok_or_else(|| {
        let command = instead(word(&url.to_string()));
        CommandError::Setting(format!("this is for SQLite; on Postgres use: {command}"))
    })
}

/// Quotes a word for a layout if necessary.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn shell_words_are_quoted_where_necessary() {
        for (text, quoted) in [
            ("backup.db", "backup.db"),
            ("my backup.db", "'my backup.db'"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("postgres://u@h/db?a=1&b=2", "'postgres://u@h/db?a=1&b=2'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }
}

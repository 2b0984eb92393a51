//! `hachok backup` and `hachok restore`: SQLite's database in one file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Fault, database, key};
use crate::config::DataSettings;
use crate::db::connection::file_lock::FileLock;
use crate::db::system::backup::{self, Contents, Unfinished};
use crate::db::{DatabaseUrl, Error};
use crate::private_files;

/// The file, and the database.
#[derive(Args, Debug)]
pub struct Copy {
    /// The file with the copy
    file: PathBuf,
    #[command(flatten)]
    data: DataSettings,
}

/// Copies the database into a new file, beside a running server too.
pub fn backup(Copy { file, data }: &Copy) -> Result<(), Fault> {
    on_sqlite(&data.database_url, |url| {
        format!("pg_dump --format=custom --file={} {url}", word(&file.to_string_lossy()))
    })?;
    let found = database::find(data)?;
    let copy = Unfinished::begin(file).map_err(refused)?;
    backup::copy_into(&data.database_url, &copy)?;
    let contents = backup::contents_of(&copy.url())?;
    let size = copy.publish()?;
    println!("{}: {}, {size} bytes", file.display(), told(&contents));
    // A copy without its key is better than none; the warning says that the key is missing.
    let key_file = data.key_file();
    let sample = found.key_check.as_ref();
    match key::load(&key_file).and_then(|key| key.ok_or_else(|| key::missing(&key_file))) {
        Ok(vault) => match key::check(&vault, sample, &key_file) {
            Ok(()) => println!("key {} in {}: keep it in another place", vault.check_value(), key_file.display()),
            Err(fault) => eprintln!("hachok: {}", fault.line()),
        },
        Err(fault) => eprintln!("hachok: {}", fault.line()),
    }
    Ok(())
}

/// Puts a copy in the place of a database that is not there.
pub fn restore(Copy { file, data }: &Copy) -> Result<(), Fault> {
    let target =
        on_sqlite(&data.database_url, |url| format!("pg_restore --dbname={url} {}", word(&file.to_string_lossy())))?;
    let folder = target.parent().unwrap_or_else(|| Path::new(""));
    if !file.is_file() {
        return Err(Fault::RunTime(format!("there is no file {}", file.display())));
    }
    if target.symlink_metadata().is_ok() {
        return Err(refused(Error::File(target.to_owned(), ErrorKind::AlreadyExists.into())));
    }
    // The file of a running server changes while it is copied. One that may only be read is no server's.
    if let Err(Error::InUse(path)) = FileLock::of_existing(file) {
        let path = path.display();
        return Err(Fault::RunTime(format!("a server is running on {path}; `hachok backup` copies it")));
    }
    let is_new = !folder.is_dir();
    database::make_folders(folder)?;
    let restored = put(file, target, data);
    if restored.is_err() && is_new {
        // It stays if there is something in it.
        drop(fs::remove_dir(folder));
    }
    restored
}

fn put(file: &Path, target: &Path, data: &DataSettings) -> Result<(), Fault> {
    let mut copy = Unfinished::begin(target).map_err(refused)?;
    copy.copy(file)?;
    let contents =
        backup::check(&copy.url()).map_err(|error| Fault::RunTime(format!("{}: {error}", file.display())))?;
    let key_file = data.key_file();
    let vault = match (key::load(&key_file)?, &contents.key_check) {
        (None, Some(_)) => return Err(key::missing(&key_file)),
        (vault, _) => vault,
    };
    if let Some(vault) = &vault {
        key::check(vault, contents.key_check.as_ref(), &key_file)?;
    }
    // A log of the database that was here before would be taken for the restored one's.
    for part in ["-wal", "-shm", "-journal"] {
        let part = private_files::beside(target, part);
        match fs::remove_file(&part) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::File(part, error).into()),
            _ => {}
        }
    }
    let size = copy.publish()?;
    println!("{} from {}: {}, {size} bytes", target.display(), file.display(), told(&contents));
    Ok(())
}

fn told(contents: &Contents) -> String {
    let Contents { users, webhooks, events, pending, .. } = contents;
    format!("{users} users, {webhooks} webhooks, {events} events, {pending} deliveries to be sent")
}

fn refused(error: Error) -> Fault {
    match error {
        Error::File(path, error) if error.kind() == ErrorKind::AlreadyExists => {
            Fault::RunTime(format!("{} is there already; nothing is overwritten", path.display()))
        }
        Error::File(path, error) if error.kind() == ErrorKind::WouldBlock => {
            Fault::RunTime(format!("{} is being written by another process", path.display()))
        }
        error => error.into(),
    }
}

/// The database's file. Postgres has commands of its own.
fn on_sqlite(url: &DatabaseUrl, instead: impl FnOnce(String) -> String) -> Result<&Path, Fault> {
    url.file().ok_or_else(|| {
        let command = instead(word(&url.to_string()));
        Fault::Setting(format!("this is for SQLite; on Postgres use: {command}"))
    })
}

/// A word for a shell.
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
    fn a_word_for_a_shell_is_quoted_where_it_must_be() {
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

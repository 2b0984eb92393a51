//! The key file: 32 bytes in base64, which encrypt the stored secrets.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::command_error::CommandError;
use crate::db::connection::existing::{Existing, KEY_CHECK};
use crate::domain::secret_box::{Sealed, SecretBox};
use crate::{clock, private_files};

/// Loads the key. Creates a missing file only for a database that was never used with a key: otherwise a new key would
/// make its stored secrets unreadable.
pub fn load_or_make(file: &Path, existing: Option<&Existing>) -> Result<SecretBox, CommandError> {
    let used = existing.and_then(|existing| existing.key_check.as_ref());
    let secret_box = match (load(file)?, used) {
        (Some(secret_box), _) => secret_box,
        (None, None) => make(file)?,
        (None, Some(_)) => return Err(missing(file)),
    };
    check(&secret_box, used, file)?;
    Ok(secret_box)
}

/// Loads the key; `None` if the file does not exist.
pub fn load(file: &Path) -> Result<Option<SecretBox>, CommandError> {
    // A pipe or a device may never end.
    if fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(broken(file, &"not a regular file"));
    }
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(file, &error)),
    };
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(|bytes| Some(SecretBox::new(bytes))).ok_or_else(|| broken(file, &"not 32 bytes in base64"))
}

/// Fails if the stored sample cannot be opened with this key: every stored secret would look damaged.
pub fn check(secret_box: &SecretBox, sample: Option<&Sealed>, file: &Path) -> Result<(), CommandError> {
    match sample {
        Some(sealed) if secret_box.open(sealed, KEY_CHECK).is_err() => {
            let place = file.display();
            Err(CommandError::RunTime(format!("the key in {place} is not the one of this database")))
        }
        _ => Ok(()),
    }
}

/// The error for a missing key file of a database that was used with a key.
pub fn missing(file: &Path) -> CommandError {
    CommandError::RunTime(format!(
        "the key file {} is missing: put the key file of this database back (HACHOK_SECRET_KEY_FILE sets its place)",
        file.display()
    ))
}

fn make(file: &Path) -> Result<SecretBox, CommandError> {
    let bytes = clock::random::<32>();
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let made = private_files::create_folders(folder)
        .and_then(|()| private_files::create_whole(file, STANDARD.encode(bytes).as_bytes()));
    match made {
        Ok(()) => Ok(SecretBox::new(bytes)),
        // Another process created the file first; use its key.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => load(file)?.ok_or_else(|| broken(file, &error)),
        Err(error) => Err(broken(file, &error)),
    }
}

fn broken(file: &Path, what: &dyn std::fmt::Display) -> CommandError {
    CommandError::RunTime(format!("the key file {}: {what}", file.display()))
}

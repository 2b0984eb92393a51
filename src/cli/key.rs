//! The key file.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Fault;
use crate::db::connection::existing::{Existing, KEY_CHECK};
use crate::domain::secret_box::{Sealed, Vault};
use crate::{clock, private_files};

/// The key of that file: 32 bytes in base64. A missing file is made only for a database that was never used with a key:
/// with another key the secrets of one that was are lost.
pub fn load_or_make(file: &Path, existing: Option<&Existing>) -> Result<Vault, Fault> {
    let used = existing.and_then(|existing| existing.key_check.as_ref());
    let vault = match (load(file)?, used) {
        (Some(vault), _) => vault,
        (None, None) => make(file)?,
        (None, Some(_)) => return Err(missing(file)),
    };
    check(&vault, used, file)?;
    Ok(vault)
}

/// The key of that file, if there is one.
pub fn load(file: &Path) -> Result<Option<Vault>, Fault> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(file, &error)),
    };
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(|bytes| Some(Vault::new(bytes))).ok_or_else(|| broken(file, &"not 32 bytes in base64"))
}

/// Refuses a key that the database's secrets were not sealed with: they would all look lost.
pub fn check(vault: &Vault, sample: Option<&Sealed>, file: &Path) -> Result<(), Fault> {
    match sample {
        Some(sealed) if vault.open(sealed, KEY_CHECK).is_err() => {
            let place = file.display();
            Err(Fault::RunTime(format!("the key in {place} is not the one this database was made with")))
        }
        _ => Ok(()),
    }
}

/// The complaint about a key file that must be there.
pub fn missing(file: &Path) -> Fault {
    Fault::RunTime(format!(
        "the key file {} is missing: put back the one that this database was made with (HACHOK_SECRET_KEY_FILE names it)",
        file.display()
    ))
}

fn make(file: &Path) -> Result<Vault, Fault> {
    let bytes = clock::random::<32>();
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let made = private_files::create_folders(folder)
        .and_then(|()| private_files::create_whole(file, STANDARD.encode(bytes).as_bytes()));
    match made {
        Ok(()) => Ok(Vault::new(bytes)),
        // Another process was faster; its key is the key.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => load(file)?.ok_or_else(|| broken(file, &error)),
        Err(error) => Err(broken(file, &error)),
    }
}

fn broken(file: &Path, what: &dyn std::fmt::Display) -> Fault {
    Fault::RunTime(format!("the key file {}: {what}", file.display()))
}

//! Files with secrets or data: only their owner may read them, regardless of the umask.
//!
//! A file or folder that root creates gets the owner of the folder it is in, as SQLite does for its own files: a
//! command that root runs beside a server of another user leaves nothing that the server cannot open.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

const OWNER_ONLY_MODE: u32 = 0o600;
const OTHERS_READ_BITS: u32 = 0o044;

/// Creates a file, open for reading and writing; fails with `AlreadyExists` if there is one.
pub fn create_new(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(OWNER_ONLY_MODE).open(path)?;
    // A umask such as 0277 removes rights of the owner, too.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY_MODE))?;
    give_to_owner_of_folder(&file, path);
    Ok(file)
}

/// Opens a file for reading and writing; creates it if it is missing.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => match create_new(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                OpenOptions::new().read(true).write(true).open(path)
            }
            made => made,
        },
        opened => opened,
    }
}

/// Creates a folder and its missing parents; only their owner may use them.
pub fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folders(above)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        made => made?,
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    if let Ok(file) = File::open(folder) {
        give_to_owner_of_folder(&file, folder);
    }
    Ok(())
}

/// Creates a file with these bytes atomically and durably: no reader sees a part of it, not even after a crash. Fails
/// with `AlreadyExists` if there is a file.
pub fn create_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = beside(path, &format!(".{}.new", std::process::id()));
    let written = create_new(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        publish(&file, &unfinished, path)
    });
    if written.is_err() {
        // The unfinished file is of no use.
        drop(fs::remove_file(&unfinished));
    }
    written
}

/// Gives a finished file its final name, durably. Fails with `AlreadyExists` if there is a file of that name, which is
/// left unchanged.
pub fn publish(file: &File, unfinished: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    match fs::hard_link(unfinished, path) {
        Ok(()) => fs::remove_file(unfinished)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // The file system has no hard links.
        Err(_) if !path.try_exists()? => fs::rename(unfinished, path)?,
        Err(error) => return Err(error),
    }
    sync_folder(path)
}

/// Makes changes of the names in a file's folder durable.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// The path with `ending` appended: `hachok.db` and `-wal` give `hachok.db-wal`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether the group or other users have the right to read the file; rights of the folders above it are not checked.
pub fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & OTHERS_READ_BITS != 0)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn give_to_owner_of_folder(file: &File, path: &Path) {
    let (Ok(made), Ok(folder)) = (file.metadata(), fs::metadata(folder_of(path))) else { return };
    if made.uid() != folder.uid() {
        // Only root may; for other users the file stays theirs.
        drop(fchown(file, Some(folder.uid()), Some(folder.gid())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn only_the_owner_may_use_created_files_and_folders() {
        let place = tempfile::TempDir::new().expect("a folder");
        let file = place.path().join("a/b/file");
        create_folders(file.parent().expect("a folder")).expect("folders");
        create_new(&file).expect("a file");
        assert_eq!(
            (mode(&place.path().join("a")), mode(&place.path().join("a/b")), mode(&file)),
            (0o700, 0o700, 0o600)
        );
        assert!(!is_readable_by_others(&file));
        fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("rights");
        assert!(is_readable_by_others(&file));
        open_or_create(&file).expect("the file");
        assert_eq!(mode(&file), 0o640, "the rights of an existing file do not change");
    }

    #[test]
    fn creating_a_whole_file_never_replaces_another() {
        let place = tempfile::TempDir::new().expect("a folder");
        let file = place.path().join("key");
        create_whole(&file, b"first").expect("a file");
        assert_eq!(create_whole(&file, b"second").expect_err("taken").kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).expect("the file"), b"first");
        assert_eq!(fs::read_dir(place.path()).expect("the folder").count(), 1, "nothing is left beside it");
    }
}

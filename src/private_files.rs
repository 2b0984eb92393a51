//! Files with secrets or data: only their owner may read them, regardless of the umask.
//!
//! A file or folder that root creates gets the owner of the folder it is in, as SQLite does for its own files: a
//! command that root runs beside a server of another user leaves nothing that the server cannot open.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::clock;

const OWNER_ONLY_MODE: u32 = 0o600;
const OTHERS_READ_BITS: u32 = 0o044;

/// Whether a path may be a symbolic link to a file elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// An administrator may have put the file elsewhere.
    Followed,
    /// Only Hachok makes the file. The owner of the folder could otherwise choose which file root writes.
    Refused,
}

/// Creates a file, open for reading and writing; fails with `AlreadyExists` if there is one.
pub fn create_new(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(OWNER_ONLY_MODE).open(path)?;
    // A umask such as 0277 removes rights of the owner, too.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY_MODE))?;
    give_to_owner_of_folder(&file, path);
    Ok(file)
}

/// Opens a file for reading and writing; creates it if it is missing.
pub fn open_or_create(path: &Path, links: Links) -> io::Result<File> {
    let flags = if links == Links::Refused { OFlags::NOFOLLOW } else { OFlags::empty() };
    let open = || OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(path);
    match open() {
        Err(error) if error.kind() == ErrorKind::NotFound => match create_new(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => open(),
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
    own_new_folder(folder)
}

/// Sets rights and owner of a folder that was just created. The owner of the folder above may have put a symbolic link in
/// its place, so both are set on the opened folder and never by its path.
fn own_new_folder(folder: &Path) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(folder)?;
    file.set_permissions(Permissions::from_mode(0o700))?;
    give_to_owner_of_folder(&file, folder);
    Ok(())
}

/// Creates a file with these bytes atomically and durably: no reader sees a part of it, not even after a crash. Fails
/// with `AlreadyExists` if there is a file.
///
/// The temporary name is random: processes in two containers that share the folder may have the same process id.
pub fn create_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = beside(path, &format!(".{:016x}.new", u64::from_le_bytes(clock::random())));
    // An error here leaves nothing to remove: the file of that name is another process's.
    let mut file = create_new(&unfinished)?;
    let written = file.write_all(bytes).and_then(|()| publish(&file, &unfinished, path));
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

/// The folder of a file; the working folder for a name without one.
pub fn folder_of(path: &Path) -> &Path {
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
        open_or_create(&file, Links::Followed).expect("the file");
        assert_eq!(mode(&file), 0o640, "the rights of an existing file do not change");
    }

    #[test]
    fn a_symbolic_link_in_place_of_a_new_folder_or_of_a_temporary_file_is_not_followed() {
        let place = tempfile::TempDir::new().expect("a folder");
        let (folder, file) = (place.path().join("folder"), place.path().join("file"));
        create_folders(&folder).expect("a folder");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("rights");
        fs::write(&file, "bytes").expect("a file");
        let link = |name: &str, target: &Path| {
            let link = place.path().join(name);
            std::os::unix::fs::symlink(target, &link).expect("a link");
            link
        };
        own_new_folder(&link("to-folder", &folder)).expect_err("a link");
        assert_eq!(mode(&folder), 0o755);
        let to_file = link("to-file", &file);
        open_or_create(&to_file, Links::Refused).expect_err("a link");
        open_or_create(&to_file, Links::Followed).expect("the file");
        open_or_create(&file, Links::Refused).expect("the file");
    }

    #[test]
    fn processes_with_the_same_id_that_create_the_same_file_do_not_disturb_each_other() {
        let place = tempfile::TempDir::new().expect("a folder");
        for round in 0..20 {
            let file = place.path().join(format!("key-{round}"));
            let start = std::sync::Barrier::new(8);
            let create = || {
                start.wait();
                let made = create_whole(&file, b"whole");
                // As `cli::key` reads the key of another process.
                assert_eq!(fs::read(&file).expect("the file"), b"whole");
                made.map_err(|error| error.kind())
            };
            let made: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
                threads.into_iter().map(|thread| thread.join().expect("an end")).collect()
            });
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
            assert!(made.iter().all(|made| *made == Ok(()) || *made == Err(ErrorKind::AlreadyExists)), "{made:?}");
        }
        assert_eq!(fs::read_dir(place.path()).expect("the folder").count(), 20, "nothing is left beside them");
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

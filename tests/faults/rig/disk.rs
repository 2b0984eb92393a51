//! A small file system that a test can fill: a tmpfs, which needs the right to mount.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::Place;

/// A mounted file system; unmounted when dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one of that many MiB.
    pub fn mount(mib: u32) -> Self {
        let folder = TempDir::new().expect("a folder");
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "hachok"]).arg(folder.path()).output();
        assert!(mounted.is_ok_and(|mounted| mounted.status.success()), "this user may not mount a file system");
        Self { folder }
    }

    /// A place whose database and key are on it.
    pub fn place(&self) -> Place {
        Place::on(&format!("sqlite://{}", self.folder.path().join("hachok.db").display()))
    }

    /// Fills it until only that many bytes are free.
    pub fn fill_up_to(&self, left: u64) {
        let free = free(self.folder.path());
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("a file");
        let block = [0; 4096];
        for _ in 0..free.saturating_sub(left) / 4096 {
            // The server allocates blocks, too, so there may be fewer than measured.
            if ballast.write_all(&block).is_err() {
                return;
            }
        }
    }

    /// Frees what `fill_up_to` used.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is ending may still have a file open.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

fn free(folder: &Path) -> u64 {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().expect("df");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().and_then(|line| line.trim().parse().ok()).expect("a number")
}

//! First starts that cannot succeed: one line that says why, the exit code that the README promises, nothing half made.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use super::rig::SmallDisk;
use crate::support::{App, Place};

const SERVE: [&str; 3] = ["serve", "--bind", "127.0.0.1:0"];
/// The user `nobody` of Debian.
const USER: u32 = 65534;

/// A place whose commands an ordinary user runs, with the binary where that user may read it.
fn of_a_user() -> Place {
    let place = Place::bare_on_sqlite();
    let rights = fs::metadata(env!("CARGO_BIN_EXE_hachok")).expect("the binary").permissions();
    assert!(rights.mode() & 0o005 == 0o005, "others may run the binary");
    fs::set_permissions(place.folder(), Permissions::from_mode(0o755)).expect("rights");
    let (uid, gid) = (format!("--reuid={USER}"), format!("--regid={USER}"));
    place.through(&["setpriv", &uid, &gid, "--clear-groups"])
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_data_folder_that_cannot_be_written_to_is_named_in_one_line() {
    let place = of_a_user();
    let line = place.run(&SERVE).error_line(1);
    assert!(line.contains("data") && line.contains("denied"), "the folder belongs to root: {line}");
    fs::create_dir(place.folder().join("data")).expect("a folder");
    let line = place.run(&SERVE).error_line(1);
    assert!(line.contains("secret.key") && line.contains("denied"), "{line}");
    assert_eq!(place.files("data"), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs root: tests/run"]
async fn as_root_a_key_that_cannot_be_read_is_named_in_one_line() {
    let place = of_a_user();
    chown(place.folder(), Some(USER), Some(USER)).expect("the right to change the owner");
    let mut app = App::at(place);
    app.stop();
    chown(app.folder().join("data/secret.key"), Some(0), Some(0)).expect("the right to change the owner");
    let line = app.run(&SERVE).error_line(1);
    assert!(line.contains("secret.key") && line.contains("denied"), "{line}");
}

#[tokio::test]
#[ignore = "needs the right to mount a file system: tests/run"]
async fn a_mounted_disk_that_is_full_at_the_first_start_is_reported_in_one_line_and_the_next_start_works() {
    let disk = SmallDisk::mount(8);
    for left in [0, 64 * 1024] {
        disk.fill_up_to(left);
        let line = disk.place().run(&SERVE).error_line(1);
        assert!(line.contains("full") || line.contains("No space left"), "{left} bytes left: {line}");
    }
    disk.make_room();
    App::at(disk.place()).set_up_link();
}

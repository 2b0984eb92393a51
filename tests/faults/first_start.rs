//! First starts that cannot succeed: one line that says why, the exit code that the README promises, nothing half made.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::rig::SmallDisk;
use crate::support::{App, Place};

const SERVE: [&str; 3] = ["serve", "--bind", "127.0.0.1:0"];
/// A place whose commands run as root without its privileges, as any owner of files does. Another user might not reach the
/// binary.
fn without_privileges() -> Place {
    Place::bare_on_sqlite().through(&["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("rights");
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_data_folder_that_cannot_be_written_to_is_named_in_one_line() {
    let place = without_privileges();
    allow(place.folder(), 0o500);
    let line = place.run(&SERVE).error_line(1);
    assert!(line.contains("data") && line.contains("denied"), "{line}");
    allow(place.folder(), 0o700);
    let data = place.folder().join("data");
    fs::create_dir(&data).expect("a folder");
    allow(&data, 0o500);
    let line = place.run(&SERVE).error_line(1);
    assert!(line.contains("secret.key") && line.contains("denied"), "{line}");
    assert_eq!(place.files("data"), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs root: tests/run"]
async fn as_root_a_key_that_cannot_be_read_is_named_in_one_line() {
    let mut app = App::at(without_privileges());
    app.stop();
    allow(&app.folder().join("data/secret.key"), 0o000);
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

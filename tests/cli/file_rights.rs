use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::support::{App, Place, event};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// A place whose commands run under that umask.
fn under(umask: &str) -> Place {
    Place::on_sqlite().through(&["sh", "-c", &format!("umask {umask}; exec \"$@\""), "sh"])
}

#[tokio::test]
async fn new_files_are_readable_by_their_owner_only_under_any_umask() {
    for umask in ["000", "077", "277"] {
        let place = under(umask);
        // The folder exists already and is open to all: its permissions protect nothing.
        fs::create_dir(place.folder().join("data")).expect("a folder");
        let app = App::at(place);
        app.api("ingest").accepted(event("message_created")).await;
        let names = app.files("data");
        for name in ["hachok.db", "hachok.db-wal", "hachok.db-shm", "secret.key"] {
            assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
        }
        for name in names {
            assert_eq!(mode(&app.folder().join("data").join(&name)), 0o600, "{name} under {umask}");
        }
    }
}

#[tokio::test]
async fn a_file_that_others_can_read_is_reported_and_not_changed() {
    let mut app = App::on_sqlite();
    app.stop();
    let file = |name: &str| app.folder().join("data").join(name);
    for (name, rights) in [("hachok.db", 0o644), ("secret.key", 0o640)] {
        fs::set_permissions(file(name), fs::Permissions::from_mode(rights)).expect("rights");
    }
    app.start_again();
    let file = |name: &str| app.folder().join("data").join(name);
    assert_eq!((mode(&file("hachok.db")), mode(&file("secret.key"))), (0o644, 0o640));
    let log = app.log();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("can be read by others")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("hachok.db") && warnings[0].contains("secret.key"), "{log}");
    let admin = app.admin().await;
    let page = admin.open("/status").await;
    assert!(
        page.says("Other users of this machine can read files") && page.says("data/secret.key"),
        "{}",
        page.text("#status")
    );
    let page = admin.speaking("uk").open("/status").await;
    assert!(page.says("можуть читати інші користувачі") && page.says("data/hachok.db"), "{}", page.text("#status"));
    let viewer = app.signed_in("viewer").await.open("/status").await;
    assert!(viewer.says("Other users of this machine can read files") && !viewer.body.contains("secret.key"));
}

#[tokio::test]
#[ignore = "needs root: tests/run"]
async fn a_command_run_as_root_leaves_files_that_the_user_of_the_server_can_use() {
    let place = Place::bare_on_sqlite();
    let folder = place.folder().to_owned();
    std::os::unix::fs::chown(&folder, Some(65534), Some(65534)).expect("the right to change the owner");
    place.run_ok(&["migrate"]);
    place.run_ok(&["token", "add", "--name", "x", "--scope", "read"]);
    for name in ["data", "data/hachok.db", "data/secret.key"] {
        assert_eq!(fs::metadata(folder.join(name)).expect(name).uid(), 65534, "{name}");
    }
}

use std::fs;
use std::path::Path;

use crate::support::{App, Place};

/// Asserts that the database of `other` cannot be opened under that URL while its server runs.
fn refused(other: &Place, url: &str) {
    for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"]] {
        let place =
            Place::on(url).set("HACHOK_SECRET_KEY_FILE", &other.folder().join("data/secret.key").to_string_lossy());
        let line = place.run(arguments).error_line(1);
        assert!(line.contains("another Hachok is running"), "{url}: {line}");
    }
}

#[tokio::test]
async fn a_second_server_is_refused_under_any_name_of_the_file() {
    let app = App::on_sqlite();
    let (folder, other) = (app.folder(), Place::bare());
    let file = folder.join("data/hachok.db");
    let link = |name: &str| other.folder().join(name);
    std::os::unix::fs::symlink(&file, link("link.db")).expect("a link");
    std::os::unix::fs::symlink(link("link.db"), link("link-to-link.db")).expect("a link");
    std::os::unix::fs::symlink(folder.join("data"), link("folder")).expect("a link");
    fs::hard_link(&file, link("hard.db")).expect("a link");
    for name in ["link.db", "link-to-link.db", "folder/hachok.db", "hard.db"] {
        refused(&app, &format!("sqlite://{}", link(name).display()));
    }
    refused(&app, &format!("sqlite://{}/x/../data/hachok.db", folder.display()).replace("x/..", "data/.."));
    // Other files beside the database may be removed: none of them is the lock.
    for name in app.files("data").iter().filter(|name| !is_needed(name)) {
        fs::remove_file(folder.join("data").join(name)).expect("a file");
    }
    refused(&app, &format!("sqlite://{}", file.display()));
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
    // Under its relative path, from the folder itself.
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains("another Hachok is running"), "{line}");
}

fn is_needed(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ["db", "db-wal", "db-shm", "key"].iter().any(|known| ending == *known))
}

#[tokio::test]
async fn a_server_that_was_killed_leaves_no_lock_behind() {
    let mut app = App::start();
    app.kill();
    app.start_again();
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
}

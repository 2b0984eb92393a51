//! The file of the database is moved, replaced, removed or damaged under a running server.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::support::{App, event, eventually};

fn file(app: &App) -> PathBuf {
    app.folder().join("data/hachok.db")
}

/// Within 5 s the server is not ready; from then on it refuses events, and it logs one line.
async fn is_noticed(app: &App, harm: impl FnOnce(&Path), logged: &str) {
    let api = app.api("ingest");
    for _ in 0..5 {
        api.accepted(event("message_created")).await;
    }
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
    harm(&file(app));
    let begun = std::time::Instant::now();
    let visitor = app.visitor();
    eventually("a server that is not ready", async || (visitor.get("/readyz").await.status == 503).then_some(())).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    for _ in 0..10 {
        assert_eq!(api.send(event("message_created")).await.status, 503);
    }
    assert_eq!(visitor.get("/healthz").await.status, 200);
    let lines = app.log().lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).count();
    assert!(lines == 1 && app.log().contains(logged), "{}", app.log());
}

#[tokio::test]
async fn a_database_that_is_moved_away_is_noticed_and_used_again_when_it_is_back() {
    let app = App::on_sqlite();
    let elsewhere = app.folder().join("elsewhere.db");
    is_noticed(&app, |file| fs::rename(file, &elsewhere).expect("a move"), "was moved").await;
    assert!(!file(&app).exists(), "no other database is created in its place");
    fs::rename(&elsewhere, file(&app)).expect("a move");
    let visitor = app.visitor();
    eventually("a server that is ready", async || (visitor.get("/readyz").await.status == 200).then_some(())).await;
    app.api("ingest").accepted(event("message_created")).await;
}

#[tokio::test]
async fn a_database_that_is_replaced_removed_or_loses_its_write_ahead_log_is_noticed() {
    let copy = |file: &Path| {
        let copy = file.with_extension("copy");
        fs::copy(file, &copy).expect("a copy");
        fs::rename(&copy, file).expect("a move");
    };
    let harms: [&dyn Fn(&Path); 3] = [&copy, &|file| fs::remove_file(file).expect("the file"), &|file| {
        fs::remove_file(format!("{}-wal", file.display())).expect("the log")
    }];
    for harm in harms {
        let app = App::on_sqlite();
        is_noticed(&app, harm, "was moved, removed or replaced").await;
    }
}

#[tokio::test]
async fn a_database_that_is_overwritten_or_truncated_is_noticed() {
    let overwrite = |file: &Path, from: u64, to: u64| {
        let file = fs::File::options().write(true).open(file).expect("the file");
        file.write_all_at(&vec![0x5a; usize::try_from(to - from).expect("a size")], from).expect("a write");
    };
    let length = |file: &Path| fs::metadata(file).expect("the file").len();
    let harms: [&dyn Fn(&Path); 4] = [
        &|file| overwrite(file, 0, length(file)),
        &|file| overwrite(file, 0, 100),
        &|file| overwrite(file, 4096, length(file)),
        &|file| fs::File::options().write(true).open(file).expect("the file").set_len(0).expect("a cut"),
    ];
    for (n, harm) in harms.into_iter().enumerate() {
        let mut app = App::on_sqlite();
        // So that the pages are in the file itself, not only in its write-ahead log.
        app.api("ingest").accepted(event("message_created")).await;
        app.stop();
        app.start_again();
        println!("harm {n}");
        is_noticed(&app, harm, "the database file is damaged").await;
    }
}

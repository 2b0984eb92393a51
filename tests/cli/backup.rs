use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::faults::rig::HelpDesk;
use crate::support::{App, PASSWORD, Place, event, sqlite, webhook};

const SQLITE_ONLY_COMMANDS: [&[&str]; 2] = [&["backup", "b.db"], &["restore", "b.db"]];

/// A place without a database, with the key of another place.
fn elsewhere(app: &Place) -> Place {
    let place = Place::on_sqlite();
    fs::create_dir(place.folder().join("data")).expect("a folder");
    fs::copy(app.folder().join("data/secret.key"), place.folder().join("data/secret.key")).expect("the key");
    place
}

fn sqlite_with_tables() -> Place {
    let place = Place::bare_on_sqlite();
    place.run_ok(&["migrate"]);
    place
}

fn backup_of(app: &Place) -> PathBuf {
    app.run_ok(&["backup", "b.db"]);
    app.folder().join("b.db")
}

#[tokio::test]
async fn a_backup_beside_a_running_server_is_restored_with_everything_in_it() {
    let app = App::on_sqlite();
    let api = app.api("admin");
    let made = api.webhook(&webhook("https://a.example.com/hook")).await;
    let id = api.accepted(event("message_created")).await;
    app.user("anna@example.com", "admin", PASSWORD);
    let said = app.run_ok(&["backup", "b.db"]);
    for words in ["b.db", "1 users", "1 webhooks", "1 events", "secret.key"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let backup = app.folder().join("b.db");
    assert_eq!(fs::metadata(&backup).expect("the backup").permissions().mode() & 0o777, 0o600);
    assert_eq!(app.files("."), ["b.db", "data"], "no other file is left");
    let key = fs::read_to_string(app.folder().join("data/secret.key")).expect("the key");
    assert!(!said.contains(&key), "{said}");
    let stored = fs::read(&backup).expect("the backup");
    assert!(!stored.windows(key.len()).any(|part| part == key.as_bytes()), "the key is not in the backup");

    let place = elsewhere(&app);
    let said = place.run_ok(&["restore", &backup.to_string_lossy()]);
    for words in ["hachok.db", "b.db", "1 users", "1 webhooks", "1 events"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(place.files("data"), ["hachok.db", "secret.key"]);
    let mode = fs::metadata(place.folder().join("data/hachok.db")).expect("the database").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let copy = App::at(place);
    copy.visitor().sign_in("anna@example.com", PASSWORD).await;
    let api = copy.api("admin");
    assert_eq!(api.get("webhooks/1").await.json()["payload"]["webhook"]["url"], made["url"]);
    assert_eq!(api.deliveries("limit=100").await[0]["event_id"], id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_a_consistent_snapshot_and_delays_no_event() {
    let app = App::on_sqlite();
    let desk = HelpDesk::new(&app);
    app.api("admin").webhook(&webhook("https://a.example.com/hook")).await;
    let load = desk.load(50);
    desk.until_more(20, Duration::from_secs(20)).await;
    for n in 0..3 {
        let before = desk.accepted().len();
        app.run_ok(&["backup", &format!("b{n}.db")]);
        let (place, file) = (elsewhere(&app), app.folder().join(format!("b{n}.db")));
        let said = place.run_ok(&["restore", &file.to_string_lossy()]);
        let count = |word: &str| {
            let words: Vec<&str> = said.split([' ', ',']).filter(|part| !part.is_empty()).collect();
            let at = words.iter().position(|known| *known == word).expect(word);
            words[at - 1].parse::<usize>().expect("a number")
        };
        assert!(count("events") >= before, "{said}: what was accepted before is in it");
    }
    load.stop().await;
    assert!(desk.answers().iter().all(|answer| matches!(answer, crate::faults::rig::Posted::Accepted(_))));
}

#[test]
fn backup_and_restore_overwrite_nothing() {
    let place = sqlite_with_tables();
    let file = place.folder().join("b.db");
    fs::write(&file, "a letter").expect("a file");
    let line = place.run(&["backup", "b.db"]).error_line(1);
    assert!(line.contains("b.db") && line.contains("already"), "{line}");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "a letter");
    place.run_ok(&["backup", "c.db"]);
    let before = fs::read(place.folder().join("data/hachok.db")).expect("the database");
    for file in ["c.db", "b.db"] {
        let line = place.run(&["restore", file]).error_line(1);
        assert!(line.contains("hachok.db already exists"), "{line}");
    }
    assert_eq!(fs::read(place.folder().join("data/hachok.db")).expect("the database"), before);
    std::os::unix::fs::symlink("nowhere", place.folder().join("link.db")).expect("a link");
    place.run(&["backup", "link.db"]).error_line(1);
    let line = place.run(&["backup", "no-such-folder/b.db"]).error_line(1);
    assert!(line.contains("no-such-folder"), "{line}");
    assert_eq!(place.files("."), ["b.db", "c.db", "data", "link.db"]);
}

#[test]
fn a_backup_replaces_what_a_killed_backup_left() {
    let place = sqlite_with_tables();
    for ending in ["", "-journal", "-wal"] {
        fs::write(place.folder().join(format!("b.db.unfinished{ending}")), "rubbish").expect("a file");
    }
    place.run_ok(&["backup", "b.db"]);
    assert_eq!(place.files("."), ["b.db", "data"]);
}

/// Who owns the folder could otherwise choose a file that root overwrites.
#[test]
fn a_backup_does_not_write_through_a_symbolic_link() {
    let place = sqlite_with_tables();
    let file = place.folder().join("letter");
    fs::write(&file, "a letter").expect("a file");
    std::os::unix::fs::symlink(&file, place.folder().join("b.db.unfinished")).expect("a link");
    let line = place.run(&["backup", "b.db"]).error_line(1);
    assert!(line.contains("b.db.unfinished"), "{line}");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "a letter");
}

#[tokio::test]
async fn a_restore_removes_the_write_ahead_log_of_the_former_database() {
    let mut app = App::on_sqlite();
    let backup = backup_of(&app);
    app.api("ingest").accepted(event("message_created")).await;
    app.kill();
    let data = app.folder().join("data");
    fs::remove_file(data.join("hachok.db")).expect("the database");
    assert!(data.join("hachok.db-wal").exists());
    app.run_ok(&["restore", &backup.to_string_lossy()]);
    assert_eq!(app.files("data"), ["hachok.db", "secret.key"]);
    app.start_again();
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn an_unusable_backup_is_refused_and_nothing_is_created() {
    let app = App::on_sqlite();
    app.api("admin").webhook(&webhook("https://a.example.com/hook")).await;
    let backup = backup_of(&app);
    let folder = app.folder().to_owned();
    let bad = |name: &str, change: &dyn Fn(&Path)| {
        let file = folder.join(name);
        fs::copy(&backup, &file).expect("a copy");
        change(&file);
        file
    };
    let files = [
        (bad("letter.db", &|file| fs::write(file, "Dear reader".repeat(900)).expect("a file")), "not a database"),
        (bad("empty.db", &|file| fs::write(file, "").expect("a file")), "another program"),
        (bad("short.db", &|file| truncate(file)), "malformed"),
        (bad("holed.db", &|file| overwrite(file)), "damaged"),
        (
            bad("foreign.db", &|file| {
                fs::remove_file(file).expect("a file");
                sqlite(file, "CREATE TABLE books (id)")
            }),
            "another program",
        ),
        (
            bad("newer.db", &|file| {
                sqlite(file, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
            }),
            "newer",
        ),
        (folder.join("none.db"), "no file"),
        (folder.join("data/hachok.db"), "running"),
    ];
    for (file, why) in &files {
        let place = elsewhere(&app);
        let line = place.run(&["restore", &file.to_string_lossy()]).error_line(1);
        assert!(
            line.contains(why) && line.contains(&*file.file_name().expect("a name").to_string_lossy()),
            "{why}: {line}"
        );
        assert_eq!(place.files("data"), ["secret.key"]);
    }
    let place = Place::on_sqlite();
    let line = place.run(&["restore", &backup.to_string_lossy()]).error_line(1);
    assert!(line.contains("secret.key is missing"), "{line}");
    assert_eq!(place.files("."), [""; 0]);
    let place = elsewhere(&App::on_sqlite());
    let line = place.run(&["restore", &backup.to_string_lossy()]).error_line(1);
    assert!(line.contains("not the one"), "{line}");
    assert_eq!(place.files("data"), ["secret.key"]);
}

fn truncate(file: &Path) {
    let length = fs::metadata(file).expect("a file").len();
    fs::File::options().write(true).open(file).expect("a file").set_len(length / 2).expect("a cut");
}

fn overwrite(file: &Path) {
    use std::os::unix::fs::FileExt;
    let length = fs::metadata(file).expect("a file").len();
    let file = fs::File::options().write(true).open(file).expect("a file");
    file.write_all_at(&[0x5a; 4096], length - 8192).expect("a write");
}

#[tokio::test]
async fn a_backup_without_the_key_file_succeeds_with_a_warning() {
    let mut app = App::on_sqlite();
    app.stop();
    fs::remove_file(app.folder().join("data/secret.key")).expect("the key");
    let ran = app.run(&["backup", "b.db"]);
    assert!(ran.code == Some(0) && ran.stderr.contains("secret.key is missing"), "{ran:?}");
    assert_eq!(app.files("data"), ["hachok.db"]);
    assert!(app.folder().join("b.db").is_file());
}

#[test]
fn the_refusal_for_postgres_names_the_tool_to_use_without_the_password() {
    for (url, shown) in [
        ("postgres://anna:canary@db.example.com/hachok", "postgres://anna@db.example.com/hachok"),
        ("postgres://db/hachok?sslmode=require&password=canary", "'postgres://db/hachok?sslmode=require'"),
    ] {
        for (arguments, tool) in SQLITE_ONLY_COMMANDS.into_iter().zip(["pg_dump", "pg_restore"]) {
            let line = Place::bare().set("DATABASE_URL", url).run(arguments).error_line(2);
            let tool = line.split_once(tool).map(|(_, rest)| rest).unwrap_or_else(|| panic!("{tool} in {line}"));
            assert!(tool.contains(shown) && tool.contains("b.db") && !line.contains("canary"), "{line}");
        }
    }
}

#[test]
fn there_is_no_backup_without_a_database() {
    let place = Place::bare().set("DATABASE_URL", "sqlite://none.db");
    let line = place.run(&["backup", "b.db"]).error_line(1);
    assert!(line.contains("none.db") && line.contains("DATABASE_URL"), "{line}");
    assert_eq!(place.files("."), [""; 0]);
}

/// Sizes as on a busy installation; tests/README.md has the figures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: it writes 500 MB twice"]
async fn on_demand_five_hundred_megabytes_under_20_events_a_second_take_ten_seconds_at_most() {
    let app = App::on_sqlite();
    let desk = HelpDesk::new(&app);
    app.run_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000) \
         INSERT INTO events (id, name, inbox_id, body, created_at) \
         SELECT i, 'message_created', NULL, CAST(hex(randomblob(1000)) AS BLOB), i FROM n",
    );
    let load = desk.load(20);
    desk.until_more(5, Duration::from_secs(30)).await;
    let begun = Instant::now();
    app.run_ok(&["backup", "b.db"]);
    let took = begun.elapsed();
    load.stop().await;
    let size = fs::metadata(app.folder().join("b.db")).expect("the backup").len();
    println!("{} MB in {took:?}", size / 1_000_000);
    assert!(size > 500_000_000 && took < Duration::from_secs(10), "{size} bytes in {took:?}");
    assert!(desk.answers().iter().all(|answer| matches!(answer, crate::faults::rig::Posted::Accepted(_))));
}

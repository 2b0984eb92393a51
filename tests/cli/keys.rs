use std::fs;

use crate::support::{App, Place, webhook};

fn key_file(place: &Place) -> std::path::PathBuf {
    place.folder().join("data/secret.key")
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let app = App::start();
    let mode = fs::metadata(key_file(&app)).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[tokio::test]
async fn a_wrong_key_prevents_the_start() {
    let mut app = App::start();
    app.api("admin").webhook(&webhook("https://a.example.com/")).await;
    app.stop();
    let other = App::start();
    fs::copy(key_file(&other), key_file(&app)).expect("a copy");
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains("key"), "{line}");
}

#[tokio::test]
async fn a_damaged_key_prevents_the_start_and_is_not_changed() {
    let mut app = App::start();
    app.stop();
    fs::write(key_file(&app), "not a key").expect("a file");
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains("key"), "{line}");
    assert_eq!(fs::read_to_string(key_file(&app)).expect("the key"), "not a key");
}

#[tokio::test]
async fn no_secret_is_stored_in_clear_text() {
    let app = App::on_sqlite();
    let mut body = webhook("https://a.example.com/");
    body["authorization"] = serde_json::json!({ "type": "bearer", "token": "canary-token" });
    body["headers"] = serde_json::json!({ "X-Key": { "value": "canary-header", "hidden": true } });
    let secret = app.api("admin").webhook(&body).await["secret"].as_str().unwrap_or_default().to_owned();
    let stored = app.stored_bytes();
    assert!(stored.windows(13).any(|part| part == b"a.example.com"), "the control: public text is found");
    for canary in ["canary-token", "canary-header", &secret, secret.trim_start_matches("whsec_")] {
        assert!(!stored.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary}");
    }
}

#[tokio::test]
async fn a_missing_key_of_a_used_database_is_reported_and_not_replaced() {
    let mut app = App::start();
    app.api("admin").webhook(&webhook("https://a.example.com/")).await;
    app.stop();
    let kept = fs::read(key_file(&app)).expect("the key");
    fs::remove_file(key_file(&app)).expect("the key");
    let before = app.files("data");
    for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["token", "list"], &["user", "list"]] {
        let line = app.run(arguments).error_line(1);
        assert!(line.contains("secret.key") && line.contains("missing"), "{line}");
    }
    assert_eq!(app.files("data"), before, "nothing is created");
    fs::write(key_file(&app), kept).expect("the key");
    app.start_again();
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_second_process_without_the_key_makes_none() {
    let app = App::on_postgres();
    let elsewhere = Place::on(&app.database_url());
    let line = elsewhere.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains("data/secret.key") && line.contains("missing"), "{line}");
    assert_eq!(elsewhere.files("."), [""; 0]);
}

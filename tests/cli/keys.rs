use std::fs;

use crate::support::{App, Place, webhook};

fn key_file(place: &Place) -> std::path::PathBuf {
    place.folder().join("data/secret.key")
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let app = App::start();
    let mode = fs::metadata(key_file(&app)).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[tokio::test]
async fn a_wrong_key_refuses_to_start() {
    let mut app = App::start();
    app.api("admin").webhook(&webhook("https://a.example.com/")).await;
    app.stop();
    let other = App::start();
    fs::copy(key_file(&other), key_file(&app)).expect("a copy");
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).complaint(1);
    assert!(line.contains("key"), "{line}");
}

#[tokio::test]
async fn a_damaged_key_refuses_to_start_and_stays_as_it_is() {
    let mut app = App::start();
    app.stop();
    fs::write(key_file(&app), "not a key").expect("a file");
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).complaint(1);
    assert!(line.contains("key"), "{line}");
    assert_eq!(fs::read_to_string(key_file(&app)).expect("the key"), "not a key");
}

#[tokio::test]
async fn no_secret_stands_in_the_database_in_clear() {
    let app = App::start();
    if !app.is_sqlite() {
        return;
    }
    let mut body = webhook("https://a.example.com/");
    body["authorization"] = serde_json::json!({ "type": "bearer", "token": "canary-token" });
    body["headers"] = serde_json::json!({ "X-Key": { "value": "canary-header", "hidden": true } });
    let secret = app.api("admin").webhook(&body).await["secret"].as_str().unwrap_or_default().to_owned();
    let stored = app.stored_bytes();
    assert!(stored.windows(13).any(|part| part == b"a.example.com"), "the control: what is no secret is found");
    for canary in ["canary-token", "canary-header", &secret, secret.trim_start_matches("whsec_")] {
        assert!(!stored.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary}");
    }
}

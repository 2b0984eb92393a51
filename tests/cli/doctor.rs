//! `hachok doctor`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::ports::ClosedPort;
use crate::support::{App, Place, Receiver, webhook};

/// The faults, one a line, of an installation that has some.
fn faults(place: &Place) -> Vec<String> {
    let ran = place.run(&["doctor"]);
    let lines: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    let count = if lines.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", lines.len()) };
    assert_eq!(ran.error_line(1), format!("hachok: {count}"));
    lines
}

fn only_fault(place: &Place) -> String {
    let mut all = faults(place);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[tokio::test]
async fn a_working_installation_has_no_fault_beside_its_server() {
    let mut app = App::start();
    let receiver = Receiver::start();
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/hook"))).await;
    api.webhook(&webhook(&receiver.at("/other").replace("127.0.0.1", "localhost"))).await;
    api.accepted(crate::support::event("message_created")).await;
    receiver.first("/hook").await;
    let url = app.url.clone();
    app.change("HACHOK_SERVER", &url);
    assert_eq!(app.run_ok(&["doctor"]), "no faults");
    assert_eq!(app.run_ok(&["doctor", "--json"]), r#"{"faults":[]}"#);
    app.stop();
    let line = only_fault(&app);
    assert!(line.starts_with("server: no answer from 127.0.0.1:"), "{line}");
}

#[test]
fn without_a_database_the_doctor_says_where_it_looked_and_makes_none() {
    let place = Place::bare();
    let line = only_fault(&place);
    assert!(line.starts_with("database: there is no database at ") && line.contains("DATABASE_URL"), "{line}");
    assert_eq!(place.files("."), [""; 0]);
    let place = place.set("DATABASE_URL", "sqlite://text.db");
    let file = place.folder().join("text.db");
    fs::write(&file, "no database at all, but a text").expect("a file");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("rights");
    let line = only_fault(&place.set("HACHOK_SECRET_KEY_FILE", "no.key"));
    assert!(line.starts_with("database: "), "{line}");
}

#[tokio::test]
async fn lost_rows_are_counted() {
    let app = App::start();
    let receiver = Receiver::start();
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/hook"))).await;
    api.accepted(crate::support::event("message_created")).await;
    crate::support::eventually("a finished delivery", || async {
        (!api.deliveries("status=success").await.is_empty()).then_some(())
    })
    .await;
    let unchecked = if app.is_sqlite() { "PRAGMA foreign_keys = OFF; " } else { "" };
    app.run_sql(&format!("{unchecked}DELETE FROM events"));
    let line = only_fault(&app);
    assert!(line.starts_with("orphans: deliveries without their event: 1; "), "{line}");
    let json: Value = serde_json::from_str(&app.run(&["doctor", "--json"]).stdout).expect("JSON");
    assert_eq!(json["faults"][0]["part"], json!("orphans"));
}

#[test]
fn a_missing_or_wrong_key_and_wrong_rights_are_faults() {
    let place = Place::bare_on_sqlite();
    place.run_ok(&["migrate"]);
    place.token("read");
    assert_eq!(place.run_ok(&["doctor"]), "no faults");
    let key = place.folder().join("data/secret.key");
    let good = fs::read(&key).expect("a key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("rights");
    fs::set_permissions(place.folder().join("data"), Permissions::from_mode(0o777)).expect("rights");
    let lines = faults(&place);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.starts_with("rights: ")), "{lines:?}");
    fs::set_permissions(place.folder().join("data"), Permissions::from_mode(0o700)).expect("rights");
    fs::remove_file(&key).expect("a key");
    let line = only_fault(&place);
    assert!(line.starts_with("key: ") && line.contains("is missing"), "{line}");
    assert!(!key.exists(), "the doctor makes no key");
    let other = Place::bare_on_sqlite();
    other.run_ok(&["migrate"]);
    other.token("read");
    fs::copy(other.folder().join("data/secret.key"), &key).expect("a key");
    let line = only_fault(&place);
    assert!(line.contains("not the one of this database"), "{line}");
    fs::write(&key, good).expect("a key");
    assert_eq!(place.run_ok(&["doctor"]), "no faults");
}

#[test]
fn wrong_settings_are_faults_and_unreadable_ones_a_usage_error() {
    let place = Place::with_tables().set("HACHOK_ALLOW_NETWORKS", "8.8.8.0/24");
    let line = only_fault(&place);
    assert!(line.starts_with("configuration: ") && line.contains("--allow-networks"), "{line}");
    let place = place.set("HACHOK_ALLOW_NETWORKS", "").set("HACHOK_PUBLIC_URL", "https://hooks.example.com");
    let line = only_fault(&place);
    assert!(line.starts_with("proxy: ") && line.contains("HACHOK_TRUSTED_PROXIES"), "{line}");
    let place = place.set("HACHOK_TRUSTED_PROXIES", "127.0.0.1");
    assert_eq!(place.run_ok(&["doctor"]), "no faults");
    let closed = ClosedPort::new();
    let place = place.set("HACHOK_SERVER", closed.at("").trim_end_matches('/'));
    assert!(only_fault(&place).starts_with("server: "));
    place.set("HACHOK_BIND", "nowhere").run(&["doctor"]).error_line(2);
}

#[test]
fn pending_migrations_and_a_newer_database_are_faults() {
    let place = Place::with_tables();
    place.run_sql(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    );
    let line = only_fault(&place);
    assert!(line.starts_with("migrations: ") && line.contains("hachok migrate"), "{line}");
    place.run_sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    let line = only_fault(&place);
    assert!(line.starts_with("database: ") && line.contains("newer"), "{line}");
}

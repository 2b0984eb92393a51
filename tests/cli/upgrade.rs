//! A database with tables and rows of the first release, used by this version.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::delivery::signed_by;
use crate::house::files;
use crate::support::{Api, App, PASSWORD, Place, Receiver};

const FIRST: [&str; 2] = ["2026-11-21-000001_begin", "2026-11-21-000002_engine"];

/// Two hours ago, in microseconds: within the period that the pages count.
fn then() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(now.as_micros()).expect("a time before 2262") - 7_200_000_000
}

/// A place with the tables of the first release.
fn old_place() -> Place {
    let place = Place::bare();
    std::fs::create_dir(place.folder().join("data")).expect("a folder");
    let kind = if place.is_sqlite() { "sqlite" } else { "postgres" };
    for migration in FIRST {
        let (_, sql) = files(&format!("migrations/{kind}/{migration}"), "up.sql").remove(0);
        place.run_sql(&sql);
    }
    place.run_sql(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    );
    for migration in FIRST {
        let version: String = migration.chars().take(17).filter(char::is_ascii_digit).collect();
        place.run_sql(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"));
    }
    place
}

/// A webhook, an inbox, 30 events, each with a delivery: 17 delivered, 8 failed, 2 cancelled, 1 test, 2 pending.
fn fill(place: &Place) {
    let then = then();
    let (yes, body) = if place.is_sqlite() { ("1", "x'7b7d'") } else { ("TRUE", r"'\x7b7d'") };
    place.run_sql(&format!(
        "INSERT INTO inboxes (external_id, name, created_at) VALUES ('7', 'Сайт', {then}); \
         INSERT INTO webhooks (name, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, \
         secret_created_at, paused_until, version, created_at, updated_at) VALUES ('Kept', 'https://a.example.com/', \
         {yes}, 'none', '', {yes}, 15, '', {then}, 4000000000000000, 1, {then}, {then}); \
         INSERT INTO webhook_events (webhook_id, event) VALUES (1, 'message_created')"
    ));
    let mut rows = String::new();
    for n in 0..30_i64 {
        let at = then + n * 1_000_000;
        let id = (at - 1_577_836_800_000_000) << 12;
        let (status, reason, origin) = match n {
            0..17 => ("success", "NULL", "event"),
            17..25 => ("failed", "'exhausted'", "event"),
            25..27 => ("failed", "'cancelled'", "event"),
            27 => ("failed", "'exhausted'", "test"),
            _ => ("pending", "NULL", "event"),
        };
        let (next, end) =
            if n > 27 { (at.to_string(), "NULL".to_owned()) } else { ("NULL".to_owned(), at.to_string()) };
        rows.push_str(&format!(
            "INSERT INTO events (id, name, inbox_id, body, created_at) \
             VALUES ({id}, 'message_created', 1, {body}, {at}); \
             INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, status, reason, origin, attempts, \
             steps, next_attempt_at, created_at, finished_at) VALUES ({id}, {id}, 'message_created', 1, 1, \
             '{status}', {reason}, '{origin}', 1, 1, {next}, {at}, {end}); "
        ));
    }
    place.run_sql(&rows);
}

#[tokio::test]
async fn rows_of_the_first_release_are_shown_and_counted() {
    let place = old_place();
    fill(&place);
    let then = then();
    place.run_sql(&format!(
        "INSERT INTO users (email, name, role, time_zone, password_hash, created_at) \
         VALUES ('old@example.com', 'Old', 'admin', 'UTC', '', {then})"
    ));
    place
        .run_with(&["user", "password", "--email", "old@example.com", "--password-stdin"], PASSWORD)
        .stdout_of_success();
    let app = App::at(place);
    let api = app.api("admin");
    for (filter, count) in [("status=success", 17), ("status=failed", 11), ("status=pending", 2), ("test=1", 1)] {
        assert_eq!(api.deliveries(&format!("limit=100&{filter}")).await.len(), count, "{filter}");
    }
    let received = api.get("received?limit=100").await.json();
    assert_eq!(received["payload"].as_array().map(Vec::len), Some(30));
    assert_eq!(api.get("received?outcome=none").await.json()["payload"], serde_json::json!([]));
    let visitor = app.visitor();
    visitor.sign_in("old@example.com", PASSWORD).await;
    assert!(visitor.open("/webhooks").await.says("Kept") && visitor.open("/inboxes").await.says("Сайт"));
    let numbers = visitor.open("/webhooks").await.texts(".stats b");
    assert_eq!(numbers, ["25", "68.0%", "8", "2"], "cancelled deliveries and tests are not counted");
    assert_eq!(visitor.open("/webhooks/1").await.texts("#chart .stats b")[..3], ["17", "8", "68.0%"]);
}

#[tokio::test]
async fn tokens_of_the_first_release_keep_their_scope() {
    let place = old_place();
    let then = then();
    for scope in ["ingest", "read", "admin"] {
        let hash: String = Sha256::digest(format!("hk_{scope}")).iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = if place.is_sqlite() { format!("x'{hash}'") } else { format!(r"'\x{hash}'") };
        place.run_sql(&format!(
            "INSERT INTO api_tokens (name, scope, prefix, token_hash, created_at) \
             VALUES ('{scope}', '{scope}', 'hk_{scope}', {hash}, {then})"
        ));
    }
    let app = App::at(place);
    for (scope, reads, writes) in [("ingest", 401, 401), ("read", 200, 401), ("admin", 200, 200)] {
        let api = Api::new(&app.url, &format!("hk_{scope}"));
        assert_eq!(api.get("webhooks").await.status, reads, "{scope}");
        let made = api.post("inboxes", &serde_json::json!({ "name": scope })).await;
        assert_eq!(made.status, writes, "{scope}");
    }
    let listed = app.run_ok(&["token", "list"]);
    assert!(listed.contains("1\tingest\t") && listed.contains("3\tadmin\t"), "{listed}");
}

/// What the binary of 0.1.0 (2026-11-21, commit b125a64) wrote: two webhooks with secrets, seven events and five derived
/// ones, eleven deliveries, on both databases with one key.
fn place_of_0_1_0() -> Place {
    let place = Place::bare().set("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8");
    // The rows get older with each day.
    let place = place.set("HACHOK_RETENTION_DAYS", "3650");
    std::fs::create_dir_all(place.folder().join("data")).expect("a folder");
    let key = STANDARD.encode((0..32).collect::<Vec<u8>>());
    std::fs::write(place.folder().join("data/secret.key"), key).expect("a key");
    let kind = if place.is_sqlite() { "sqlite" } else { "postgres" };
    let (_, sql) = files("tests/data/upgrade/0.1.0", &format!("{kind}.sql")).remove(0);
    place.run_sql(&sql);
    place
}

#[tokio::test]
async fn a_database_that_0_1_0_wrote_is_brought_up_with_its_secrets_and_deliveries() {
    let (app, receiver) = (App::at(place_of_0_1_0()), Receiver::start());
    let visitor = app.visitor();
    visitor.sign_in("old@example.com", PASSWORD).await;
    let list = visitor.open("/webhooks").await;
    assert!(list.says("CRM") && list.says("Склад"), "{}", list.text("main"));
    assert!(visitor.open("/inboxes").await.says("Сайт"));
    let api = app.api("admin");
    assert_eq!(api.deliveries("limit=100").await.len(), 11);
    assert_eq!(api.deliveries("limit=100&status=success").await.len(), 6);
    assert_eq!(api.get("received?limit=100").await.json()["payload"].as_array().map(Vec::len), Some(12));
    // The stored secrets: the webhook is sent to another place without being saved again.
    app.run_sql(&format!(
        "UPDATE webhooks SET url = '{}', version = version + 1 WHERE name = 'CRM'",
        receiver.at("/crm")
    ));
    app.run_sql("UPDATE webhooks SET enabled = FALSE WHERE name <> 'CRM'");
    api.accepted(crate::support::event("message_created")).await;
    let request = receiver.first("/crm").await;
    assert_eq!(request.header("authorization"), "Bearer the-old-token");
    assert_eq!(request.header("x-tenant"), "shop");
    let key = format!("whsec_{}", STANDARD.encode("a signing secret of 0.1.0"));
    assert!(signed_by(&request, &key), "{request:?}");
}

use std::fs;

use crate::support::{App, PASSWORD, Place, Receiver, event, webhook};

#[tokio::test]
async fn after_a_clean_stop_database_file_and_key_are_the_whole_installation() {
    let (mut app, receiver) = (App::on_sqlite(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let id = api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    app.user("anna@example.com", "admin", PASSWORD);
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(!app.log().contains("ERROR"), "{}", app.log());
    assert_eq!(app.files("data"), ["hachok.db", "secret.key"]);

    let place = Place::on_sqlite();
    fs::create_dir(place.folder().join("data")).expect("a folder");
    for name in ["data/hachok.db", "data/secret.key"] {
        fs::copy(app.folder().join(name), place.folder().join(name)).expect("a copy");
    }
    let copy = App::at(place);
    let visitor = copy.visitor();
    visitor.sign_in("anna@example.com", PASSWORD).await;
    assert!(visitor.open("/deliveries").await.says("Message created"));
    let deliveries = copy.api("read").deliveries("limit=100").await;
    assert_eq!((deliveries.len(), &deliveries[0]["event_id"]), (1, &id.into()));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_reader_in_another_process() {
    let mut app = App::on_sqlite();
    app.api("ingest").accepted(event("message_created")).await;
    let reader = crate::support::SqliteReader::begin(&app.folder().join("data/hachok.db"));
    app.api("ingest").accepted(event("message_created")).await;
    let begun = std::time::Instant::now();
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
    drop(reader);
    app.start_again();
    assert_eq!(app.api("read").get("received?limit=100").await.json()["payload"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn the_write_ahead_log_shrinks_after_a_long_read_transaction() {
    const LIMIT: u64 = 32 * 1024 * 1024;
    let app = App::at(Place::on_sqlite().set("HACHOK_MAX_PAYLOAD", "2097152"));
    let api = app.api("ingest");
    api.accepted(event("message_created")).await;
    let log = app.folder().join("data/hachok.db-wal");
    let size = || fs::metadata(&log).expect("the log").len();
    let large = format!("{{\"event\":\"message_created\",\"content\":\"{}\"}}", "x".repeat(1_900_000));
    let reader = crate::support::SqliteReader::begin(&app.folder().join("data/hachok.db"));
    while size() < 2 * LIMIT {
        api.accepted(large.clone()).await;
    }
    drop(reader);
    for _ in 0..3 {
        api.accepted(event("message_created")).await;
    }
    assert!(size() <= LIMIT, "{}", size());
}

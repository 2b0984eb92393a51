use std::time::{Duration, Instant};

use crate::support::{App, Place, eventually};

#[test]
fn a_database_of_a_newer_version_is_refused_in_one_line_and_not_changed() {
    let place = Place::with_tables();
    place.run_sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"], &["token", "list"], &["user", "list"]] {
        let line = place.run(arguments).error_line(1);
        assert!(line.contains("newer") && line.contains("99990101000000"), "{line}");
        assert!(line.contains(env!("CARGO_PKG_VERSION")), "{line}");
    }
    if place.is_sqlite() {
        assert_eq!(place.files("data"), ["hachok.db"], "no key is created for it");
    }
}

/// A server of which another process migrates the database, as during an upgrade, once it answers so.
async fn overtaken() -> App {
    let app = App::start();
    app.run_sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    eventually("503", || async {
        let ready = app.visitor().get("/readyz").await;
        (ready.status == 503 && ready.body.contains("newer version")).then_some(())
    })
    .await;
    app.until_logged("this process stops").await;
    app
}

#[tokio::test]
async fn a_signal_ends_the_wait_of_a_server_whose_database_got_newer() {
    let mut app = overtaken().await;
    let begun = Instant::now();
    assert_eq!(app.stop(), Some(1), "{}", app.log());
    // Without a signal it waits 6 s for load balancers.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    app.until_logged("99990101000000").await;
}

#[tokio::test]
async fn a_server_whose_database_gets_newer_leaves_and_stops_with_the_reason() {
    let mut app = overtaken().await;
    assert_eq!(app.exit_code(), Some(1), "{}", app.log());
    app.until_logged("99990101000000").await;
}

use crate::pages::make_webhook;
use crate::support::{App, Place, Receiver, Reply, event, eventually};

#[tokio::test]
async fn the_status_of_a_new_installation_is_good() {
    let app = App::start();
    let page = app.admin().await.open("/status").await;
    assert_eq!(page.text("#status h2"), "Everything works");
    for words in [env!("CARGO_PKG_VERSION"), "202611", "Free disk space"].iter().filter(|_| app.is_sqlite()) {
        assert!(page.says(words), "{words} in {}", page.text("main"));
    }
    assert!(page.says(if app.is_sqlite() { "SQLite" } else { "PostgreSQL" }));
}

#[tokio::test]
async fn the_queue_and_the_webhooks_are_counted() {
    let (app, receiver) = (App::start(), Receiver::start());
    receiver.answers("/a", [Reply::Status(503)]);
    let admin = app.admin().await;
    make_webhook(&admin, &receiver.at("/a")).await;
    app.api("ingest").accepted(event("message_created")).await;
    let api = app.api("read");
    eventually("a retry", || async { (api.deliveries("status=retrying").await.len() == 1).then_some(()) }).await;
    let page = admin.open("/status").await;
    assert_eq!(page.texts("#queue b"), ["0", "1", "0", "0"], "it waits for its next attempt: {}", page.text("#queue"));
    assert!(page.text("main").contains("1 active"), "{}", page.text("main"));
    app.run_sql("UPDATE webhooks SET paused_until = 9000000000000000");
    assert!(admin.open("/status").await.text("main").contains("0 active"));
}

#[tokio::test]
async fn deliveries_that_are_overdue_are_reported_as_a_problem() {
    let app = App::at(Place::new().set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "1"));
    let receiver = Receiver::start();
    receiver.answers("/a", [Reply::Hang]);
    let admin = app.admin().await.speaking("uk");
    make_webhook(&admin, &receiver.at("/a")).await;
    app.api("ingest").accepted(event("message_created")).await;
    receiver.first("/a").await;
    // The only request that the webhook may have hangs, so the second delivery waits.
    app.api("ingest").accepted(event("message_created")).await;
    assert_eq!(admin.open("/status").await.text("#status h2"), "Усе працює");
    app.run_sql("UPDATE deliveries SET next_attempt_at = next_attempt_at - 61000000 WHERE leased_until IS NULL");
    let page = admin.open("/status").await;
    assert_eq!(page.text("#status h2"), "Є збої");
    assert!(page.text("#status .points").contains("чекають понад хвилину"), "{}", page.text("#status"));
}

#[tokio::test]
async fn polling_returns_the_same_region_of_the_page() {
    let app = App::start();
    let admin = app.admin().await;
    let fragment = admin.fetch("/status").await.expect(200);
    assert!(fragment.body.starts_with("<div class=\"stack\" id=\"status\" data-poll"), "{}", fragment.body);
    assert!(!fragment.body.contains("<html") && fragment.header("vary").contains("HX-Request"));
}

#[tokio::test]
async fn a_viewer_sees_the_status_without_paths() {
    let app = App::start();
    let folder = app.folder().display().to_string();
    let admin = app.admin().await.open("/status").await;
    let viewer = app.signed_in("viewer").await.open("/status").await;
    assert_eq!(viewer.text("#status h2"), "Everything works");
    assert!(!viewer.body.contains("hachok.db") && !viewer.body.contains(&folder));
    assert_eq!(admin.body.contains("hachok.db"), app.is_sqlite());
}

/// A fresh machine or a small container has none.
#[tokio::test]
async fn without_ca_certificates_the_log_and_the_page_say_what_to_install() {
    let place = Place::new().set("SSL_CERT_FILE", "/nowhere/certs.pem").set("SSL_CERT_DIR", "/nowhere/certs");
    let app = App::at(place);
    let said = || app.log().lines().filter(|line| line.contains("apt-get install ca-certificates")).count();
    eventually("the line", || async { (said() == 1).then_some(()) }).await;
    let admin = app.admin().await;
    assert!(admin.open("/status").await.says("Install the package ca-certificates and restart Hachok."));
    let page = admin.speaking("uk").open("/status").await;
    assert!(page.says("Установіть пакет ca-certificates і перезапустіть Hachok."));
    // Receivers in a private network are reached by plain http.
    let receiver = crate::support::Receiver::start();
    let api = app.api("admin");
    api.webhook(&crate::support::webhook(&receiver.at("/a"))).await;
    api.accepted(crate::support::event("message_created")).await;
    receiver.first("/a").await;
}

use std::time::{Duration, Instant};

use crate::pages::good_form;
use crate::support::App;

#[tokio::test]
async fn a_page_says_that_the_database_does_not_answer() {
    let app = App::start();
    let admin = app.admin().await.speaking("uk");
    admin.open("/webhooks").await;
    for table in ["users", "sessions"] {
        app.run_sql(&format!("ALTER TABLE {table} RENAME TO hidden"));
        let page = admin.get("/webhooks").await.expect(503);
        assert_eq!(page.text("h1"), "Тимчасово недоступно", "{table}");
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("uk"));
        assert_eq!(page.header("retry-after"), "5", "{table}");
        assert!(page.header("content-security-policy").contains("default-src"), "{table}");
        assert_eq!(page.header("cache-control"), "no-store", "{table}");
        app.run_sql(&format!("ALTER TABLE hidden RENAME TO {table}"));
    }
    admin.open("/webhooks").await;
}

/// Only Postgres has locks that block writers but not readers.
#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_webhook_that_cannot_be_stored_delays_no_other_request() {
    let app = App::on_postgres();
    let other = app.for_another_process();
    let lock = "BEGIN; LOCK TABLE webhooks IN SHARE MODE; SELECT pg_sleep(14); COMMIT";
    let lock = std::thread::spawn(move || other.run_sql(lock));
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let begun = Instant::now();
    let duplicates = tokio::join!(admin.submit(form.clone()), admin.submit(form.clone()));
    assert_eq!((duplicates.0.status, duplicates.1.status), (503, 503));
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    lock.join().expect("the lock's end");
}

use crate::support::App;

#[tokio::test]
async fn a_page_says_that_the_database_does_not_answer() {
    let app = App::start();
    let admin = app.admin().await.speaking("uk");
    admin.open("/webhooks").await;
    for table in ["users", "sessions"] {
        app.age(&format!("ALTER TABLE {table} RENAME TO hidden"));
        let page = admin.get("/webhooks").await.expect(503);
        assert_eq!(page.text("h1"), "Тимчасово недоступно", "{table}");
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("uk"));
        assert_eq!(page.header("retry-after"), "5", "{table}");
        assert!(page.header("content-security-policy").contains("default-src"), "{table}");
        assert_eq!(page.header("cache-control"), "no-store", "{table}");
        app.age(&format!("ALTER TABLE hidden RENAME TO {table}"));
    }
    admin.open("/webhooks").await;
}

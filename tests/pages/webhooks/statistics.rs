use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::{App, Page, Receiver, Reply, event, eventually, webhook};

/// The numbers of the chart: deliveries that succeeded and that failed, and the share of attempts that succeeded.
fn numbers(page: &Page) -> Vec<String> {
    page.texts("#chart .stats b").into_iter().take(3).collect()
}

/// One delivery that succeeded and one that failed permanently, both of webhook 1.
async fn one_of_each(app: &App, receiver: &Receiver) {
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    receiver.answers("/a", [Reply::Status(200), Reply::Status(500)]);
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    api.accepted(event("message_created")).await;
    eventually("the second attempt", || async {
        (api.deliveries("status=pending").await.iter().any(|one| one["attempt_count"] == 1)).then_some(())
    })
    .await;
    // Its next attempt is the last step of the schedule, due now.
    app.run_sql("UPDATE deliveries SET steps = 9, next_attempt_at = 1 WHERE status = 'pending'");
    eventually("its end", || async { (!api.deliveries("status=failed").await.is_empty()).then_some(()) }).await;
}

#[tokio::test]
async fn ended_deliveries_are_counted_on_every_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    one_of_each(&app, &receiver).await;
    let admin = app.admin().await;
    let list = admin.open("/webhooks").await;
    // One of three attempts succeeded.
    assert_eq!(list.texts(".stats b"), ["2", "33.3%", "1", "0"]);
    assert!(list.text(".nav .count").contains("2 failed attempts"), "{}", list.text(".nav"));
    assert!(
        list.text("#wh-1").contains("33.3%") && list.text("#wh-1").contains("3 attempts"),
        "{}",
        list.text("#wh-1")
    );
    for range in ["", "?range=24h", "?range=7d"] {
        let page = admin.open(&format!("/webhooks/1{range}")).await;
        assert_eq!(numbers(&page), ["1", "1", "33.3%"], "{range}");
        assert!(["up", "rt", "dn"].iter().all(|bar| page.has(&format!("#chart g rect.{bar}"))), "{range}");
        assert!(page.says("Failed attempts: 2"), "{}", page.text("#chart"));
        let rows = page.texts("#chart tbody tr");
        assert_eq!(rows.len(), if range == "?range=7d" { 28 } else { 24 }, "{range}");
        let ended: Vec<_> = rows.iter().filter(|row| !row.trim_end().ends_with("00")).collect();
        assert!(!ended.is_empty(), "{rows:?}");
    }
    // A test does not count.
    let form = admin.open("/webhooks/1/test").await.form("[name=body]");
    admin.submit(form).await;
    assert_eq!(admin.open("/webhooks").await.texts(".stats b")[0], "2");
}

/// A receiver that is down: no delivery has ended, and all that the pages show says that attempts fail.
#[tokio::test]
async fn attempts_that_fail_show_before_any_delivery_has_ended() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/down"))).await;
    receiver.answers("/down", [Reply::Status(500), Reply::Status(500)]);
    for number in 1..=2 {
        api.accepted(event("message_created")).await;
        after_attempt(&api, number).await;
    }
    let admin = app.admin().await;
    let list = admin.open("/webhooks").await;
    assert_eq!(list.texts(".stats b"), ["0", "0.0%", "0", "2"]);
    assert!(list.has("#wh-1 rect.rt") && !list.has("#wh-1 rect.dn") && !list.has("#wh-1 rect.up"));
    assert!(list.text("#wh-1").contains("0.0%") && list.text("#wh-1").contains(" attempts"), "{}", list.text("#wh-1"));
    let page = admin.open("/webhooks/1").await;
    assert_eq!(numbers(&page), ["0", "0", "0.0%"]);
    assert!(page.has("#chart g rect.rt") && !page.has("#chart g rect.dn") && page.says("Failed attempts: "));
    let page = admin.open("/webhooks/1?lang=uk").await;
    assert!(page.says("Невдалі спроби: "), "{}", page.text("#chart"));
}

#[tokio::test]
async fn deliveries_older_than_the_hourly_counts_are_counted_too() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    one_of_each(&app, &receiver).await;
    app.stop();
    app.run_sql("DROP TABLE webhook_hours");
    app.run_sql("DELETE FROM __diesel_schema_migrations WHERE version IN ('20261121000005', '20261128000013')");
    app.start_again();
    let admin = app.admin().await;
    // Failed attempts are counted from now on.
    assert_eq!(admin.open("/webhooks").await.texts(".stats b"), ["2", "50.0%", "1", "0"]);
    assert_eq!(numbers(&admin.open("/webhooks/1").await), ["1", "1", "50.0%"]);
}

#[tokio::test]
async fn htmx_gets_chart_and_new_deliveries_as_fragments() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let path = format!("/webhooks/{id}");
    let whole = admin.open(&format!("{path}?range=7d")).await;
    let chart = admin.fetch(&format!("{path}?range=7d")).await.expect(200);
    assert!(
        whole.body.contains(chart.body.trim())
            && chart.body.trim_start().starts_with("<div class=\"stack\" id=\"chart\"")
    );
    assert_eq!(whole.attribute("#range-7d", "aria-current").as_deref(), Some("true"));
    let poll = whole.attribute("#recent", "hx-get").expect("a poll");
    assert_eq!(admin.fetch(&poll).await.status, 204);
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    let news = admin.fetch(&poll).await.expect(200);
    assert!(news.has("#recent") && !news.body.contains("<html") && news.body.contains("dlv_"), "{}", news.body);
    let poll = news.attribute("#recent", "hx-get").expect("the next poll");
    assert_eq!(admin.fetch(&poll).await.status, 204);
}

#[tokio::test]
async fn many_webhooks_come_in_pages_and_the_search_looks_through_all() {
    let app = App::start();
    let rows: Vec<String> = (1..=120)
        .map(|n| {
            format!(
                "INSERT INTO webhooks (name, url, enabled, auth_method, auth_name, all_inboxes, timeout_s, secret, \
                 secret_created_at, version, created_at, updated_at) VALUES ('Гачок {n}', 'https://h{n}.example.com/', \
                 {on}, 'none', '', {on}, 15, 'x', 0, 1, 0, 0)",
                on = if app.is_sqlite() { "1" } else { "TRUE" }
            )
        })
        .collect();
    app.run_sql(&rows.join(";"));
    let admin = app.admin().await;
    let first = admin.open("/webhooks").await;
    assert_eq!(first.texts("#list tbody tr").len(), 50);
    assert!(first.says("1–50 of 120 webhooks") && !first.has("#previous"), "{}", first.text(".foot"));
    let second = first.attribute("#next", "href").expect("a next page");
    let last = admin.open(&admin.open(&second).await.attribute("#next", "href").expect("a third page")).await;
    assert_eq!(last.texts("#list tbody tr").len(), 20);
    assert!(last.says("101–120 of 120 webhooks") && last.has("#previous") && !last.has("#next"));
    assert_eq!(admin.open("/webhooks?page=99").await.texts("#list tbody tr").len(), 20, "the nearest existing page");
    let found = admin.open("/webhooks?q=%D0%93%D0%90%D0%A7%D0%9E%D0%9A+119").await;
    assert_eq!(found.texts("#list .name"), ["Гачок 119"]);
    let some = admin.open("/webhooks?q=example&page=2").await;
    assert!(some.attribute("#previous", "href").is_some_and(|link| link.contains("q=example")), "the search stays");
    assert!(admin.open("/webhooks?state=disabled").await.says("Nothing matches"));
}

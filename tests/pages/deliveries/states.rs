//! The states of deliveries on the pages: one word each, with the reason and what to do.

use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::ports::ClosedPort;
use crate::support::{Api, App, Receiver, Reply, event, eventually, webhook};

const IN_2100: i64 = 4_102_444_800_000_000;

/// A webhook whose receiver answers 500, and its delivery, which waits for its second attempt.
async fn failed_once(app: &App, receiver: &Receiver) -> (Api, String) {
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    (api, format!("/deliveries/{}", delivery["id"].as_str().expect("an id")))
}

#[tokio::test]
async fn a_delivery_that_its_webhook_holds_back_says_why_and_leads_to_the_webhook() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (_api, path) = failed_once(&app, &receiver).await;
    let admin = app.admin().await;
    assert!(!admin.open(&path).await.has("#obstacle"), "it is only retrying");
    // Its own time has passed long ago: no page may call that a plan.
    app.run_sql("UPDATE deliveries SET next_attempt_at = 1");
    for (change, badge, en, uk) in [
        (
            "probe_at = 4102444800000000",
            "Waiting",
            "Waiting: the webhook is failing",
            "Чекає: вебхук працює з помилками",
        ),
        (
            "probe_at = NULL, paused_until = 4102444800000000",
            "Held",
            "so nothing is sent until",
            "нічого не надсилається",
        ),
        (
            "enabled = FALSE, paused_until = NULL",
            "Held",
            "Held: the webhook is turned off",
            "Накопичено: вебхук вимкнено",
        ),
    ] {
        app.run_sql(&format!("UPDATE webhooks SET {change}"));
        let page = admin.open(&format!("{path}?lang=en")).await;
        assert_eq!(page.text("h1 + .meta .badge"), badge, "{change}");
        assert!(page.text("#obstacle").contains(en), "{change}: {}", page.text("#obstacle"));
        assert_eq!(page.attribute("#obstacle a", "href").as_deref(), Some("/webhooks/1"));
        assert!(!page.text("#attempts").contains("scheduled"), "{change}: {}", page.text("#attempts"));
        let page = admin.open(&format!("{path}?lang=uk")).await;
        assert!(page.text("#obstacle").contains(uk), "{change}: {}", page.text("#obstacle"));
    }
    let log = admin.open("/deliveries?lang=en").await;
    assert_eq!(log.text(".lines .state"), "Held");
    assert!(log.attribute(".lines .c-state[title]", "title").is_some_and(|title| title.contains("turned off")));
}

#[tokio::test]
async fn a_failed_delivery_of_a_webhook_that_is_off_says_how_to_send_it_again() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (_api, path) = failed_once(&app, &receiver).await;
    app.run_sql(
        "UPDATE deliveries SET status = 'failed', reason = 'exhausted', next_attempt_at = NULL, finished_at = 1",
    );
    let admin = app.admin().await;
    assert!(!admin.open(&path).await.has("#send-again-off"));
    app.run_sql("UPDATE webhooks SET enabled = FALSE");
    let page = admin.open(&path).await;
    assert!(page.text("#send-again-off").contains("turn the webhook on"), "{}", page.text("main"));
    assert!(!app.signed_in("viewer").await.open(&path).await.has("#send-again-off"));
}

#[tokio::test]
async fn what_was_never_sent_has_no_retries_to_cancel() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (_api, path) = failed_once(&app, &receiver).await;
    let admin = app.admin().await;
    assert_eq!(admin.open(&path).await.text("#cancel"), "Cancel retries");
    app.run_sql("UPDATE webhooks SET enabled = FALSE");
    app.run_sql("DELETE FROM attempts");
    app.run_sql("UPDATE deliveries SET attempts = 0, steps = 0");
    assert_eq!(admin.open(&path).await.text("#cancel"), "Cancel delivery");
}

#[tokio::test]
async fn list_overview_and_status_count_each_state_and_lead_to_it() {
    let (app, receiver) = (App::start(), Receiver::start());
    failed_once(&app, &receiver).await;
    let admin = app.admin().await;
    for (change, word, status) in [
        ("probe_at = NULL".to_owned(), "Retrying", "retrying"),
        (format!("probe_at = {IN_2100}"), "Waiting", "waiting"),
        (format!("probe_at = NULL, paused_until = {IN_2100}"), "Held", "held"),
    ] {
        app.run_sql(&format!("UPDATE webhooks SET {change}"));
        for (page, address) in [
            ("/webhooks", format!("/deliveries?status={status}")),
            ("/webhooks/1", format!("/webhooks/1/deliveries?status={status}")),
        ] {
            let page = admin.open(page).await;
            assert_eq!(page.texts(".states a"), [format!("{word} 1")]);
            assert_eq!(page.attribute(".states a", "href"), Some(address.clone()));
            assert_eq!(admin.open(&address).await.texts(".lines tbody tr:not(.day)").len(), 1, "{address}");
        }
        let tiles = admin.open("/status").await;
        let found: Vec<_> = tiles.texts("#queue dt").into_iter().zip(tiles.texts("#queue b")).collect();
        for (name, number) in found {
            assert_eq!(number, if name == word { "1" } else { "0" }, "{name} while {word}");
        }
    }
}

#[tokio::test]
async fn the_log_shows_the_cause_where_no_answer_came_and_the_attempt_that_a_search_found() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Status(503), Reply::Status(200)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let closed = ClosedPort::new();
    api.webhook(&webhook(&closed.at("/refused"))).await;
    api.accepted(event("message_created")).await;
    eventually("both attempts", || async { (api.deliveries("status=retrying").await.len() == 2).then_some(()) }).await;
    app.run_sql("UPDATE deliveries SET next_attempt_at = 1 WHERE webhook_id = 1");
    eventually("the success", || async { (api.deliveries("status=success").await.len() == 1).then_some(()) }).await;
    let page = admin.open("/deliveries?webhook=2").await;
    assert_eq!((page.text(".c-code .code"), page.text("td.c-n")), ("refused".into(), "1".into()));
    assert_eq!(admin.open("/deliveries?webhook=2&lang=uk").await.text(".c-code .code"), "відмова");
    let page = admin.open("/deliveries?webhook=1&lang=en").await;
    assert_eq!((page.text(".c-code .code"), page.text("td.c-n")), ("200".into(), "2".into()));
    let page = admin.open("/deliveries?q=503").await;
    assert_eq!((page.text(".c-code .code"), page.text("td.c-n")), ("503".into(), "1/2".into()));
    let to = page.attribute(".lines .to", "href").expect("a link");
    assert!(to.ends_with("?attempt=1"), "{to}");
    assert!(admin.open(&to).await.text("#h-rs").contains("attempt 1"));
}

#[tokio::test]
async fn the_log_counts_clears_its_filters_and_resends_only_where_something_failed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    make_webhook(&admin, &receiver.at("/a")).await;
    for _ in 0..3 {
        api.accepted(event("message_created")).await;
    }
    eventually("all", || async { (api.deliveries("status=success").await.len() == 3).then_some(()) }).await;
    let page = admin.open("/deliveries").await;
    assert!(page.text("#log .thin").starts_with("3 deliveries"), "{}", page.text("#log .thin"));
    assert!(!page.has("#clear") && !page.has("#resend-failed"));
    assert_eq!(page.texts(".lines .day"), ["Today"]);
    for path in ["/deliveries", "/webhooks/1/deliveries", "/webhooks/1"] {
        let page = admin.open(path).await;
        let columns = page.texts(".lines thead th").len().to_string();
        assert_eq!(page.attribute(".lines .day th", "colspan"), Some(columns), "{path}");
    }
    assert!(page.attribute("td.c-id", "title").is_some_and(|id| id.starts_with("dlv_") && id.len() > 12));
    let page = admin.open("/deliveries?status=success&event=message_created").await;
    assert_eq!(page.attribute("#clear", "href").as_deref(), Some("/deliveries"));
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'exhausted'");
    let page = admin.open("/deliveries?event=message_created").await;
    assert_eq!(page.attribute("#resend-failed", "href").as_deref(), Some("/deliveries/resend?event=message_created"));
    assert!(!app.signed_in("viewer").await.open("/deliveries").await.has("#resend-failed"));
    app.run_sql("UPDATE deliveries SET created_at = created_at - 86400000000");
    assert_eq!(admin.open("/deliveries?lang=uk").await.texts(".lines .day"), ["Учора"]);
}

#[tokio::test]
async fn the_log_of_one_webhook_keeps_its_head_and_tabs() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    api.webhook(&webhook(&receiver.at("/b"))).await;
    for _ in 0..51 {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/a", 51).await;
    let path = format!("/webhooks/{id}/deliveries");
    let overview = admin.open(&format!("/webhooks/{id}")).await;
    assert!(overview.links().contains(&path), "{:?}", overview.links());
    let page = admin.open(&path).await;
    assert_eq!(page.texts(".tabs [aria-current]"), ["Deliveries"]);
    assert!(page.text("h1").contains("127.0.0.1") && !page.has("select[name=webhook]") && !page.has("td.c-webhook"));
    assert!(page.text("#log .thin").starts_with("51 deliveries"), "{}", page.text("#log .thin"));
    let older = page.attribute("#older", "href").expect("a second page");
    assert!(older.starts_with(&format!("{path}?cursor=")), "{older}");
    assert_eq!(admin.open(&older).await.texts(".lines tbody tr:not(.day)").len(), 1);
    let found = admin.submit(page.form("#q").set("status", "failed")).await.expect(200);
    assert_eq!(found.attribute("#clear", "href"), Some(path.clone()));
    assert_eq!(admin.get("/webhooks/99/deliveries").await.status, 404);
}

#[tokio::test]
async fn an_alert_leads_to_the_attempt_that_turned_the_webhook_off() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500), Reply::Status(410)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for requests in 1..=2 {
        api.accepted(event("message_created")).await;
        receiver.await_requests("/a", requests).await;
    }
    let off = async || api.get("webhooks/1").await.json()["payload"]["webhook"]["status"] == "auto_disabled";
    eventually("the webhook to be off", || async { off().await.then_some(()) }).await;
    let gone = api.deliveries("cause=4xx").await.remove(0);
    let expected = format!("/deliveries/{}?attempt=1", gone["id"].as_str().expect("an id"));
    let admin = app.admin().await;
    for page in ["/webhooks", "/webhooks/1"] {
        let links = admin.open(page).await.links();
        assert!(links.contains(&expected), "{expected} on {page}: {links:?}");
    }
    assert!(admin.open(&expected).await.says("410"));
}

use serde_json::json;

use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::{App, Receiver, Reply, event, event_in, eventually, webhook};

#[tokio::test]
async fn log_filters_combine_and_are_kept_on_the_next_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    make_webhook(&admin, &receiver.at("/a")).await;
    for inbox in [7, 8] {
        for _ in 0..55 {
            api.accepted(event_in("message_created", inbox)).await;
        }
    }
    receiver.await_requests("/a", 110).await;
    let form = admin.open("/deliveries").await.form("#q");
    let form = form.set("inbox", "1").set("event", "message_created").set("period", "24h").set("q", "channel 7");
    let form = form.set("test", "0").set("from", "2026-01-01T00:00").set("to", "2099-01-01T00:00").set("webhook", "1");
    let first = admin.submit(form).await.expect(200);
    let rows = |page: &crate::support::Page| page.texts("#log tbody tr:not(.day)").len();
    assert_eq!(rows(&first), 50);
    for name in ["inbox", "event", "period", "q", "test", "from", "to", "webhook"] {
        assert!(!first.form("#q").value(name).is_empty(), "{name}");
    }
    let second = admin.open(&first.attribute("#older", "href").expect("older")).await;
    assert_eq!((rows(&second), second.has("#older")), (5, false));
    assert_eq!(second.form("#q").value("q"), "channel 7");
    let back = admin.open(&second.attribute("#newer", "href").expect("newer")).await;
    assert_eq!(back.html("#log tbody"), first.html("#log tbody"));
    assert_eq!(rows(&admin.open("/deliveries?from=2026-01-01&to=2026-01-02").await), 0);
}

#[tokio::test]
async fn an_unrecognised_filter_is_named_and_the_others_apply() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    make_webhook(&admin, &receiver.at("/a")).await;
    api.accepted(event("message_created")).await;
    let shown = async |query: &str| admin.open(&format!("/deliveries?{query}")).await.text("#log");
    for (query, label) in [
        ("from=lately", "From"),
        ("from=2026-11-21&to=2026-11-20", "To"),
        ("status=lost", "Status"),
        ("event=%3Cscript%3E", "Event"),
        ("inbox=x", "Inbox"),
        ("period=long", "Period"),
        ("cursor=x", "Pages"),
    ] {
        let text = shown(query).await;
        assert!(
            text.contains(&format!("These filters were not recognised and are ignored: {label}.")),
            "{query}: {text}"
        );
        assert!(text.contains("Message created"), "{query}");
        assert!(!shown(&format!("{query}&test=1")).await.contains("Message created"), "{query}");
    }
    let uk = shown("lang=uk&from=x&q=%20").await;
    assert!(uk.contains("Ці фільтри не розпізнано й не враховано: Від."), "{uk}");
}

#[tokio::test]
async fn times_are_shown_in_the_time_zone_of_the_account() {
    let app = App::start();
    let admin = app.admin().await;
    app.run_sql("UPDATE users SET time_zone = 'Europe/Kyiv'");
    let page = admin.open("/deliveries?from=2026-07-01T09:30&to=2026-07-02T00:00:00Z").await;
    let form = page.form("#q");
    assert_eq!((form.value("from"), form.value("to")), ("2026-07-01T09:30", "2026-07-02T03:00"));
    assert!(page.says("In your time zone: Europe/Kyiv"), "{}", page.text("main"));
    // Browsers write the dates in the fields in their own language.
    assert!(page.text("#log").contains("from 1 Jul 2026, 09:30 to 2 Jul 2026, 03:00"), "{}", page.text("#log"));
    let uk = admin.open("/received?from=2026-07-01&to=2026-07-02&lang=uk").await;
    assert!(uk.text("#received").contains("від 01.07.2026 до 02.07.2026"), "{}", uk.text("#received"));
}

#[tokio::test]
async fn each_fragment_is_a_region_of_its_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Status(500)]);
    make_webhook(&admin, &receiver.at("/a")).await;
    api.accepted(event("message_created")).await;
    let id = after_attempt(&api, 1).await["id"].as_str().unwrap_or_default().to_owned();
    // Relative times change between two requests, so they are left out of the comparison.
    app.run_sql("UPDATE deliveries SET created_at = 1, next_attempt_at = 9000000000000000");
    app.run_sql("UPDATE attempts SET started_at = 1");
    for (path, region) in [
        ("/deliveries?q=привіт&test=0&period=1h".to_owned(), "<div id=\"log\">"),
        ("/deliveries?status=lost&cursor=x".to_owned(), "<div id=\"log\">"),
        (format!("/deliveries/{id}"), "<div id=\"delivery\">"),
        (format!("/deliveries/{id}?attempt=1&body=raw"), "<div id=\"delivery\">"),
    ] {
        let fragment = admin.fetch(&path).await.expect(200);
        assert!(fragment.body.trim_start().starts_with(region), "{path}: {}", fragment.body);
        assert!(
            admin.open(&path).await.without_tokens().contains(fragment.without_tokens().trim()),
            "{path}: byte for byte"
        );
        assert!(fragment.header("vary").to_ascii_lowercase().contains("hx-request"), "{path}");
    }
    let cancel = admin.open(&format!("/deliveries/{id}")).await.form_to(&format!("/deliveries/{id}/cancellation"));
    let fragment = admin.submit_htmx(cancel).await.expect(200);
    assert!(fragment.body.starts_with("<div id=\"delivery\">"), "{}", fragment.body);
    let whole = admin.open(&format!("/deliveries/{id}")).await;
    assert!(whole.without_tokens().contains(fragment.without_tokens().trim()), "after a cancellation");
    let again = admin.open(&format!("/deliveries/{id}")).await.form_to(&format!("/deliveries/{id}/redelivery"));
    let fragment = admin.submit_htmx(again).await.expect(200);
    assert!(fragment.body.starts_with("<section class=\"card\" id=\"attempts\""), "{}", fragment.body);
    assert!(fragment.text(".twins").contains("Sent by hand"), "{}", fragment.body);
}

#[tokio::test]
async fn a_command_for_curl_repeats_the_request() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let mut body = webhook(&receiver.at("/a?x=$(id)&y;z"));
    body["authorization"] = json!({ "type": "bearer", "token": "canary-token" });
    body["headers"] = json!({ "x-key": { "value": "canary-key", "hidden": true }, "x-note": "it's" });
    api.webhook(&body).await;
    let sent = event("message_created").replace("Привіт", "It's $HOME `id` \\\\ !! \\\"");
    api.accepted(sent.clone()).await;
    let original = receiver.await_requests("/a?x=$(id)&y;z", 1).await.remove(0);
    let id = after_attempt(&api, 1).await["id"].as_str().unwrap_or_default().to_owned();
    let page = admin.open(&format!("/deliveries/{id}")).await;
    assert!(!page.body.contains("canary"));
    let command = scraper::Html::parse_document(&page.body)
        .select(&scraper::Selector::parse("#curl").expect("an id"))
        .flat_map(|element| element.text().map(ToOwned::to_owned).collect::<Vec<_>>())
        .collect::<String>();
    let ran = std::process::Command::new("sh")
        .args(["-c", &command])
        .env("TOKEN", "canary-token")
        .env("SIGNATURE", original.header("webhook-signature").trim_start_matches("v1,"))
        .env("HEADER_X_KEY", "canary-key")
        .output()
        .expect("a shell");
    assert!(ran.status.success(), "needs curl: {ran:?}\n{command}");
    let again = receiver.await_requests("/a?x=$(id)&y;z", 2).await.remove(1);
    assert_eq!(String::from_utf8_lossy(&again.body), sent);
    for name in [
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "authorization",
        "x-key",
        "x-note",
    ] {
        assert_eq!(again.header(name), original.header(name), "{name}");
    }
}

#[tokio::test]
async fn links_choose_an_attempt_and_the_body_as_sent() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Full(503, vec![], "first".into()), Reply::Full(200, vec![], "second".into())]);
    make_webhook(&admin, &receiver.at("/a")).await;
    let sent = event("message_created");
    api.accepted(sent.clone()).await;
    let id = after_attempt(&api, 2).await["id"].as_str().unwrap_or_default().to_owned();
    let latest = eventually("the success", || async {
        Some(admin.open(&format!("/deliveries/{id}")).await).filter(|page| page.says("second"))
    })
    .await;
    assert!(!latest.has("[data-poll]"), "the page polls no more");
    let first = admin.open(&latest.attribute("#at-1", "href").expect("a link")).await;
    assert!(first.says("first") && !first.text("#attempt").contains("second"));
    assert!(!first.html("#request-body").contains("\"zeta\" : 1.10"));
    let raw = admin.open(&first.attribute("#other-body", "href").expect("a link")).await;
    assert!(raw.says("first") && raw.html("#request-body").contains("{ \"zeta\": 1.10,\t\"event\""), "{}", raw.body);
    assert!(raw.attribute("#at-2", "href").expect("a link").contains("body=raw"));
    admin.open(&format!("/deliveries/{id}?attempt=x&body=y")).await;
}

#[tokio::test]
async fn extreme_cursors_give_a_page_and_malformed_queries_an_error_page() {
    let app = App::start();
    let admin = app.admin().await;
    for cursor in ["dlv_7zzzzzzzzzzzz", "after-dlv_7zzzzzzzzzzzz", "dlv_0000000000000", "after-dlv_0000000000000"] {
        admin.open(&format!("/deliveries?cursor={cursor}")).await;
        admin.open(&format!("/received?cursor={}", cursor.replace("dlv", "evt"))).await;
    }
    for path in ["/deliveries?q=a&q=b", "/webhooks/new?from=x", "/webhooks/header-row?i=x", "/received?event=a&event=b"]
    {
        assert!(admin.get(path).await.expect(400).says("Hachok"), "{path}");
    }
}

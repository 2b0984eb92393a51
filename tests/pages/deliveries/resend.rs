use serde_json::json;

use crate::support::{App, Receiver, Reply, event_in, eventually};

#[tokio::test]
async fn the_resend_covers_what_the_filters_of_the_log_show() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["message_created", "contact_created"] })).await;
    for (name, inbox) in [("message_created", 7), ("message_created", 8), ("contact_created", 7)] {
        api.accepted(event_in(name, inbox)).await;
    }
    eventually("three attempts", || async { (api.deliveries("q=500").await.len() == 3).then_some(()) }).await;
    app.run_sql(
        "UPDATE deliveries SET status = 'failed', reason = 'exhausted', next_attempt_at = NULL, leased_until = NULL",
    );
    app.run_sql("UPDATE webhooks SET probe_at = NULL, failures = 0");

    let log = admin.open("/deliveries?status=failed&event=message_created&inbox=1&period=today&q=channel").await;
    let asked = admin.open(&log.attribute("#resend-failed", "href").expect("a link")).await.expect(200);
    let fields = asked.form("#f-since");
    assert_eq!((fields.value("event"), fields.value("inbox")), ("message_created", "1"));
    assert!(fields.value("from").ends_with("T00:00"), "{fields:?}");
    assert!(asked.text("#found").contains("1 failed delivery"), "{}", asked.text("main"));
    assert!(asked.says("The search text is ignored"), "{}", asked.text("main"));

    let early = admin.get("/deliveries/resend?from=2026-01-02T00:00&to=2026-01-01T00:00").await.expect(422);
    assert!(!early.error("until").is_empty() && early.error("since").is_empty());
    let before = admin.open("/deliveries/resend?from=2026-01-01T00:00&to=2026-01-02T00:00").await;
    assert!(before.says("There is nothing to resend"), "{}", before.text("main"));
    assert_eq!(admin.get("/deliveries/resend?webhook=x").await.status, 400, "an empty filter would mean all");

    receiver.answers("/a", [Reply::Status(204)]);
    let progress = admin.submit(asked.form("#found form")).await.leads_to();
    receiver.await_requests("/a", 4).await;
    let sent = eventually("the recovery is done", || async {
        Some(admin.open(&progress).await).filter(|page| !page.has("[data-poll]"))
    })
    .await;
    assert!(sent.says("1 of 1 sent"), "{}", sent.text("main"));
    let fragment = admin.fetch(&progress).await.expect(200);
    assert!(fragment.body.starts_with("<div id=\"recovery\"") && sent.body.contains(fragment.body.trim()));
    assert_eq!(receiver.seen("/a").len(), 4);
}

#[tokio::test]
async fn a_running_resend_is_shown_and_can_be_cancelled() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    api.webhook(&crate::support::webhook(&receiver.at("/a"))).await;
    api.accepted(event_in("message_created", 7)).await;
    eventually("it is delivered", || async { api.deliveries("status=success").await.first().map(drop) }).await;
    // Enough deliveries for a minute at the pace of a recovery, each of its own event.
    for insert in [
        "INSERT INTO events (id, name, body, created_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
         SELECT e.id - n.i, e.name, e.body, e.created_at FROM n, (SELECT * FROM events LIMIT 1) e",
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, reason, origin, attempts, steps, created_at) \
         SELECT id + 1, id, name, 1, 'failed', 'exhausted', 'event', 1, 1, created_at FROM events \
         WHERE id < (SELECT MAX(id) FROM events)",
    ] {
        app.run_sql(insert);
    }
    let counted = admin.open("/deliveries/resend?period=24h").await;
    assert!(counted.says("3,000 failed deliveries") && !counted.has(".notice"), "{}", counted.text("main"));
    let progress = admin.submit(counted.form("#found form")).await.leads_to();
    let page = admin.open("/deliveries/resend").await;
    assert_eq!(page.attribute(".notice a", "href").as_deref(), Some(progress.as_str()));
    let form = admin.open(&progress).await.form_to(&format!("{progress}/cancellation"));
    let fragment = admin.submit_htmx(form).await.expect(200);
    assert!(fragment.body.starts_with("<div id=\"recovery\"") && !fragment.has("[data-poll]"), "{}", fragment.body);
    assert!(fragment.text("#recovery").contains("were not resent"), "{}", fragment.body);
    assert!(!admin.open("/deliveries/resend").await.has(".notice"));
}

//! The response header `webhook-delivery`: `disable` and `abort-message`.

use serde_json::{Value, json};

use crate::delivery::{after_attempt, delivery_when, first_attempt};
use crate::support::{Api, App, Place, Receiver, Reply, event, eventually, webhook};

fn asking(status: u16, value: &str) -> Reply {
    Reply::Full(status, vec![("Webhook-Delivery", value.to_owned())], Vec::new())
}

async fn shown(api: &Api, id: &Value) -> Value {
    api.get(&format!("webhooks/{id}")).await.json()["payload"]["webhook"].clone()
}

async fn until_status(api: &Api, id: &Value, status: &str) {
    eventually(&format!("{id} {status}"), || async { (shown(api, id).await["status"] == status).then_some(()) }).await;
}

/// A webhook for each list of answers, and the delivery of one event to each after its first attempt.
async fn answered<const N: usize>(
    api: &Api,
    receiver: &Receiver,
    answers: impl IntoIterator<Item = [Reply; N]>,
) -> Vec<(Value, Value)> {
    let mut made = Vec::new();
    for (number, replies) in answers.into_iter().enumerate() {
        let path = format!("/{number}");
        receiver.answers(&path, replies);
        made.push(api.webhook(&webhook(&receiver.at(&path))).await["id"].clone());
    }
    api.accepted(event("message_created")).await;
    let mut answered = Vec::new();
    for id in made {
        let delivery = first_attempt(api, &id).await;
        answered.push((id, delivery));
    }
    answered
}

#[tokio::test]
async fn abort_message_ends_a_failed_delivery_and_leaves_a_success_as_it_is() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let cases = [
        (400, "abort-message", "failed", "active"),
        (404, "ABORT-Message", "failed", "active"),
        (500, " \t abort-message \t", "failed", "active"),
        (503, "pause, abort-message", "failed", "active"),
        (302, "abort-message", "failed", "active"),
        (429, "abort-message", "failed", "paused"),
        (410, "abort-message", "failed", "auto_disabled"),
        (200, "abort-message", "success", "active"),
        (204, "abort-message", "success", "active"),
        (500, "abort", "pending", "active"),
        (500, "abort message", "pending", "active"),
        (500, "pause", "pending", "active"),
        (500, "", "pending", "active"),
    ];
    let answers = cases.map(|(status, value, ..)| [asking(status, value)]);
    for ((webhook, delivery), case) in answered(&api, &receiver, answers).await.iter().zip(cases) {
        let (code, _, status, state) = case;
        assert_eq!(delivery["attempts"][0]["response"]["status"], code, "{case:?}");
        assert_eq!(delivery["status"], status, "{case:?}: {delivery}");
        let reason = if status == "failed" { json!("aborted") } else { Value::Null };
        assert_eq!(delivery["reason"], reason, "{case:?}: {delivery}");
        assert_eq!(delivery["next_attempt_at"].is_null(), status != "pending", "{case:?}: {delivery}");
        until_status(&api, webhook, state).await;
    }
    // A recovery leaves out what the receiver refused; a person can still send it again.
    let begun = api.post("webhooks/1/recoveries", &json!({ "since": "2026-01-01T00:00:00Z" })).await;
    assert_eq!(begun.json()["payload"]["recovery"]["count"], 0, "{}", begun.text);
    let aborted = api.deliveries("webhook=1").await[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(api.post(&format!("deliveries/{aborted}/redelivery"), &json!({})).await.status, 202);
}

#[tokio::test]
async fn a_redirect_that_counts_as_delivered_is_not_aborted() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [asking(302, "abort-message")]);
    let mut lenient = webhook(&receiver.at("/a"));
    lenient["redirect_is_success"] = json!(true);
    api.webhook(&lenient).await;
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    assert_eq!((&delivery["status"], &delivery["reason"]), (&json!("success"), &Value::Null), "{delivery}");
}

#[tokio::test]
async fn disable_turns_the_webhook_off_with_any_status_as_a_410_does() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let cases = [
        (200, "disable", "success", "auto_disabled"),
        (204, "Disable", "success", "auto_disabled"),
        (302, " DISABLE ", "pending", "auto_disabled"),
        (400, "disable", "pending", "auto_disabled"),
        (429, "disable", "pending", "auto_disabled"),
        (500, "later,disable", "pending", "auto_disabled"),
        (410, "disable", "pending", "auto_disabled"),
        (500, "disable, abort-message", "failed", "auto_disabled"),
        (200, "abort-message,disable", "success", "auto_disabled"),
        (200, "disabled", "success", "active"),
        (200, "disable;now", "success", "active"),
        (200, "enable", "success", "active"),
    ];
    let answers = cases.map(|(status, value, ..)| [asking(status, value), Reply::Status(204)]);
    for ((webhook, delivery), case) in answered(&api, &receiver, answers).await.iter().zip(cases) {
        let (_, _, status, state) = case;
        assert_eq!(delivery["status"], status, "{case:?}: {delivery}");
        until_status(&api, webhook, state).await;
        assert_eq!(shown(&api, webhook).await["enabled"], state == "active", "{case:?}");
        if status == "pending" {
            assert_eq!((&delivery["state"], &delivery["held_because"]), (&json!("held"), &json!("off")), "{case:?}");
        }
    }
    // Later events are held, and sent when a person turns the webhook on.
    api.accepted(event("message_created")).await;
    receiver.await_requests("/11", 2).await;
    assert_eq!(receiver.seen("/0").len(), 1);
    assert_eq!(api.deliveries("webhook=1&status=pending").await.len(), 1);
    api.patch("webhooks/1", &json!({ "enabled": true })).await;
    receiver.await_requests("/0", 2).await;
    until_status(&api, &json!(1), "active").await;
}

#[tokio::test]
async fn several_headers_are_one_list() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let lines = ["pause", "abort-message", "disable"].map(|value| ("webhook-delivery", value.to_owned()));
    receiver.answers("/a", [Reply::Full(500, lines.to_vec(), Vec::new())]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let ended = delivery_when(&api, "the end", |delivery| delivery["status"] == "failed").await;
    assert_eq!(ended["reason"], "aborted", "{ended}");
    until_status(&api, &json!(1), "auto_disabled").await;
}

#[tokio::test]
async fn a_test_changes_nothing_and_says_what_a_real_event_would() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    let cases = [
        (200, "disable", "success", "would turn this webhook off"),
        (500, "disable", "failed", "would turn this webhook off"),
        (500, "abort-message", "failed", "would not be sent again"),
    ];
    for (number, (code, value, status, words)) in cases.into_iter().enumerate() {
        let path = format!("/{number}");
        receiver.answers(&path, [asking(code, value)]);
        let made = api.webhook(&webhook(&receiver.at(&path))).await;
        let test = format!("webhooks/{}/test", made["id"]);
        let tested = api.post(&test, &json!({})).await.json()["payload"]["delivery"].clone();
        let reason = if status == "failed" { json!("test_failed") } else { Value::Null };
        assert_eq!((&tested["status"], &tested["reason"]), (&json!(status), &reason), "{tested}");
        assert_eq!(shown(&api, &made["id"]).await["status"], "active");
        let form = admin.open(&format!("/{test}")).await.form("[name=body]");
        let beside_form = admin.submit_htmx(form.clone()).await.expect(200).text("#result");
        let of_delivery = admin.open(&admin.submit(form).await.leads_to()).await.text("main");
        for text in [beside_form, of_delivery] {
            assert!(text.contains(words) && !text.contains("was turned off"), "{text}");
        }
        assert_eq!(shown(&api, &made["id"]).await["status"], "active");
    }
    receiver.answers("/none", [Reply::Status(500)]);
    let made = api.webhook(&webhook(&receiver.at("/none"))).await;
    let form = admin.open(&format!("/webhooks/{}/test", made["id"])).await.form("[name=body]");
    let page = admin.open(&admin.submit(form).await.leads_to()).await;
    assert!(!page.says("webhook-delivery"), "{}", page.text("main"));
}

#[tokio::test]
async fn pages_say_why_in_both_languages() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    let answers = [[asking(200, "disable")], [asking(422, "abort-message")]];
    let made = answered(&api, &receiver, answers).await;
    until_status(&api, &json!(1), "auto_disabled").await;
    let [off, aborted] = [0, 1].map(|number| format!("/deliveries/{}", made[number].1["id"].as_str().expect("an id")));
    let attempt = format!("{off}?attempt=1");
    for (path, texts) in [
        (
            "/webhooks/1",
            [
                "Turned off: the receiver asked for it (webhook-delivery: disable).",
                "Вимкнено на прохання отримувача (webhook-delivery: disable).",
            ],
        ),
        ("/webhooks", ["Turned off: the receiver asked for it", "Вимкнено на прохання отримувача"]),
        (
            &attempt,
            [
                "The receiver asked to turn the webhook off (webhook-delivery: disable).",
                "Отримувач попросив вимкнути вебхук (webhook-delivery: disable).",
            ],
        ),
        (
            &aborted,
            [
                "The receiver asked for no further attempts (webhook-delivery: abort-message)",
                "Отримувач попросив не повторювати надсилання (webhook-delivery: abort-message)",
            ],
        ),
    ] {
        for (language, text) in ["uk", "en"].into_iter().zip(texts.into_iter().rev()) {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = admin.open(&format!("{path}{join}lang={language}")).await;
            assert!(page.says(text), "{path} {language}: {}", page.text("main"));
            // A person or a 410 may have turned it off before.
            let of_attempt = path == attempt;
            let claims = page.says("was turned off") || page.says("було вимкнено");
            assert!(!of_attempt || !claims, "{path} {language}: {}", page.text("main"));
        }
    }
    // The alert leads to the attempt that asked, though it succeeded; a test that asked the same is not it.
    api.post("webhooks/1/test", &json!({})).await;
    for page in ["/webhooks", "/webhooks/1"] {
        let links = admin.open(page).await.links();
        assert!(links.contains(&attempt), "{attempt} on {page}: {links:?}");
    }
}

/// Held deliveries of a webhook, from that many microseconds after its attempted delivery on.
fn hold(app: &App, webhook: &Value, after_us: i64, count: u32) {
    app.run_sql(&format!(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, next_attempt_at, \
         created_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         SELECT (d.id / 4096 + {after_us} + i) * 4096 + {webhook}, d.event_id, d.event, {webhook}, 'pending', 'event', \
         0, 0, 0, d.created_at FROM n, (SELECT * FROM deliveries WHERE webhook_id = {webhook} AND attempts > 0) d"
    ));
}

#[tokio::test]
async fn the_alert_leads_to_the_attempt_however_many_deliveries_are_held_since() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    let answers = [[asking(500, "disable")], [Reply::Status(410)]];
    for (id, delivery) in &answered(&api, &receiver, answers).await {
        until_status(&api, id, "auto_disabled").await;
        // Received at the same time as the one that was answered, and long after.
        hold(&app, id, 0, 600);
        hold(&app, id, 10_000_000, 6_000);
        let attempt = format!("/deliveries/{}?attempt=1", delivery["id"].as_str().expect("an id"));
        for page in ["/webhooks".to_owned(), format!("/webhooks/{id}")] {
            let links = admin.open(&page).await.links();
            assert!(links.contains(&attempt), "{attempt} on {page}: {links:?}");
        }
    }
}

#[tokio::test]
async fn the_log_names_what_the_receiver_asked_for() {
    let place = Place::new().set("HACHOK_LOG_FORMAT", "json").set("RUST_LOG", "hachok=debug");
    let (app, receiver) = (App::at(place), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [asking(503, "abort-message, Disable")]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    for (message, field, value) in
        [("attempt ended", "control", "disable, abort-message"), ("webhook turned off", "reason", "asked")]
    {
        eventually(message, || async {
            let log = app.log();
            let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.any(|line| line["fields"]["message"] == message && line["fields"][field] == value).then_some(())
        })
        .await;
    }
}

/// What a version that does not know a reason of a newer one shows: the state without the reason.
#[tokio::test]
async fn an_unknown_reason_of_a_newer_version_is_left_out() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    receiver.answers("/a", [asking(503, "disable, abort-message")]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let ended = delivery_when(&api, "the end", |delivery| delivery["status"] == "failed").await;
    until_status(&api, &json!(1), "auto_disabled").await;
    app.run_sql("UPDATE deliveries SET reason = 'of_a_newer_version'");
    app.run_sql("UPDATE webhooks SET disabled_reason = 'of_a_newer_version'");
    let read = api.delivery(ended["id"].as_str().expect("an id")).await;
    assert_eq!((&read["status"], &read["reason"]), (&json!("failed"), &Value::Null), "{read}");
    assert_eq!(shown(&api, &json!(1)).await["status"], "auto_disabled");
    let of_delivery = format!("/deliveries/{}", ended["id"].as_str().expect("an id"));
    for path in ["/webhooks", "/webhooks/1", "/deliveries", &of_delivery, "/status"] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
}

use std::time::Duration;

use serde_json::{Value, json};

use crate::delivery::{after_attempt, first_attempt};
use crate::support::{App, Receiver, Reply, event, eventually, webhook};

async fn state(api: &crate::support::Api) -> Value {
    api.get("webhooks").await.json()["payload"]["webhooks"][0].clone()
}

#[tokio::test]
async fn a_410_turns_the_webhook_off_and_holds_its_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(410), Reply::Status(204)]);
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let held = after_attempt(&api, 1).await;
    assert_eq!((&held["status"], &held["attempts"][0]["cause"]), (&json!("pending"), &json!("gone")), "{held}");
    let webhook = state(&api).await;
    assert_eq!((&webhook["enabled"], &webhook["status"]), (&json!(false), &json!("auto_disabled")));
    // Later events are held, too.
    api.accepted(event("message_created")).await;
    assert_eq!(api.deliveries("status=pending").await.len(), 2);
    assert_eq!(receiver.seen("/a").len(), 1);

    api.patch(&format!("webhooks/{}", made["id"]), &json!({ "enabled": true })).await;
    eventually("both are delivered", || async { Some(()).filter(|()| receiver.seen("/a").len() >= 2) }).await;
    assert_eq!(state(&api).await["status"], "active");
}

#[tokio::test]
async fn too_many_requests_pause_the_whole_webhook() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Full(429, vec![("retry-after", "600".into())], Vec::new()), Reply::Status(204)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let waiting = after_attempt(&api, 1).await;
    let due: jiff::Timestamp = waiting["next_attempt_at"].as_str().unwrap_or_default().parse().expect("a time");
    let wait = due.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((590..=665).contains(&wait), "{wait} s");
    assert_eq!(state(&api).await["status"], "paused");
    // A new event waits, too.
    api.accepted(event("message_created")).await;
    assert_eq!(api.deliveries("status=pending").await.len(), 2);
    assert_eq!(receiver.seen("/a").len(), 1);
}

#[tokio::test]
async fn the_page_of_an_attempt_does_not_say_that_it_changed_a_webhook_that_a_person_turned_off_before() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    for status in [410, 429] {
        let path = format!("/{status}");
        receiver.answers(&path, [Reply::After(Duration::from_secs(2), Box::new(Reply::Status(status)))]);
        api.webhook(&webhook(&receiver.at(&path))).await;
    }
    api.accepted(event("message_created")).await;
    for (id, status) in [(1, 410), (2, 429)] {
        receiver.await_requests(&format!("/{status}"), 1).await;
        api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await;
    }
    for (id, status) in [(1, 410), (2, 429)] {
        let delivery = first_attempt(&api, &json!(id)).await;
        assert_eq!(delivery["attempts"][0]["response"]["status"], status, "{delivery}");
        let shown = api.get(&format!("webhooks/{id}")).await.json();
        assert_eq!(shown["payload"]["webhook"]["status"], "disabled", "{shown}");
        for language in ["uk", "en"] {
            let path = format!("/deliveries/{}?attempt=1&lang={language}", delivery["id"].as_str().expect("an id"));
            let page = admin.open(&path).await;
            for claim in ["was turned off", "було вимкнено", "was paused", "було призупинено"]
            {
                assert!(!page.says(claim), "{status} {language}: {}", page.text("main"));
            }
        }
    }
}

#[tokio::test]
async fn any_answer_may_ask_for_a_later_attempt() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Full(503, vec![("retry-after", "120".into())], Vec::new())]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let waiting = after_attempt(&api, 1).await;
    let due: jiff::Timestamp = waiting["next_attempt_at"].as_str().unwrap_or_default().parse().expect("a time");
    let wait = due.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((115..=133).contains(&wait), "{wait} s");
    assert_eq!(state(&api).await["status"], "active", "only 429 pauses the webhook");
}

#[tokio::test]
async fn a_failing_webhook_is_probed_one_delivery_at_a_time() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for _ in 0..12 {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/a", 12).await;
    // Ten failures in a row count only after two minutes, so the streak is made older.
    app.run_sql("UPDATE webhooks SET failing_since = failing_since - 130000000");
    eventually("the webhook is failing", || async { (state(&api).await["status"] == "failing").then_some(()) }).await;
    // A healthy webhook gets the next event at once; the failing one waits 30 s for its probe.
    api.webhook(&webhook(&receiver.at("/b"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/b").await;
    let newest = &api.deliveries("webhook=1").await[0];
    assert_eq!((&newest["status"], &newest["attempt_count"]), (&json!("pending"), &json!(0)), "{newest}");
}

#[tokio::test]
async fn a_recovery_sends_each_failed_delivery_once() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500), Reply::Status(500), Reply::Status(500), Reply::Status(204)]);
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    for _ in 0..3 {
        api.accepted(event("message_created")).await;
    }
    eventually("three stored attempts", || async {
        for delivery in api.deliveries("").await {
            let attempt = api.delivery(delivery["id"].as_str()?).await["attempts"][0].clone();
            Some(()).filter(|()| attempt["outcome"] == "failed")?;
        }
        Some(())
    })
    .await;
    app.run_sql(
        "UPDATE deliveries SET status = 'failed', reason = 'exhausted', next_attempt_at = NULL WHERE lease IS NULL",
    );
    assert_eq!(api.deliveries("status=failed").await.len(), 3);

    let path = format!("webhooks/{}/recoveries", made["id"]);
    let begun = api.post(&path, &json!({ "since": "2026-01-01T00:00:00Z" })).await;
    assert_eq!((begun.status, &begun.json()["payload"]["recovery"]["count"]), (202, &json!(3)));
    let id = begun.json()["payload"]["recovery"]["id"].clone();
    let done = eventually("the recovery is done", || async {
        let found = api.get(&format!("recoveries/{id}")).await.json()["payload"]["recovery"].clone();
        Some(found.clone()).filter(|_| found["status"] == "done" && found["success"] == 3)
    })
    .await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(3), &json!(0)));
    let sent = receiver.seen("/a");
    assert_eq!(sent.len(), 6);
    assert_eq!(api.deliveries("status=success").await[0]["trigger"], "recovery");

    let again = api.post(&path, &json!({ "since": "2026-01-01T00:00:00Z" })).await;
    assert_eq!(again.json()["payload"]["recovery"]["count"], 0, "delivered events are left out");
    assert_eq!(api.post(&path, &json!({ "since": "yesterday" })).await.status, 422);
}

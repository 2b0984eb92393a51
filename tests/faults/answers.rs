//! Answers that carry an instruction: 410, 429, `Retry-After`.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{FaultyReceiver, raw_bytes, status};
use crate::support::{Api, App, event, eventually, webhook};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// The delivery of a webhook that has exactly one, after its first attempt.
async fn tried(api: &Api, webhook: &Value) -> Value {
    let filter = format!("webhook={}", webhook["id"]);
    eventually("an attempt", || async {
        let delivery = api.deliveries(&filter).await.into_iter().next()?;
        let delivery = api.delivery(delivery["id"].as_str().expect("an id")).await;
        (delivery["attempts"][0]["outcome"] == "failed").then_some(delivery)
    })
    .await
}

async fn status_of(api: &Api, webhook: &Value) -> String {
    let answer = api.get(&format!("webhooks/{}", webhook["id"])).await.json();
    answer["payload"]["webhook"]["status"].as_str().unwrap_or_default().to_owned()
}

/// Seconds from the end of the first attempt to the next attempt.
fn pause(delivery: &Value) -> f64 {
    let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap_or_default().parse().expect("RFC 3339") };
    let attempt = &delivery["attempts"][0];
    let ended = time(&attempt["started_at"])
        + jiff::SignedDuration::from_millis(attempt["duration_ms"].as_i64().unwrap_or_default());
    time(&delivery["next_attempt_at"]).duration_since(ended).as_secs_f64()
}

fn refusal(code: u16, retry_after: &str) -> Vec<super::rig::Step> {
    raw_bytes(format!("HTTP/1.1 {code} Later\r\nretry-after: {retry_after}\r\ncontent-length: 0\r\n\r\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_410_disables_its_webhook_and_holds_its_deliveries() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    receiver.answers("/gone", status(410));
    let gone = api.webhook(&webhook(&receiver.at("/gone"))).await;
    api.webhook(&webhook(&receiver.at("/other"))).await;
    api.accepted(event("message_created")).await;
    let delivery = tried(&api, &gone).await;
    assert_eq!((&delivery["attempts"][0]["cause"], &delivery["status"]), (&json!("gone"), &json!("pending")));
    eventually("auto_disabled", || async { (status_of(&api, &gone).await == "auto_disabled").then_some(()) }).await;
    for _ in 0..5 {
        api.accepted(event("message_created")).await;
    }
    // When the other webhook has all six, this one would have had its second request, too.
    receiver.wait_for_requests("/other", 6, PROGRESS_TIMEOUT).await;
    assert_eq!(receiver.heard("/gone").len(), 1);
    let held = api.deliveries(&format!("webhook={}&status=pending", gone["id"])).await;
    assert_eq!(held.len(), 6, "{held:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_pauses_its_webhook_for_a_minute_at_least() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    receiver.answers("/busy", refusal(429, "1"));
    let busy = api.webhook(&webhook(&receiver.at("/busy"))).await;
    api.webhook(&webhook(&receiver.at("/other"))).await;
    api.accepted(event("message_created")).await;
    let due = Duration::from_secs_f64(pause(&tried(&api, &busy).await));
    eventually("paused", || async { (status_of(&api, &busy).await == "paused").then_some(()) }).await;
    // The retry of the delivery would come within seconds; the pause of the webhook delays it.
    let (mut ticks, count) = (tokio::time::interval(Duration::from_millis(200)), 5 * (due.as_secs() + 3));
    for _ in 0..count {
        ticks.tick().await;
        api.accepted(event("message_created")).await;
    }
    receiver.wait_for_requests("/other", usize::try_from(count).unwrap_or(0) + 1, PROGRESS_TIMEOUT).await;
    assert_eq!(receiver.heard("/busy").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_is_a_floor_in_seconds_and_in_each_form_of_a_date() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(600);
    let date = |form: &str| later.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime(form).to_string();
    let minutes = 595.0..760.0;
    let day = 24.0 * 3600.0;
    let rows = [
        ("seconds", "600".to_owned(), minutes.clone()),
        ("imf", date("%a, %d %b %Y %H:%M:%S GMT"), minutes.clone()),
        ("rfc850", date("%A, %d-%b-%y %H:%M:%S GMT"), minutes.clone()),
        ("asctime", date("%a %b %e %H:%M:%S %Y"), minutes),
        ("a-month", "2592000".to_owned(), day - 10.0..day * 1.21),
        ("junk", "soon".to_owned(), 3.9..6.2),
        ("negative", "-5".to_owned(), 3.9..6.2),
        ("past", "Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 3.9..6.2),
    ];
    let mut made = Vec::new();
    for (name, value, range) in rows {
        receiver.answers(&format!("/{name}"), refusal(503, &value));
        made.push((name, api.webhook(&webhook(&receiver.at(&format!("/{name}")))).await, range));
    }
    api.accepted(event("message_created")).await;
    for (name, webhook, range) in made {
        let delivery = tried(&api, &webhook).await;
        if delivery["attempts"].as_array().is_some_and(|attempts| attempts.len() == 1) {
            assert!(range.contains(&pause(&delivery)), "{name}: after {} s", pause(&delivery));
        } else {
            assert!(range.start < 10.0, "{name} was sent again too early");
        }
    }
}

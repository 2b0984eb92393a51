use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rig::{FaultyReceiver, Step, raw_bytes, status};
use crate::support::ports::ClosedPort;
use crate::support::{Api, App, event, webhook};

/// Path, what the receiver does there, and the cause that the log must show (empty for a success).
type Row = (&'static str, Vec<Step>, &'static str);

/// The longest timeout of the table, and the time to store the result.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

fn rows() -> Vec<Row> {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}\r\n");
    let then = |head: String, step: Step| [raw_bytes(head), vec![step]].concat();
    let second = Duration::from_secs(1);
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    vec![
        ("/close", vec![Step::Close], "connect_reset"),
        ("/reset", vec![Step::Reset], "connect_reset"),
        ("/hang", vec![Step::Hang], "timeout"),
        ("/drip", vec![Step::Drip("HTTP/1.1 200 OK\r\nx: y\r\n\r\n".into(), second)], "timeout"),
        ("/slow-body", then(head("content-length: 9\r\n"), Step::Drip("slow body".into(), second)), ""),
        ("/short-body", then(head("content-length: 99\r\n"), Step::Close), ""),
        ("/endless-body", then(head(""), Step::Flood(vec![b'x'; 1 << 16].into())), ""),
        ("/bomb", then(head("content-encoding: gzip\r\n"), Step::Flood(vec![0; 1 << 16].into())), ""),
        ("/no-text", raw_bytes(head("content-length: 4\r\n") + "\u{1b}[2J"), ""),
        ("/1xx", vec![Step::Flood("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4096).into())], "timeout"),
        ("/garbage", raw_bytes("\0\u{1}\u{2} garbage \r\n\r\n"), "invalid_http"),
        ("/many-headers", raw_bytes(head(&many)), "invalid_http"),
        ("/long-header", raw_bytes(head(&format!("x: {}\r\n", "y".repeat(1 << 20)))), "invalid_http"),
        (
            "/folded",
            raw_bytes(head("content-security-policy: default-src 'none';\r\n  img-src *\r\ncontent-length: 0\r\n")),
            "",
        ),
        ("/odd-line", raw_bytes(head("x-a : b\r\nназва: c\r\n: c\r\ncontent-length: 0\r\n")), ""),
        ("/two-lengths", raw_bytes(head("content-length: 0\r\ncontent-length: 1\r\n")), "invalid_http"),
        ("/204", raw_bytes("HTTP/1.1 204 No Content\r\n\r\n"), ""),
        ("/299", status(299), ""),
        ("/400", status(400), "http_status"),
        ("/404", status(404), "http_status"),
        ("/499", status(499), "http_status"),
        ("/500", status(500), "http_status"),
        ("/502", status(502), "http_status"),
        ("/504", status(504), "http_status"),
    ]
}

async fn subscribe(api: &Api, url: &str) -> u64 {
    let mut wanted = webhook(url);
    wanted["timeout_s"] = json!(5);
    api.webhook(&wanted).await["id"].as_u64().expect("an id")
}

/// Waits for the end of the first attempt of the webhook's only delivery; returns the attempt and the delivery.
async fn first_attempt(api: &Api, webhook: u64) -> (Value, Value) {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        let listed = api.deliveries(&format!("webhook={webhook}")).await;
        let id = listed.first().and_then(|delivery| delivery["id"].as_str()).expect("a delivery").to_owned();
        let delivery = api.delivery(&id).await;
        let attempt = delivery["attempts"][0].clone();
        if attempt["outcome"].as_str().is_some_and(|outcome| outcome != "started") {
            return (attempt, delivery);
        }
        assert!(begun.elapsed() < WAIT_TIMEOUT, "webhook {webhook} has no result: {delivery}");
    }
}

fn time(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap_or_default().parse().expect("RFC 3339")
}

/// The next attempt after a failure follows the schedule; after a success there is no next one.
fn assert_row(name: &str, cause: &str, (attempt, delivery): &(Value, Value)) {
    assert_eq!(attempt["cause"].as_str().unwrap_or_default(), cause, "{name}: {attempt}");
    let took = attempt["duration_ms"].as_i64().expect("a duration");
    assert!(took < 8000, "{name} took {took} ms");
    if cause.is_empty() {
        assert_eq!((&delivery["status"], &delivery["next_attempt_at"]), (&json!("success"), &Value::Null), "{name}");
        return;
    }
    assert_eq!(delivery["status"], "pending", "{name}: {delivery}");
    if delivery["attempts"].as_array().is_some_and(|attempts| attempts.len() == 1) {
        let ended = time(&attempt["started_at"]) + jiff::SignedDuration::from_millis(took);
        let pause = time(&delivery["next_attempt_at"]).duration_since(ended).as_secs_f64();
        assert!((3.9..6.2).contains(&pause), "{name}: the next attempt after {pause} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_receiver_failure_has_its_cause_and_delays_no_other_webhook() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let api = app.api("admin");
    let mut wanted = Vec::new();
    // Each has a receiver of its own: on a connection that the answer to another row left open, a close or a reset would be an
    // interruption.
    let mut receivers = Vec::new();
    for (path, steps, cause) in rows() {
        let own = FaultyReceiver::start();
        own.answers(path, steps);
        wanted.push((path.to_owned(), cause, subscribe(&api, &own.at(path)).await));
        receivers.push(own);
    }
    let (mute, rude) = (FaultyReceiver::greeting(vec![Step::Hang]), FaultyReceiver::greeting(vec![Step::Reset]));
    let plain = FaultyReceiver::greeting(status(400));
    let closed_port = ClosedPort::new();
    for (url, cause) in [
        (mute.at("/accepts-and-hangs"), "timeout"),
        // Here the timeout of the whole attempt is shorter than the limit of the connection phase.
        (mute.at("/hangs-in-tls").replace("http:", "https:"), "timeout"),
        (rude.at("/reset-at-once"), "connect_reset"),
        (plain.at("/no-tls").replace("http:", "https:"), "tls_error"),
        (closed_port.at("/refused"), "connect_refused"),
    ] {
        wanted.push((url.clone(), cause, subscribe(&api, &url).await));
    }
    for code in [301, 302, 303, 307, 308] {
        let path = format!("/{code}");
        let answer =
            format!("HTTP/1.1 {code} Gone\r\ncontent-length: 0\r\nlocation: {}\r\n\r\n", receiver.at("/target"));
        receiver.answers(&path, raw_bytes(answer));
        wanted.push((path.clone(), "redirect", subscribe(&api, &receiver.at(&path)).await));
    }
    let healthy = subscribe(&api, &receiver.at("/healthy")).await;
    let posted = Instant::now();
    api.accepted(event("message_created")).await;
    receiver.wait_for_requests("/healthy", 1, Duration::from_secs(2)).await;
    println!("beside {} bad receivers a good one was served within {:?}", wanted.len(), posted.elapsed());
    assert_eq!(first_attempt(&api, healthy).await.1["status"], "success");
    for (name, cause, webhook) in wanted {
        assert_row(&name, cause, &first_attempt(&api, webhook).await);
    }
    assert!(receiver.heard("/target").is_empty());
}

//! How fast events come in and go out: the release binary on a fresh SQLite file with `synchronous=FULL`,
//! a receiver and 32 connections on loopback. `HACHOK_BENCH_EVENTS` sets the number of events.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot go on stops")]

mod http;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Connection;
use server::Server;
use tokio::runtime::Builder;

const CONNECTIONS: usize = 32;
const PAGES: usize = 300;

fn main() {
    // `cargo test --benches` and the like ask for tests; there are none.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let events = std::env::var("HACHOK_BENCH_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(events));
}

async fn measure(events: usize) {
    let arrived = Arc::new(AtomicUsize::new(0));
    let receiver = http::receiver(Arc::clone(&arrived));
    let server = Server::start();
    let idle = server.rss_mib();
    let token = server.command(&["token", "add", "--name", "bench", "--scope", "admin"], "");
    webhook(&server, &token, &format!("http://{receiver}/in"), "message_created").await;

    // The first events warm the caches and are not counted.
    load(&server, &token, 500).await;
    arrive(&arrived, 500).await;
    let (before, began) = (server.cpu_s(), Instant::now());
    load(&server, &token, events).await;
    let accepting = began.elapsed().as_secs_f64();
    arrive(&arrived, 500 + events).await;
    let delivering = began.elapsed().as_secs_f64();
    let cpu = server.cpu_s() - before;
    let rss = server.rss_mib();

    for number in 1..100 {
        webhook(&server, &token, &format!("http://{receiver}/other/{number}"), "ticket_created").await;
    }
    let pages = pages(&server).await;
    let at = |share: f64| pages[((pages.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;

    let rows = [
        ("start_ms", "start to ready, ms", server.started_in.as_secs_f64() * 1000.0),
        ("idle_rss_mib", "resident memory, idle, MiB", idle),
        ("accepted_per_s", "events accepted a second", events as f64 / accepting),
        ("delivered_per_s", "deliveries a second", events as f64 / delivering),
        ("cpu_s_per_1000", "CPU seconds per 1,000 events and deliveries", cpu * 1000.0 / events as f64),
        ("rss_mib", "resident memory under load, MiB", rss),
        ("page_p50_ms", "/webhooks with 100 webhooks, p50, ms", at(0.5)),
        ("page_p95_ms", "/webhooks with 100 webhooks, p95, ms", at(0.95)),
    ];
    println!("{events} events, {CONNECTIONS} connections, 1 webhook");
    for (_, words, value) in rows {
        println!("{words:<45} {value:>10.2}");
    }
    let members: Vec<_> = rows.iter().map(|(name, _, value)| format!("\"{name}\":{value:.3}")).collect();
    println!("{{\"events\":{events},{}}}", members.join(","));
}

async fn webhook(server: &Server, token: &str, url: &str, event: &str) {
    let body = format!(r#"{{"url":"{url}","subscriptions":["{event}"]}}"#);
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    let answer =
        Connection::open(server.address).await.send("POST", "/api/v1/accounts/1/webhooks", &headers, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Sends that many events over all connections, each as fast as it is answered.
async fn load(server: &Server, token: &str, events: usize) {
    let left = Arc::new(AtomicUsize::new(events));
    let headers = Arc::new(format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n"));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (left, headers, address) = (Arc::clone(&left), Arc::clone(&headers), server.address);
        senders.spawn(async move {
            let mut connection = Connection::open(address).await;
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let answer = connection.send("POST", "/api/v1/events", &headers, BODY).await;
                assert_eq!(answer.status, 202, "{}", answer.body);
            }
        });
    }
    senders.join_all().await;
}

const BODY: &str = r#"{"event":"message_created","id":4711,"content":"Добрий день! Where is my order 20417?","message_type":"outgoing","content_type":"text","private":false,"created_at":"2026-11-21T09:17:00.000Z","sender":{"id":12,"name":"Olena Koval","email":"olena@shop.example","type":"user"},"conversation":{"id":318,"status":"open","unread_count":1,"labels":["delivery"],"meta":{"assignee":{"id":12,"name":"Olena Koval"},"team":{"id":2,"name":"Support"}}},"inbox":{"id":7,"name":"Website"},"account":{"id":1,"name":"Shop"}}"#;

async fn arrive(arrived: &AtomicUsize, count: usize) {
    let end = Instant::now() + Duration::from_secs(120);
    while arrived.load(Ordering::Relaxed) < count {
        assert!(Instant::now() < end, "only {} of {count} arrived", arrived.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Times of the list of webhooks, sorted.
async fn pages(server: &Server) -> Vec<Duration> {
    let cookie = server.sign_in().await;
    let mut connection = Connection::open(server.address).await;
    let mut times = Vec::new();
    for _ in 0..PAGES {
        let began = Instant::now();
        let answer = connection.send("GET", "/webhooks", &format!("cookie: {cookie}\r\n"), "").await;
        assert_eq!(answer.status, 200);
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times
}

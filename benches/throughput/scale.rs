//! Costs that depend on the size of the log, and of an installation with 10,000 webhooks.

use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::process;
use crate::receiver::Receiver;
use crate::seed;
use crate::server::Server;
use crate::{Report, load};

/// Requests of each figure.
const REQUESTS_PER_FIGURE: usize = 100;

/// Sizes of the log: `HACHOK_BENCH_SIZES`; the default is 1,000, 100,000 and 1,000,000 deliveries.
pub fn sizes() -> Vec<usize> {
    let sizes = std::env::var("HACHOK_BENCH_SIZES").unwrap_or_else(|_| "1000,100000,1000000".to_owned());
    sizes.split(',').filter_map(|size| size.trim().parse().ok()).collect()
}

/// Measures with a log of that many deliveries, and while retention removes a ninth of them.
pub async fn grown(size: usize) {
    let (mut server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 10).await;
    let began = Instant::now();
    seed::deliveries(&server.database(), size);
    println!("\n{size} deliveries, seeded in {:.0} s", began.elapsed().as_secs_f64());
    println!("{:<44} {:>9.0} bytes", "stored, a delivery", seed::bytes(&server.database()) as f64 / size as f64);

    let cookie = format!("cookie: {}\r\n", server.sign_in().await);
    let api = server.headers();
    let newest = first(&server, "/api/v1/accounts/1/deliveries?limit=1", &api, "\"id\":\"").await;
    let pages = [
        ("the list of webhooks", "/webhooks".to_owned()),
        ("a webhook", "/webhooks/1".to_owned()),
        ("a webhook, 7 days", "/webhooks/1?range=7d".to_owned()),
        ("the log", "/deliveries".to_owned()),
        ("a webhook that had nothing for three weeks", "/webhooks/10".to_owned()),
        ("the log of one webhook", "/deliveries?webhook=3".to_owned()),
        ("the log of one webhook, a day three weeks ago", format!("/deliveries?webhook=3&{}", seed::a_day())),
        ("the log, failed", "/deliveries?status=failed".to_owned()),
        ("the log, one event", "/deliveries?event=conversation_created".to_owned()),
        ("the log, an event that hardly happens", "/deliveries?event=ticket_created".to_owned()),
        ("the log, an inbox with little in it", "/deliveries?inbox=2".to_owned()),
        ("the log, a day three weeks ago", format!("/deliveries?{}", seed::a_day())),
        ("the log, a text", "/deliveries?q=nowhere-to-be-found".to_owned()),
        ("a delivery", format!("/deliveries/{newest}")),
        ("received events", "/received".to_owned()),
    ];
    for (words, path) in pages {
        figure(words, &mut timed(&server, ("GET", &path), &cookie, "").await);
    }
    figure("an event with one delivery", &mut timed(&server, ("POST", "/api/v1/events"), &api, seed::EVENT).await);
    println!("{:<44} {:>9.1} MiB", "resident memory", process::memory_mib(server.pid(), "VmRSS"));
    removed(&mut server, size).await;
}

/// Retention removes the deliveries of the oldest 3 of 27 days while events are accepted.
async fn removed(server: &mut Server, size: usize) {
    server.restart(&[("HACHOK_RETENTION_DAYS", "24")], 1);
    let (began, cpu) = (Instant::now(), server.cpu_s());
    let mut times = Vec::new();
    // 15 minutes later, so that nothing becomes old while this runs.
    while seed::oldest_days(&server.database()) > 24.01 {
        let headers = server.headers();
        times.extend(timed(server, ("POST", "/api/v1/events"), &headers, seed::EVENT).await);
    }
    let (rows, seconds) = (size as f64 / 9.0, began.elapsed().as_secs_f64());
    println!(
        "{:<44} {:>9.0} a second, {:.2} CPU s/1,000 with the events",
        "deliveries removed",
        rows / seconds,
        (server.cpu_s() - cpu) * 1000.0 / rows
    );
    figure("an event with one delivery meanwhile", &mut times);
}

/// 10,000 webhooks, 500 of them for one event, and 1,000 inboxes.
pub async fn many_webhooks() {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 500).await;
    let api = server.headers();
    let mut connection = Connection::open(server.address).await;
    for number in 0..9_500 {
        let url = receiver.url(500 + number);
        let body = format!(r#"{{"url":"{url}","subscriptions":["ticket_created"]}}"#);
        assert_eq!(connection.send("POST", "/api/v1/accounts/1/webhooks", &api, &body).await.status, 200);
    }
    for number in 0..1_000 {
        let body = format!(r#"{{"external_id":"more-{number}","name":"Inbox {number}"}}"#);
        assert_eq!(connection.send("POST", "/api/v1/accounts/1/inboxes", &api, &body).await.status, 200);
    }
    println!("\n10,000 webhooks, 1,000 inboxes");
    let cookie = format!("cookie: {}\r\n", server.sign_in().await);
    for (words, path) in
        [("the list of webhooks", "/webhooks"), ("a search", "/webhooks?q=%2F77"), ("the log", "/deliveries")]
    {
        figure(words, &mut timed(&server, ("GET", path), &cookie, "").await);
    }
    figure("an event for nobody", &mut timed(&server, ("POST", "/api/v1/events"), &api, seed::FOR_NOBODY).await);
    figure("an event for 500 webhooks", &mut timed(&server, ("POST", "/api/v1/events"), &api, seed::EVENT).await);
    println!("{:<44} {:>9.1} MiB", "resident memory", process::memory_mib(server.pid(), "VmRSS"));
}

/// Events accepted a second with 10 and with 10,000 webhooks, of which one wants each event.
pub async fn routes(report: &mut Report) {
    for count in [10, 10_000] {
        let (server, receiver) = (Server::start(&[]), Receiver::start());
        let mut ours = 0;
        for number in 0..count {
            // The events of the load come from inbox 7.
            let external = if number == 0 { 7 } else { 100 + number };
            let made = server.create("inboxes", &format!(r#"{{"external_id":"{external}","name":"Inbox"}}"#)).await;
            let id = made.split_once("\"id\":").and_then(|(_, rest)| rest.split(',').next()).expect("an id").to_owned();
            let (url, events) = (receiver.url(number), r#"["message_created"]"#);
            server
                .create("webhooks", &format!(r#"{{"url":"{url}","subscriptions":{events},"inbox_ids":[{id}]}}"#))
                .await;
            ours += usize::from(number == 0);
        }
        load::flat_out(&server, 0..500).await;
        let began = Instant::now();
        load::flat_out(&server, 500..5_500).await;
        let rate = 5_000.0 / began.elapsed().as_secs_f64();
        receiver.until(5_500 * ours).await;
        report.add(
            &format!("routes_{count}_per_s"),
            &format!("{count} webhooks, one wants the event: accepted a second"),
            rate,
        );
    }
}

async fn timed(server: &Server, (method, path): (&str, &str), headers: &str, body: &str) -> Vec<Duration> {
    let mut connection = Connection::open(server.address).await;
    let mut times = Vec::with_capacity(REQUESTS_PER_FIGURE);
    for _ in 0..REQUESTS_PER_FIGURE {
        let began = Instant::now();
        let answer = connection.send(method, path, headers, body).await;
        assert!(answer.status == 200 || answer.status == 202, "{path}: {} {}", answer.status, answer.body);
        times.push(began.elapsed());
    }
    times
}

fn figure(words: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("{words:<44} p50 {:>7.1} ms   p95 {:>7.1} ms", at(0.5), at(0.95));
}

/// The text in an answer between a mark and the next quote.
async fn first(server: &Server, path: &str, headers: &str, mark: &str) -> String {
    let answer = Connection::open(server.address).await.send("GET", path, headers, "").await;
    let (_, after) = answer.body.split_once(mark).expect(mark);
    after.split('"').next().unwrap_or_default().to_owned()
}

//! Throughput, latency and cost of the release binary on new databases, also with a slow receiver and after a crash.
//! Load and receiver run on the same machine. SQLite with `synchronous=FULL`, or the Postgres server of
//! `HACHOK_BENCH_DATABASE`. `HACHOK_BENCH_EVENTS` sets the size; `cargo bench -- one ten` measures only these rows.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot go on stops")]

mod batches;
mod http;
mod limits;
mod load;
mod process;
mod processes;
mod receiver;
mod scale;
mod seed;
mod server;
mod soak;
mod switch;
mod trouble;

use std::ops::Range;
use std::time::{Duration, Instant};

use http::Connection;
use receiver::Receiver;
use server::Server;

fn main() {
    // `cargo test --benches` asks for tests; a bench has no tests.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let events = std::env::var("HACHOK_BENCH_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut report = Report::default();
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    // An hour, so only by its name.
    if names.iter().any(|wanted| wanted == "soak") {
        runtime.block_on(row("soak", events, &mut report));
    }
    for name in [
        "idle",
        "one",
        "ten",
        "latency",
        "hanging",
        "hang70",
        "hang500",
        "deep",
        "readers",
        "overload",
        "crash",
        "pages",
        "switch",
        "limits",
        "log",
        "batches",
        "many",
        "routes",
        "claims",
        "processes",
    ] {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            runtime.block_on(row(name, events, &mut report));
        }
    }
    report.print(events);
}

async fn row(name: &str, events: usize, report: &mut Report) {
    match name {
        "idle" => idle(report),
        "one" => throughput(report, name, 1, events).await,
        "ten" => throughput(report, name, 10, events / 4).await,
        "latency" => latency(report).await,
        "hanging" => hanging(report).await,
        "hang70" => trouble::hanging(report, 70).await,
        "hang500" => trouble::hanging(report, 500).await,
        "deep" => trouble::deep(report).await,
        "readers" => trouble::readers(report).await,
        "overload" => overload(report).await,
        "crash" => crash(report, events / 4).await,
        "pages" => pages(report).await,
        "switch" => {
            let times = switch::clicks().await;
            report.add("switch_p50_ms", "a webhook's switch, click to painted, p50, ms", quantile(&times, 0.5));
            report.add("switch_p95_ms", "a webhook's switch, click to painted, p95, ms", quantile(&times, 0.95));
        }
        "log" => {
            for size in scale::sizes() {
                scale::grown(size).await;
            }
        }
        "batches" => batches::batches(report).await,
        "many" => scale::many_webhooks().await,
        "routes" => scale::routes(report).await,
        "claims" => processes::claims(report).await,
        "processes" => processes::compare(events).await,
        "soak" => soak::hour(report).await,
        _ => {
            report.add("bare_client_per_s", "limit: requests a second of the bare HTTP client", limits::client(events));
            report.add("bare_inserts_per_s", "limit: rows a second, 64 in a commit (SQLite)", limits::inserts(40_000));
        }
    }
}

/// Row, label and value of each figure, in order.
#[derive(Default)]
struct Report(Vec<(String, String, f64)>);

impl Report {
    fn add(&mut self, name: &str, words: &str, value: f64) {
        self.0.push((name.into(), words.into(), value));
    }

    fn print(&self, events: usize) {
        println!("{} events, {} connections", events, load::CONNECTIONS);
        for (_, words, value) in &self.0 {
            println!("{words:<62} {value:>10.2}");
        }
        let members: Vec<_> = self.0.iter().map(|(name, _, value)| format!("\"{name}\":{value:.3}")).collect();
        println!("{{\"events\":{events},{}}}", members.join(","));
    }
}

fn idle(report: &mut Report) {
    let server = Server::start(&[]);
    report.add("start_ms", "start to ready, ms", ms(server.started_in));
    report.add("idle_rss_mib", "resident memory, idle, MiB", process::memory_mib(server.pid(), "VmRSS"));
}

/// As fast as possible, to `webhooks` webhooks, with up to 64 requests in flight to each.
async fn throughput(report: &mut Report, name: &str, webhooks: usize, events: usize) {
    let (server, receiver) = (Server::start(&[("HACHOK_IN_FLIGHT_PER_WEBHOOK", "64")]), Receiver::start());
    server.webhooks(&receiver, webhooks).await;
    // The first events fill the caches and are not counted.
    let (warm, all) = (500, 500 + events);
    load::flat_out(&server, 0..warm).await;
    receiver.until(warm * webhooks).await;
    let (wal, commits) = server.wal_and_commits();
    let (own, cpu, began) = (process::cpu_s(std::process::id()), server.cpu_s(), Instant::now());
    load::flat_out(&server, warm..all).await;
    let accepting = began.elapsed().as_secs_f64();
    receiver.until(all * webhooks).await;
    server.settled().await;
    let delivering = began.elapsed().as_secs_f64();
    let deliveries = (events * webhooks) as f64;
    let per_1000 = |cpu: f64| cpu * 1000.0 / deliveries;
    let (cpu, own) = (per_1000(server.cpu_s() - cpu), per_1000(process::cpu_s(std::process::id()) - own));
    let memory = process::memory_mib(server.pid(), "VmHWM");
    let (wal_after, commits_after) = server.wal_and_commits();
    let mut add = |figure: &str, words: &str, value| {
        report.add(&format!("{name}_{figure}"), &format!("{name} webhook(s): {words}"), value);
    };
    add("accepted_per_s", "events accepted a second", events as f64 / accepting);
    add("delivered_per_s", "deliveries a second", deliveries / delivering);
    add("cpu_s_per_1000", "CPU seconds for 1,000 deliveries", cpu);
    add("bench_cpu_s_per_1000", "the same of load and receiver", own);
    add("peak_rss_mib", "resident memory at most, MiB", memory);
    if server::database().is_some() {
        add("wal_bytes", "bytes of write-ahead log for a delivery", (wal_after - wal) / deliveries);
        add("commits_per_64", "commits for 64 deliveries", (commits_after - commits) * 64.0 / deliveries);
    }
}

/// One webhook, 100 events per second.
async fn latency(report: &mut Report) {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 1).await;
    load::flat_out(&server, 0..100).await;
    receiver.until(100).await;
    let times = times(&server, &receiver, (100..1100, 100), 0..1).await;
    report.add("latency_p50_ms", "100 events/s: posted to received, p50, ms", quantile(&times, 0.5));
    report.add("latency_p99_ms", "100 events/s: posted to received, p99, ms", quantile(&times, 0.99));
}

/// Ten webhooks, 50 events per second: latency of nine while the tenth is healthy, and while it hangs.
async fn hanging(report: &mut Report) {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 10).await;
    load::flat_out(&server, 0..50).await;
    receiver.until(500).await;
    let without = times(&server, &receiver, (50..550, 50), 1..10).await;
    receiver.until(5500).await;
    receiver.ledger().hanging.push(0);
    let with = times(&server, &receiver, (550..1050, 50), 1..10).await;
    report.add("healthy_p95_ms", "ten webhooks, 50 events/s: nine healthy ones, p95, ms", quantile(&without, 0.95));
    report.add("beside_hanging_p95_ms", "the same while the tenth hangs", quantile(&with, 0.95));
    report.add("hanging_rss_mib", "the same: resident memory at most, MiB", process::memory_mib(server.pid(), "VmHWM"));
}

/// 5,000 events per second for 30 s to a receiver that handles 200 per second.
async fn overload(report: &mut Report) {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 1).await;
    receiver.ledger().delay = Duration::from_millis(50);
    let began = Instant::now();
    let (accepted, refused) = load::offered(&server, 150_000, 5_000).await;
    let rate = (accepted + refused) as f64 / began.elapsed().as_secs_f64();
    report.add("overload_offered_per_s", "a receiver of 200/s: events offered a second", rate);
    report.add("overload_accepted", "the same: accepted", accepted as f64);
    report.add("overload_refused", "the same: refused with 503", refused as f64);
    report.add(
        "overload_rss_mib",
        "the same: resident memory at most, MiB",
        process::memory_mib(server.pid(), "VmHWM"),
    );
}

/// The times from post to arrival at these webhooks in ms, sorted.
async fn times(
    server: &Server,
    receiver: &Receiver,
    (numbers, a_second): (Range<usize>, u32),
    webhooks: Range<usize>,
) -> Vec<f64> {
    let goal = receiver.ledger().unique + numbers.len() * webhooks.len();
    let sent = load::paced(server, numbers, a_second).await;
    receiver.until(goal).await;
    let end = Instant::now() + Duration::from_secs(60);
    let mut times = Vec::new();
    for (number, at) in sent {
        for webhook in webhooks.clone() {
            let came = loop {
                let came = receiver.ledger().came(webhook, number);
                match came {
                    Some(came) => break came,
                    None => assert!(Instant::now() < end, "event {number} did not come to webhook {webhook}"),
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            };
            times.push(ms(came - at));
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    times
}

/// `kill -9` while most of the events are pending.
async fn crash(report: &mut Report, events: usize) {
    let (mut server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 1).await;
    receiver.ledger().delay = Duration::from_millis(50);
    load::flat_out(&server, 0..events).await;
    let waiting = events - receiver.ledger().unique;
    server.crash();
    receiver.ledger().delay = Duration::ZERO;
    let began = Instant::now();
    receiver.until(events).await;
    let took = began.elapsed().as_secs_f64();
    // Requests in flight at the kill are repeated within 5 s.
    tokio::time::sleep(Duration::from_secs(7)).await;
    report.add("crash_backlog", "kill -9: accepted events that wait", waiting as f64);
    report.add("crash_drained_per_s", "kill -9: of these delivered a second after it", waiting as f64 / took);
    // `until` returns only when nothing is missing.
    report.add("crash_lost", "kill -9: lost", (events - receiver.ledger().unique) as f64);
    report.add("crash_duplicates", "kill -9: delivered twice", receiver.ledger().duplicates as f64);
}

/// The list with 100 webhooks.
async fn pages(report: &mut Report) {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    for number in 0..100 {
        server.webhook(&receiver.url(number), "ticket_created").await;
    }
    let cookie = server.sign_in().await;
    let mut connection = Connection::open(server.address).await;
    let mut times = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        let answer = connection.send("GET", "/webhooks", &format!("cookie: {cookie}\r\n"), "").await;
        assert_eq!(answer.status, 200);
        times.push(ms(began.elapsed()));
    }
    times.sort_unstable_by(f64::total_cmp);
    report.add("page_p50_ms", "/webhooks with 100 webhooks, p50, ms", quantile(&times, 0.5));
    report.add("page_p95_ms", "/webhooks with 100 webhooks, p95, ms", quantile(&times, 0.95));
}

/// A quantile of sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

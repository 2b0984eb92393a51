//! What a healthy webhook notices of trouble beside it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::receiver::Receiver;
use crate::server::{self, Server};
use crate::{Report, load, quantile, times};

/// The event of the webhooks that are in trouble.
const TROUBLED: &str = "team_changed";
/// How many events a second the healthy webhook gets.
const RATE: u32 = 50;

/// A server with one healthy webhook and `count` others for another event; the p95 of the healthy one alone.
async fn start(report: &mut Report, row: &str, count: usize) -> (Server, Receiver) {
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 1).await;
    for number in 1..=count {
        server.webhook(&receiver.url(number), TROUBLED).await;
    }
    load::flat_out(&server, 0..50).await;
    receiver.until(50).await;
    let alone = times(&server, &receiver, (50..550, RATE), 0..1).await;
    report.add(&format!("{row}_alone_p95_ms"), "one healthy webhook alone, p95, ms", quantile(&alone, 0.95));
    (server, receiver)
}

/// Beside receivers that hang with ten deliveries each, from their first request on.
pub async fn hanging(report: &mut Report, count: usize) {
    let row = format!("hang{count}");
    let (server, receiver) = start(report, &row, count).await;
    receiver.ledger().hanging.extend(1..=count);
    load::other(&server, TROUBLED, 10).await;
    let beside = times(&server, &receiver, (550..1550, RATE), 0..1).await;
    report.add(&format!("{row}_p95_ms"), &format!("beside {count} that hang, p95, ms"), quantile(&beside, 0.95));
}

/// Beside a webhook with 100,500 deliveries that are due, and while it is deleted.
pub async fn deep(report: &mut Report) {
    let (server, receiver) = start(report, "deep", 1).await;
    receiver.ledger().hanging.push(1);
    let accepted = load::other(&server, TROUBLED, 100_500).await;
    report.add("deep_accepted", "of 100,500 events for a webhook that hangs: accepted", accepted as f64);
    // Their numbers are known to the receiver, which counts them as duplicates.
    let (_, refused) = load::offered(&server, 50, RATE).await;
    report.add("deep_refused", "of 50 events for another webhook: refused", refused as f64);
    if refused > 0 {
        return;
    }
    let beside = times(&server, &receiver, (550..800, RATE), 0..1).await;
    report.add("deep_p95_ms", "beside these 100,500, p95, ms", quantile(&beside, 0.95));
    let headers = server.headers();
    let address = server.address;
    let deletion = tokio::spawn(async move {
        let began = Instant::now();
        let answer =
            Connection::open(address).await.send("DELETE", "/api/v1/accounts/1/webhooks/2", &headers, "").await;
        (answer.status, began.elapsed())
    });
    let beside = times(&server, &receiver, (800..1300, RATE), 0..1).await;
    let (status, took) = deletion.await.expect("an answer");
    report.add("deletion_status", "the deletion of that webhook: status", f64::from(status));
    report.add("deletion_ms", "the same: time to the answer, ms", crate::ms(took));
    report.add("deletion_p95_ms", "beside it, p95, ms", quantile(&beside, 0.95));
}

/// Beside three readers that each keep a snapshot of Postgres open, 500 events a second for two minutes.
pub async fn readers(report: &mut Report) {
    if server::database().is_none() {
        println!("readers: set HACHOK_BENCH_DATABASE to a Postgres server");
        return;
    }
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 1).await;
    let without = times(&server, &receiver, (0..10_000, 500), 0..1).await;
    report.add("readers_alone_p95_ms", "500 events/s: p95, ms", quantile(&without, 0.95));
    let readers: Vec<Snapshot> = (0..3).map(|_| Snapshot::open(&server.database())).collect();
    let cpu = server.cpu_s();
    let first = times(&server, &receiver, (10_000..20_000, 500), 0..1).await;
    let first_cpu = server.cpu_s() - cpu;
    times(&server, &receiver, (20_000..50_000, 500), 0..1).await;
    let cpu = server.cpu_s();
    let last = times(&server, &receiver, (50_000..60_000, 500), 0..1).await;
    report.add("readers_first_p95_ms", "beside three snapshots, first 20 s: p95, ms", quantile(&first, 0.95));
    report.add("readers_last_p95_ms", "the same, from second 80 to 100: p95, ms", quantile(&last, 0.95));
    report.add("readers_cpu_ratio", "CPU time of these 20 s to that of the first", (server.cpu_s() - cpu) / first_cpu);
    drop(readers);
}

/// A transaction that keeps its snapshot until it is dropped.
struct Snapshot(Child);

impl Snapshot {
    fn open(database: &str) -> Self {
        let asked = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM webhooks; SELECT pg_sleep(600)";
        let mut command = Command::new("psql");
        let started = command.args(["-Xqc", asked, database]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        std::thread::sleep(Duration::from_millis(200));
        Self(started.expect("psql"))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

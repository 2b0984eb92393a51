//! A long steady load with a receiver that fails at times, one that always fails, pages that are read and people who sign in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::receiver::Receiver;
use crate::server::Server;
use crate::{Report, load, process, quantile};

/// Events a second; each goes to three webhooks.
const RATE: u32 = 200;
/// How often a person signs in.
const SIGN_IN_INTERVAL: Duration = Duration::from_secs(30);
/// How long the last events may take.
const LAST_TIMEOUT: Duration = Duration::from_secs(60);
/// Pages that are read in turn, one each second.
const PAGES: [&str; 6] =
    ["/webhooks", "/deliveries", "/webhooks/1", "/webhooks/3", "/deliveries?status=failed", "/status"];

/// `HACHOK_BENCH_MINUTES` sets the duration (60).
pub async fn hour(report: &mut Report) {
    let minutes = std::env::var("HACHOK_BENCH_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(60_u32);
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 3).await;
    receiver.ledger().delay = Duration::from_millis(2);
    receiver.ledger().failing.extend([(1, 20), (2, 1)]);

    let (ended, pid) = (Arc::new(AtomicBool::new(false)), server.pid());
    let memory = tokio::spawn(sample_memory(pid, Arc::clone(&ended)));
    let cpu = server.cpu_s();
    let began = Instant::now();
    let events = (RATE * 60 * minutes) as usize;
    let (load, mut pages) = tokio::join!(
        async {
            let load = load::offered(&server, events, RATE).await;
            ended.store(true, Ordering::Relaxed);
            load
        },
        read_pages(&server, &ended)
    );
    let (accepted, refused) = load;
    let cpu = (server.cpu_s() - cpu) / began.elapsed().as_secs_f64();
    // What failed several times in a row waits for half an hour or longer: only the webhook that never fails has all events.
    let arrived = || {
        let ledger = receiver.ledger();
        (0..events).filter(|event| ledger.came(0, *event).is_some()).count()
    };
    let end = Instant::now() + LAST_TIMEOUT;
    while arrived() < accepted && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let memory = memory.await.expect("samples");
    pages.sort_unstable_by(f64::total_cmp);

    report.add(
        "soak_minutes",
        "200 events/s for three webhooks, one fails at times, one always: minutes",
        minutes.into(),
    );
    report.add("soak_accepted", "the same: accepted", accepted as f64);
    report.add("soak_refused", "the same: refused with 503", refused as f64);
    report.add(
        "soak_missing",
        "the same: accepted, but not delivered to the first webhook",
        (accepted - arrived()) as f64,
    );
    report.add("soak_cores", "the same: cores in use, pages and sign-ins included", cpu);
    report.add("soak_page_p95_ms", "the same: a page, p95, ms", quantile(&pages, 0.95));
    for (name, share) in [("tenth", 0.1), ("half", 0.5), ("end", 1.0)] {
        let words = format!("the same: resident memory at the {name}, MiB");
        report.add(&format!("soak_rss_{name}_mib"), &words, memory[((memory.len() - 1) as f64 * share) as usize]);
    }
    report.add("soak_rss_peak_mib", "the same: resident memory at most, MiB", process::memory_mib(pid, "VmHWM"));
}

/// Resident memory, each second until the load has ended.
async fn sample_memory(pid: u32, ended: Arc<AtomicBool>) -> Vec<f64> {
    let (mut samples, mut ticks) = (Vec::new(), tokio::time::interval(Duration::from_secs(1)));
    while !ended.load(Ordering::Relaxed) {
        ticks.tick().await;
        samples.push(process::memory_mib(pid, "VmRSS"));
    }
    samples
}

/// Reads pages and signs in until the load has ended; returns how long each page took.
async fn read_pages(server: &Server, ended: &AtomicBool) -> Vec<f64> {
    let (mut cookie, mut signed_in, mut times) = (server.sign_in().await, Instant::now(), Vec::new());
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for path in PAGES.iter().cycle() {
        ticks.tick().await;
        if ended.load(Ordering::Relaxed) {
            break;
        }
        if signed_in.elapsed() >= SIGN_IN_INTERVAL {
            (cookie, signed_in) = (server.sign_in().await, Instant::now());
        }
        let (mut connection, began) = (Connection::open(server.address).await, Instant::now());
        let answer = connection.send("GET", path, &format!("cookie: {cookie}\r\n"), "").await;
        assert_eq!(answer.status, 200, "{path}");
        times.push(crate::ms(began.elapsed()));
    }
    times
}

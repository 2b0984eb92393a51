//! One, two and four processes on one Postgres: the same load over all of them, and a shared backlog.

use std::time::{Duration, Instant};

use crate::receiver::Receiver;
use crate::server::{self, Server};
use crate::{Report, load};

/// Webhooks of the backlog.
const WEBHOOKS: usize = 10;

/// On SQLite there is only one process, so nothing is compared.
pub async fn compare(events: usize) {
    if server::database().is_none() {
        println!("processes: set HACHOK_BENCH_DATABASE to a Postgres server");
        return;
    }
    for delay in [Duration::ZERO, Duration::from_millis(50)] {
        println!("receivers that take {} ms; deliveries a second, CPU seconds for 1,000 of them", delay.as_millis());
        for processes in [1, 2, 4] {
            let (rate, cpu) = steady(processes, events, delay).await;
            println!("{processes} process(es), events for one webhook  {rate:>8.0} {cpu:>6.2}");
            let (rate, cpu) = backlog(processes, WEBHOOKS, events / WEBHOOKS, delay).await;
            println!("{processes} process(es), a backlog of ten        {rate:>8.0} {cpu:>6.2}");
        }
    }
}

/// A backlog of 3,000 webhooks, ten deliveries each.
pub async fn claims(report: &mut Report) {
    let (rate, cpu) = backlog(1, 3_000, 10, Duration::ZERO).await;
    report.add("claims_per_s", "a backlog of 3,000 webhooks: deliveries a second", rate);
    report.add("claims_cpu_s_per_1000", "the same: CPU seconds for 1,000", cpu);
}

const SETTINGS: [(&str, &str); 1] = [("HACHOK_IN_FLIGHT_PER_WEBHOOK", "64")];

/// A load over all processes, as fast as they accept it.
async fn steady(processes: usize, events: usize, delay: Duration) -> (f64, f64) {
    let (mut server, receiver) = (Server::start(&SETTINGS), Receiver::start());
    (1..processes).for_each(|_| server.join());
    server.webhooks(&receiver, 1).await;
    load::flat_out(&server, 0..500).await;
    receiver.until(500).await;
    receiver.ledger().delay = delay;
    measured(&server, events, async {
        load::flat_out(&server, 500..500 + events).await;
        receiver.until(500 + events).await;
    })
    .await
}

/// Deliveries that are pending when the processes start: each has to be claimed.
async fn backlog(processes: usize, webhooks: usize, events: usize, delay: Duration) -> (f64, f64) {
    let (mut server, receiver) = (Server::start(&[("HACHOK_IN_FLIGHT", "1")]), Receiver::start());
    server.webhooks(&receiver, webhooks).await;
    receiver.ledger().delay = Duration::from_millis(200);
    load::flat_out(&server, 0..events).await;
    server.restart(&SETTINGS, processes);
    receiver.ledger().delay = delay;
    let (all, done) = (events * webhooks, receiver.ledger().unique);
    let measured = measured(&server, all - done, receiver.until(all)).await;
    // What two processes had already claimed would be sent within a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(receiver.ledger().duplicates, 0, "a delivery was made twice");
    measured
}

/// Deliveries per second, and CPU seconds for 1,000 of them.
async fn measured(server: &Server, deliveries: usize, work: impl Future<Output = ()>) -> (f64, f64) {
    let (cpu, began) = (server.cpu_s(), Instant::now());
    work.await;
    let (took, cpu) = (began.elapsed().as_secs_f64(), server.cpu_s() - cpu);
    (deliveries as f64 / took, cpu * 1000.0 / deliveries as f64)
}

//! Events that are posted 500 at a time.

use std::time::Instant;

use crate::http::Connection;
use crate::load::event;
use crate::receiver::Receiver;
use crate::server::Server;
use crate::{Report, ms, process, quantile};

/// Events in a batch: the most that a request may have.
const BATCH: usize = 500;
const BATCHES: usize = 60;

/// The time of a batch for no webhook and for one, and a load of batches.
pub async fn batches(report: &mut Report) {
    let batch = |first: usize| format!("[{}]", (first..first + BATCH).map(event).collect::<Vec<_>>().join(","));
    for webhooks in [0, 1] {
        let (server, receiver) = (Server::start(&[]), Receiver::start());
        server.webhooks(&receiver, webhooks).await;
        let mut connection = Connection::open(server.address).await;
        let (mut times, began) = (Vec::new(), Instant::now());
        for number in 0..BATCHES {
            let batch = batch(number * BATCH);
            let sent = Instant::now();
            let answer = connection.send("POST", "/api/v1/events", &server.headers(), &batch).await;
            times.push(ms(sent.elapsed()));
            assert_eq!(answer.status, 202, "{}", answer.body);
            assert_eq!(answer.body.matches("\"status\":202").count(), BATCH, "of batch {number}");
        }
        receiver.until(BATCHES * BATCH * webhooks).await;
        let rate = (BATCHES * BATCH) as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable_by(f64::total_cmp);
        let words = |what: &str| format!("batches of {BATCH} events for {webhooks} webhooks: {what}");
        report.add(&format!("batch_{webhooks}_p50_ms"), &words("p50, ms"), quantile(&times, 0.5));
        report.add(&format!("batch_{webhooks}_p95_ms"), &words("p95, ms"), quantile(&times, 0.95));
        report.add(&format!("batch_{webhooks}_per_s"), &words("events a second, until all are delivered"), rate);
        let peak = process::memory_mib(server.pid(), "VmHWM");
        report.add(&format!("batch_{webhooks}_peak_mib"), &words("peak memory, MiB"), peak);
    }
}

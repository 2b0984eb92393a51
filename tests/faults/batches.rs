//! Batches that need much memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::memory::{forget_peak, memory};
use crate::support::{App, event, eventually};

const SENDERS: usize = 20;
/// As many of the largest bodies are read at once.
const READ_AT_ONCE: usize = 4;
const BODY_BYTES: usize = 8 * 1024 * 1024;
const MEMORY_MAX_MIB: f64 = 96.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_of_large_batches_share_little_memory_and_delay_no_event() {
    let app = App::start();
    let before = memory(&app, "VmRSS");
    forget_peak(&app);
    let (sent, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let (sent, token) = (Arc::clone(&sent), app.token("ingest"));
        let stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.expect("a connection");
        let (answer, mut stream) = stream.into_split();
        let refused = Arc::clone(&refused);
        senders.push(tokio::spawn(async move {
            let mut answer = BufReader::new(answer).lines();
            if answer.next_line().await.is_ok_and(|line| line.is_some_and(|line| line.contains(" 503 "))) {
                refused.fetch_add(1, Ordering::Relaxed);
            }
        }));
        senders.push(tokio::spawn(async move {
            let head = format!(
                "POST /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {BODY_BYTES}\r\n\r\n["
            );
            stream.write_all(head.as_bytes()).await.expect("a head");
            // All but the last bytes.
            if stream.write_all(&vec![b' '; BODY_BYTES - 100]).await.is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>().await;
            }
        }));
    }
    eventually("large bodies", || async { (sent.load(Ordering::Relaxed) >= READ_AT_ONCE).then_some(()) }).await;
    // The others are read meanwhile, or wait.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let most = memory(&app, "VmHWM");
    assert!(most < before + MEMORY_MAX_MIB, "{before} to {most} MiB");
    app.api("ingest").accepted(event("message_created")).await;
    let is_refused = || async { (refused.load(Ordering::Relaxed) > 0).then_some(()) };
    eventually("a refusal of a batch that waited for 5 s", is_refused).await;
    senders.iter().for_each(tokio::task::JoinHandle::abort);
}

//! Nagle's algorithm (RFC 896) would hold the last part of a response until the peer acknowledges the part before it.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{App, http};

const RESPONSES: usize = 30;
/// Peers delay an acknowledgement by 40 ms: thirty of them would be 1.2 s.
const RESPONSES_TIME_MAX: Duration = Duration::from_secs(1);

/// Reads a response of declared length, and returns that.
async fn read_response(stream: &mut BufReader<TcpStream>) -> usize {
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.expect("a line");
        let value = line.strip_prefix("content-length: ").and_then(|value| value.trim().parse().ok());
        length = value.unwrap_or(length);
    }
    stream.read_exact(&mut vec![0; length]).await.expect("a body");
    length
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_part_of_a_large_response_does_not_wait_for_an_acknowledgement() {
    let app = App::start();
    let page = http().get(format!("{}/sign-in", app.url)).send().await.expect("a page").text().await.expect("a page");
    let script = page.split('"').find(|word| word.starts_with("/static/vendor/htmx")).expect("a script");
    let request = format!("GET {script} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.expect("a connection");
    let (mut stream, begun) = (BufReader::new(stream), Instant::now());
    for _ in 0..RESPONSES {
        stream.write_all(request.as_bytes()).await.expect("a request");
        assert!(read_response(&mut stream).await > 40_000);
    }
    assert!(begun.elapsed() < RESPONSES_TIME_MAX, "{:?}", begun.elapsed());
}

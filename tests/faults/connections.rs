use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{interval, timeout};

use super::memory::memory;
use crate::support::{App, Place, Receiver, Reply, WAIT_TIMEOUT, eventually, http, webhook};

const EVENT: &str = r#"{"event":"message_created"}"#;
const JSON: &str = "content-type: application/json\r\n";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn address(app: &App) -> SocketAddr {
    app.url.strip_prefix("http://").expect("http").parse().expect("an address")
}

async fn connect(app: &App) -> TcpStream {
    timeout(WAIT_TIMEOUT, TcpStream::connect(address(app))).await.expect("in time").expect("a connection")
}

/// A new connection on which these bytes have been sent.
async fn sent(app: &App, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(app).await;
    stream.write_all(bytes).await.expect("a write");
    stream
}

/// The answer to [`HEALTH`] for a client on this machine.
fn healthy() -> String {
    format!("ok\nhachok {}\n", hachok::version::VERSION)
}

/// Reads until the server closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset closes it, too.
    let _ = timeout(WAIT_TIMEOUT, stream.read_to_end(&mut bytes)).await.expect("still open");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until the received text ends with `text`.
async fn until(stream: &mut TcpStream, text: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).ends_with(text) {
        let read = timeout(WAIT_TIMEOUT, stream.read_buf(&mut bytes)).await;
        let came = || String::from_utf8_lossy(&bytes).into_owned();
        assert!(matches!(read, Ok(Ok(1..))), "{read:?} after {:?} instead of {text:?}", came());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The number of open sockets of the server.
fn sockets(app: &App) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", app.pid())).expect("a process").flatten();
    files
        .filter(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:")))
        .count()
}

async fn is_alive(app: &App) -> bool {
    let request = http().get(format!("{}/healthz", app.url)).timeout(Duration::from_secs(5)).send();
    request.await.is_ok_and(|answer| answer.status() == 200)
}

/// Raises the limit of open files of this process.
fn may_open(files: u32) {
    let limit = format!("--nofile={files}:{files}");
    let raised = Command::new("prlimit").args([format!("--pid={}", std::process::id()), limit]).output();
    let limits = std::fs::read_to_string("/proc/self/limits").expect("limits");
    let soft =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    let enough = soft.is_some_and(|soft: u32| soft >= files);
    assert!(
        enough || raised.is_ok_and(|raised| raised.status.success()),
        "this process may not open {files} files: raise the hard limit (ulimit -Hn)"
    );
}

/// Runs the server on one processor: then it has one worker, with room for 1,024 connections.
fn on_one_worker() -> Place {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("processors").trim();
    let first = allowed.split([',', '-']).next().unwrap_or("0");
    Place::new().through(&["taskset", "-c", first])
}

/// The path of the largest static file.
async fn script(app: &App) -> String {
    let look = || async {
        // On a busy machine the shortened time limit of a request head may pass before the head is read.
        let page = http().get(format!("{}/sign-in", app.url)).send().await.ok()?.text().await.ok()?;
        page.split('"').find(|word| word.starts_with("/static/vendor/htmx")).map(str::to_owned)
    };
    eventually("a page with a script", look).await
}

async fn idle_after_one_request(app: &App, count: usize) -> Vec<TcpStream> {
    let mut idle = Vec::new();
    for _ in 0..count {
        idle.push(sent(app, HEALTH.as_bytes()).await);
    }
    idle
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eleven_hundred_idle_connections_on_one_worker_block_no_new_one() {
    may_open(4096);
    let app = App::at(on_one_worker());
    let _idle = idle_after_one_request(&app, 1100).await;
    let asked = Instant::now();
    assert!(is_alive(&app).await, "{}", app.log());
    println!("1,100 idle connections: a fresh request was answered after {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_do_not_use_up_few_file_descriptors() {
    may_open(4096);
    let app = App::at(Place::new().through(&["prlimit", "--nofile=320:320"]));
    let _idle = idle_after_one_request(&app, 400).await;
    assert!(is_alive(&app).await, "{}", app.log());
    assert_eq!(http().get(format!("{}/readyz", app.url)).send().await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_never_read_use_little_memory_and_are_closed_within_a_minute() {
    may_open(4096);
    const SCALE: u64 = 10;
    let app = App::at(Place::new().set("HACHOK_CONNECTION_SCALE", &SCALE.to_string()));
    let script = script(&app).await;
    let (plain, gzip) = ("host:a", "host:a\r\naccept-encoding:gzip");
    // Many requests; as many as the parser would read at once; and compressed responses, of a file and of a page.
    for (path, head, requests) in
        [(&*script, plain, 400), (&*script, plain, 1500), (&*script, gzip, 400), ("/sign-in", gzip, 400)]
    {
        let request = format!("GET {path} HTTP/1.1\r\n{head}\r\n\r\n");
        let (before, sockets_before, begun) = (memory(&app, "VmRSS"), sockets(&app), Instant::now());
        let mut peers = Vec::new();
        for _ in 0..200 {
            let peer = connect(&app).await;
            peer.writable().await.expect("a write");
            // The kernel may accept only a part of it.
            peer.try_write(request.repeat(requests).as_bytes()).expect("a write");
            peers.push(peer);
        }
        for peer in &peers {
            timeout(WAIT_TIMEOUT, peer.readable()).await.expect("the first answer").expect("an open connection");
        }
        let (mut most, mut ticks) = (before, interval(Duration::from_millis(20)));
        while sockets(&app) > sockets_before && begun.elapsed() < 2 * WAIT_TIMEOUT {
            ticks.tick().await;
            most = memory(&app, "VmRSS").max(most);
        }
        let took = begun.elapsed();
        println!(
            "200 peers that never read {requests} × {path}, {head:?}: {before:.0} → {most:.0} MB, gone after {took:?}"
        );
        assert!(most - before < 50.0, "{before:.0} → {most:.0} MB");
        // The time that the server needs for the work itself does not scale.
        assert!(took < Duration::from_secs(60 / SCALE + 10), "{took:?}");
        assert!(is_alive(&app).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_the_whole_response_as_long_as_it_reads() {
    // A response that makes no progress ends after 3 s; this peer takes 5 s in all.
    let app = App::at(Place::new().set("HACHOK_CONNECTION_SCALE", "10"));
    let script = script(&app).await;
    let whole = http().get(format!("{}{script}", app.url)).send().await.expect("a file").bytes().await.expect("bytes");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a small buffer");
    let mut stream = socket.connect(address(&app)).await.expect("a connection");
    let last = format!("GET {script} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let requests = format!("GET {script} HTTP/1.1\r\nhost: localhost\r\n\r\n").repeat(19) + last.as_str();
    stream.write_all(requests.as_bytes()).await.expect("a write");
    let (mut ticks, mut bytes, mut piece) = (interval(Duration::from_millis(125)), Vec::new(), vec![0; 26_000]);
    loop {
        ticks.tick().await;
        match stream.read(&mut piece).await {
            Ok(0) => break,
            read => {
                bytes.extend_from_slice(&piece[..read.unwrap_or_else(|error| panic!("{error} after {}", bytes.len()))])
            }
        }
    }
    assert!(bytes.ends_with(&whole[..]) && bytes.len() > 20 * whole.len(), "{} bytes", bytes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_head_has_a_time_limit_on_a_used_connection_too() {
    let app = App::at(Place::new().set("HACHOK_CONNECTION_SCALE", "10"));
    let mut first = sent(&app, b"GET /healthz HTTP").await;
    let mut silent = connect(&app).await;
    assert!(until_closed(&mut first).await.starts_with("HTTP/1.1 408 "));
    assert!(until_closed(&mut silent).await.starts_with("HTTP/1.1 408 "));
    let mut stream = sent(&app, HEALTH.as_bytes()).await;
    until(&mut stream, &healthy()).await;
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        let mut ticks = interval(Duration::from_millis(100));
        for byte in std::iter::repeat_n(b'x', 1000) {
            ticks.tick().await;
            let _ = writer.write_all(&[byte]).await;
        }
    };
    let closed = async {
        let mut byte = [0];
        timeout(WAIT_TIMEOUT, reader.read(&mut byte)).await.expect("it is closed")
    };
    tokio::select! {
        () = trickle => panic!("the head had no time limit"),
        read = closed => assert!(matches!(read, Ok(0) | Err(_)), "{read:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_kept_as_long_as_the_setting_says_and_a_request_in_progress_is_not_idle() {
    let place = |seconds| Place::new().set("HACHOK_KEEP_ALIVE", seconds).set("HACHOK_CONNECTION_SCALE", "10");
    let (short, long, receiver) = (App::at(place("1")), App::at(place("100")), Receiver::start());
    let mut kept = sent(&long, HEALTH.as_bytes()).await;
    until(&mut kept, &healthy()).await;
    let mut ended = sent(&short, HEALTH.as_bytes()).await;
    let answer = until_closed(&mut ended).await;
    assert!(answer.ends_with(&healthy()), "{answer}");
    // 16 times the time that an idle connection is kept.
    receiver.answers("/w", [Reply::After(Duration::from_millis(1600), Box::new(Reply::Status(200)))]);
    let api = short.api("admin");
    let made = api.post("webhooks", &webhook(&receiver.at("/w"))).await.json();
    let id = made["id"].as_i64().or_else(|| made["payload"]["webhook"]["id"].as_i64()).expect("an id");
    let answer = api.call(Method::POST, &format!("webhooks/{id}/test"), &json!({})).await;
    assert!(answer.status < 300, "{answer:?}");
    kept.write_all(HEALTH.as_bytes()).await.expect("a write");
    until(&mut kept, &healthy()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_answered_in_order() {
    let app = App::start();
    let ingest = format!(
        "POST /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n{JSON}",
        app.token("ingest")
    );
    let body = "{\"event\":\"message_created\",\r\n\r\n\"id\":\n\n1}";
    let whole = format!("{ingest}content-length: {}\r\n\r\n{body}", body.len());
    let chunks = format!("{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", 12, &body[..12], body.len() - 12, &body[12..]);
    let chunked = format!("{ingest}transfer-encoding: chunked\r\n\r\n{chunks}");
    let missing = "GET /api/v1/nothing HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let parts =
        [HEALTH, &whole, missing, &chunked, "GET /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n", &chunked, &whole];
    let last = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let pipeline = parts.concat().repeat(10) + last;
    let expected = ["200", "202", "404", "202", "200", "202", "202"].repeat(10);
    // As a whole, and in small pieces.
    for piece in [usize::MAX, 1000, 97] {
        let mut stream = connect(&app).await;
        SockRef::from(&stream).set_tcp_nodelay(true).expect("an option");
        let (mut reader, mut writer) = stream.split();
        let write = async {
            for bytes in pipeline.as_bytes().chunks(piece.min(pipeline.len())) {
                writer.write_all(bytes).await.expect("a write");
            }
        };
        let mut bytes = Vec::new();
        let (read, ()) = tokio::join!(timeout(2 * WAIT_TIMEOUT, reader.read_to_end(&mut bytes)), write);
        let text = String::from_utf8_lossy(&bytes);
        assert!(matches!(read, Ok(Ok(_))), "{read:?}: {text}");
        let statuses: Vec<_> = text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        assert_eq!(statuses, [&expected[..], &["200"]].concat(), "in pieces of {piece}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_closed_connection_still_gets_its_responses() {
    let app = App::start();
    let mut stream = sent(&app, HEALTH.repeat(3).as_bytes()).await;
    stream.shutdown().await.expect("the end of a half");
    assert_eq!(until_closed(&mut stream).await.matches("HTTP/1.1 200 ").count(), 3);
    let mut page = sent(&app, b"GET /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    page.shutdown().await.expect("the end of a half");
    assert!(until_closed(&mut page).await.trim_end().ends_with("</html>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_read_after_100_continue() {
    let app = App::start();
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n{JSON}expect: 100-continue\r\n",
        app.token("ingest")
    );
    let chunks = format!("1b\r\n{EVENT}\r\n0\r\n\r\n");
    // A batch may be larger than an event, and than other bodies of the API.
    let batch = format!("[{EVENT}{}]", " ".repeat(5 * 1024 * 1024));
    let large = format!("content-length: {}", batch.len());
    for (length, body) in
        [("content-length: 27", EVENT), ("transfer-encoding: chunked", &chunks), (&large, batch.as_str())]
    {
        let mut stream = sent(&app, format!("{head}{length}\r\nconnection: close\r\n\r\n").as_bytes()).await;
        until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
        stream.write_all(body.as_bytes()).await.expect("a write");
        let answer = until_closed(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 202 "), "{length}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_resets_leave_no_connection_behind() {
    may_open(4096);
    let app = App::start();
    assert!(is_alive(&app).await);
    // The workers may still open a few sockets of their own.
    let few = sockets(&app) + 10;
    for round in 0..20 {
        let mut peers = Vec::new();
        for peer in 0..100 {
            let bytes = [
                "",
                "GET / HT",
                HEALTH,
                "POST /api/v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
            ];
            peers.push(sent(&app, bytes[(round + peer) % 4].as_bytes()).await);
        }
        for peer in peers {
            SockRef::from(&peer).set_linger(Some(Duration::ZERO)).expect("an option");
        }
    }
    let app = &app;
    eventually("the sockets to be closed", || async move { (sockets(app) <= few).then_some(()) }).await;
    assert!(is_alive(app).await);
}

/// An address of this machine that is not loopback. Connecting a UDP socket sends no packet.
fn outside_address() -> IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    socket.connect("192.0.2.1:9").expect("a route to other machines");
    let address = socket.local_addr().expect("an address").ip();
    assert!(!address.is_loopback(), "this machine has only loopback addresses");
    address
}

async fn connect_from(app: &App, source: IpAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((source, 0).into()).expect("an address of this machine");
    timeout(WAIT_TIMEOUT, socket.connect(address(app))).await.expect("in time").expect("a connection")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a route to other machines: tests/run"]
async fn a_peer_outside_loopback_may_hold_only_so_many_connections_unless_it_is_a_trusted_proxy() {
    let source = outside_address();
    let app = App::at(Place::new().set("HACHOK_CONNECTIONS_PER_PEER", "5"));
    let close = HEALTH.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = connect_from(&app, source).await;
        stream.write_all(HEALTH.as_bytes()).await.expect("a write");
        until(&mut stream, "ok\n").await;
        held.push(stream);
    }
    let mut sixth = connect_from(&app, source).await;
    let _ = sixth.write_all(close.as_bytes()).await;
    assert_eq!(until_closed(&mut sixth).await, "");
    assert!(is_alive(&app).await, "loopback is not limited");
    held[0].write_all(HEALTH.as_bytes()).await.expect("a write");
    until(&mut held[0], "ok\n").await;
    held.pop();
    let again = || async {
        let mut stream = connect_from(&app, source).await;
        let _ = stream.write_all(close.as_bytes()).await;
        until_closed(&mut stream).await.starts_with("HTTP/1.1 200 ").then_some(())
    };
    eventually("a free place for a connection", again).await;
    let proxy = source.to_string();
    let app = App::at(Place::new().set("HACHOK_CONNECTIONS_PER_PEER", "5").set("HACHOK_TRUSTED_PROXIES", &proxy));
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = connect_from(&app, source).await;
        stream.write_all(HEALTH.as_bytes()).await.expect("a write");
        until(&mut stream, "ok\n").await;
        streams.push(stream);
    }
}

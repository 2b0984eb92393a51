use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::{App, Place, eventually};

/// Sends bytes on a new connection and waits until it is closed.
fn send_bytes(app: &App, bytes: &[u8]) {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).expect("a connection");
    stream.write_all(bytes).expect("a write");
    // Some answers close the connection while input is unread, which resets it.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// What any client can send: heads that are not HTTP, and forged cookies.
fn send_malformed_requests(app: &App, times: u32) {
    for n in 0..times {
        send_bytes(
            app,
            format!("GET /{n} \u{1b}[31mERROR\r\n2026-11-28T10:00:00Z ERROR hachok: forged\n\r\n\r\n").as_bytes(),
        );
        let cookie = format!("hachok={n}%0d%0aERROR; hachok_form=\u{1b}[31m{n}");
        send_bytes(
            app,
            format!("GET /sign-in HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n").as_bytes(),
        );
    }
}

#[tokio::test]
async fn a_thousand_bad_heads_and_forged_cookies_log_a_few_lines() {
    let mut app = App::at(Place::new().set("HACHOK_LOG_FORMAT", "json"));
    send_malformed_requests(&app, 500);
    // The first line of a place is due within a second; the rest is reported when the server stops.
    eventually("the first report", || async { app.log().contains("\"more\":").then_some(()) }).await;
    send_malformed_requests(&app, 500);
    assert_eq!(app.stop(), Some(0));
    let log = app.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.len() <= 8, "{} lines: {log}", lines.len());
    for line in &lines {
        assert_eq!(line["level"], "INFO", "a malformed request is not an error of the server: {line}");
    }
    let more: u64 = lines.iter().filter_map(|line| line["fields"]["more"].as_u64()).sum();
    let told = lines.iter().filter(|line| line["fields"]["more"].is_u64()).count();
    assert!(told >= 2 && more + told as u64 >= 2000, "all of them are counted: {log}");
}

#[tokio::test]
async fn a_client_cannot_forge_a_line_of_the_log() {
    let mut app = App::start();
    send_malformed_requests(&app, 3);
    app.visitor().get("/deliveries?q=a%0d%0aERROR%1b%5b31m").await;
    assert_eq!(app.stop(), Some(0));
    let log = app.log();
    assert!(!log.is_empty() && !log.contains('\u{1b}') && !log.contains('\r'), "{log:?}");
    for line in log.lines() {
        assert!(line.starts_with("20") && line.as_bytes().get(10) == Some(&b'T'), "{line:?}");
    }
}

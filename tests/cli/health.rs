//! `hachok health`.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::ports::ClosedPort;
use crate::support::{App, Place};

#[tokio::test]
async fn health_asks_the_server_at_its_bind_address() {
    for bind in ["127.0.0.1:0", "[::]:0"] {
        let app = App::at(Place::new().bound_to(bind));
        let port = app.url.rsplit(':').next().expect("a port");
        for asked in [bind.replace(":0", &format!(":{port}")), format!("0.0.0.0:{port}")] {
            assert_eq!(app.run_ok(&["health", "--bind", &asked]), "ready", "{asked}");
        }
        assert_eq!(app.run_ok(&["health", "--server", &app.url]), "ready");
        assert_eq!(app.run_ok(&["health", "--alive", "--server", &format!("http://localhost:{port}")]), "ok");
    }
}

#[tokio::test]
async fn health_takes_the_address_from_the_environment_of_the_server() {
    let mut app = App::start();
    let address = app.url.trim_start_matches("http://").to_owned();
    app.change("HACHOK_BIND", &address);
    assert_eq!(app.run_ok(&["health"]), "ready");
    app.stop();
    let line = app.run(&["health"]).error_line(1);
    assert!(line.contains(&address) && line.contains("refused"), "{line}");
}

#[tokio::test]
async fn health_fails_with_the_reason_while_the_server_is_not_ready() {
    let app = App::on_sqlite();
    let file = app.folder().join("data/hachok.db");
    std::fs::rename(&file, app.folder().join("data/elsewhere.db")).expect("a move");
    crate::support::eventually("503", || async {
        let ran = app.run(&["health", "--server", &app.url]);
        (ran.code == Some(1)).then(|| assert!(ran.error_line(1).contains("/readyz answered 503: "), "a reason"))
    })
    .await;
    assert_eq!(app.run_ok(&["health", "--alive", "--server", &app.url]), "ok");
}

#[test]
fn health_says_in_one_line_what_is_wrong_with_an_answer_and_makes_no_file() {
    let place = Place::bare();
    let closed = ClosedPort::new();
    let line = place.run(&["health", "--bind", &format!("127.0.0.1:{}", closed.port())]).error_line(1);
    assert!(line.contains(&format!("no answer from 127.0.0.1:{}", closed.port())), "{line}");
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address").to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("a connection");
        let (mut request, mut chunk) = (Vec::new(), [0; 1024]);
        // What is left unread would reset the connection, and the answer with it.
        while !request.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut chunk).expect("a request");
            request.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(b"SSH-2.0-OpenSSH\r\n").expect("an answer");
    });
    let line = place.run(&["health", "--bind", &address]).error_line(1);
    assert!(line.contains("not in HTTP"), "{line}");
    answering.join().expect("an end");
    for wrong in ["https://hooks.example.com", "localhost", "http://a/b"] {
        let line = place.run(&["health", "--server", wrong]).error_line(2);
        assert!(line.contains("--server"), "{line}");
    }
    assert_eq!(place.files("."), Vec::<String>::new());
}

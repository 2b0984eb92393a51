//! Receivers that close a connection which Hachok has kept, just when the next request is sent on it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::delivery_when;
use crate::support::{Api, App, EMAIL, PASSWORD, event, eventually, webhook};

const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// What the receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Answer,
    /// Answers, and closes the connection 5 ms later.
    AnswerAndClose,
    Close,
    Reset,
    /// Sends the beginning of an answer and closes the connection.
    BreakOff,
}

/// Decides by the number of the request on its connection, from 1.
type Script = Arc<dyn Fn(usize) -> Act + Send + Sync>;

/// A receiver on bare sockets. Its threads end with the test's process.
struct RawReceiver {
    url: String,
    /// For each request, in order: connection, request on it, `X-Hachok-Attempt`.
    seen: Arc<Mutex<Vec<(usize, usize, String)>>>,
}

impl RawReceiver {
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (seen, connections) = (Arc::new(Mutex::new(Vec::new())), AtomicUsize::new(0));
        let record = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (number, record) = (connections.fetch_add(1, Ordering::SeqCst) + 1, Arc::clone(&record));
                let script = Arc::clone(&script);
                thread::spawn(move || converse(stream, number, &script, &record));
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<(usize, usize, String)> {
        self.seen.lock().expect("requests").clone()
    }
}

fn converse(mut stream: TcpStream, connection: usize, script: &Script, seen: &Mutex<Vec<(usize, usize, String)>>) {
    for request in 1.. {
        let Some(attempt) = read_request(&mut stream) else { return };
        seen.lock().expect("requests").push((connection, request, attempt));
        match script(request) {
            Act::Answer => stream.write_all(FINE).expect("a connection"),
            Act::AnswerAndClose => {
                stream.write_all(FINE).expect("a connection");
                thread::sleep(Duration::from_millis(5));
                return;
            }
            Act::Close => return,
            Act::Reset => {
                return socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
            }
            Act::BreakOff => return stream.write_all(b"HTTP/1.1 200 OK\r\nx-half: ").expect("a connection"),
        }
    }
}

/// Reads a request; returns its `X-Hachok-Attempt`.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.extend(byte);
    }
    let head = String::from_utf8(bytes).expect("a head in UTF-8");
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let mut body = vec![0; value("Content-Length: ").parse().unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(value("X-Hachok-Attempt: "))
}

/// Posts events one after another until one meets the end of a kept connection, and returns its delivery when `enough`.
/// On a busy machine a connection may be too old to be used again.
async fn second_request(api: &Api, receiver: &RawReceiver, enough: fn(&Value) -> bool) -> Value {
    for _ in 0..20 {
        api.accepted(event("message_created")).await;
        let delivery = delivery_when(api, "the first attempt", |delivery| {
            delivery["attempts"][0].is_object() && delivery["attempts"][0]["outcome"] != "started"
        })
        .await;
        if delivery["attempts"][0]["outcome"] != "succeeded" {
            return delivery_when(api, "the delivery", enough).await;
        }
    }
    panic!("no connection was used again: {:?}", receiver.seen());
}

async fn start(script: impl Fn(usize) -> Act + Send + Sync + 'static) -> (App, Api, RawReceiver) {
    let (app, receiver) = (App::start(), RawReceiver::start(Arc::new(script)));
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.url)).await;
    (app, api, receiver)
}

/// Asserts a first attempt that was interrupted on a kept connection, and a success on a new one.
async fn is_repeated_at_once(end: Act) -> (App, Value) {
    let (app, api, receiver) = start(move |request| if request == 1 { Act::Answer } else { end }).await;
    let delivery = second_request(&api, &receiver, |delivery| delivery["status"] == "success").await;
    let (first, second) = (&delivery["attempts"][0], &delivery["attempts"][1]);
    assert_eq!((&first["number"], &second["number"]), (&json!(1), &json!(2)), "{delivery}");
    assert_eq!((&first["outcome"], &first["cause"]), (&json!("interrupted"), &json!("connection_closed")));
    assert_eq!((&second["outcome"], &delivery["attempts"][2]), (&json!("succeeded"), &Value::Null));
    let seen = receiver.seen();
    let last: Vec<_> = seen.iter().rev().take(2).map(|(_, request, attempt)| (*request, attempt.as_str())).collect();
    assert_eq!(last, [(1, "2"), (2, "1")], "the second attempt opens a connection: {seen:?}");
    (app, delivery)
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_without_an_answer_is_repeated_at_once() {
    let (app, delivery) = is_repeated_at_once(Act::Close).await;
    let path = format!("/deliveries/{}?attempt=1", delivery["id"].as_str().expect("an id"));
    let english = app.admin().await;
    let ukrainian = app.visitor().speaking("uk");
    ukrainian.sign_in(EMAIL, PASSWORD).await;
    for (visitor, words) in
        [(english, "The receiver closed an idle connection"), (ukrainian, "Отримувач закрив вільне зʼєднання")]
    {
        let page = visitor.open(&path).await;
        assert!(page.says(words), "{words}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_is_reset_without_an_answer_is_repeated_at_once() {
    is_repeated_at_once(Act::Reset).await;
}

#[tokio::test]
async fn a_new_connection_that_ends_the_same_way_is_an_ordinary_failure() {
    let has_closed = AtomicBool::new(false);
    let script = move |request| {
        let closes = request > 1 || has_closed.load(Ordering::SeqCst);
        has_closed.store(closes, Ordering::SeqCst);
        if closes { Act::Close } else { Act::Answer }
    };
    let (_app, api, receiver) = start(script).await;
    let delivery = second_request(&api, &receiver, |delivery| delivery["attempts"][1]["outcome"] == "failed").await;
    let (first, second) = (&delivery["attempts"][0], &delivery["attempts"][1]);
    assert_eq!((&first["outcome"], &second["cause"]), (&json!("interrupted"), &json!("connect_reset")), "{delivery}");
    assert_eq!(delivery["status"], "pending", "{delivery}");
    // The interrupted attempt used no step: the next one comes after the first wait of the schedule, 5 s × 0.8 to 1.2.
    let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap_or_default().parse().expect("RFC 3339") };
    let wait = time(&delivery["next_attempt_at"]).duration_since(time(&second["started_at"])).as_secs_f64();
    assert!((3.9..6.5).contains(&wait), "{wait} s: {delivery}");
}

#[tokio::test]
async fn a_kept_connection_that_ends_within_the_head_of_an_answer_is_repeated_at_once() {
    is_repeated_at_once(Act::BreakOff).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_closes_5_ms_after_each_answer_gets_100_of_100_within_a_second() {
    let (_app, api, _receiver) = start(|_| Act::AnswerAndClose).await;
    let requests = all_arrive_within_a_second(&api).await;
    println!("{requests} requests for 100 deliveries");
}

/// Posts 100 events and asserts that each is delivered within a second, with two attempts at most. Returns the number of
/// attempts.
async fn all_arrive_within_a_second(api: &Api) -> i64 {
    for _ in 0..10 {
        join_all((0..10).map(|_| api.accepted(event("message_created")))).await;
    }
    let all = eventually("100 deliveries", || async {
        let all = api.deliveries("status=success&limit=100").await;
        (all.len() == 100).then_some(all)
    })
    .await;
    let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap_or_default().parse().expect("RFC 3339") };
    let attempts = all.iter().map(|delivery| {
        let took = time(&delivery["finished_at"]).duration_since(time(&delivery["created_at"]));
        assert!(took.as_secs_f64() <= 1.0, "{took}: {delivery}");
        delivery["attempt_count"].as_i64().filter(|attempts| *attempts <= 2).unwrap_or_else(|| panic!("{delivery}"))
    });
    attempts.sum()
}

/// uWSGI closes connections without saying so: with `--http` after its own time, with `--http-socket` after each answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: needs uwsgi (PyPI) in the PATH"]
async fn on_demand_a_real_uwsgi_gets_100_of_100_within_a_second() {
    // More processes than connections: one that waits for the next request on a kept connection serves no other.
    for socket in ["--http", "--http-socket", "--http11-socket"] {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let place = tempfile::tempdir().expect("a folder");
        let program = "def application(env, start):\n    env['wsgi.input'].read()\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n";
        std::fs::write(place.path().join("app.py"), program).expect("a file");
        let address = format!("127.0.0.1:{port}");
        let mut uwsgi = Command::new("uwsgi")
            .args([socket, &address, "--http-keepalive=1", "--wsgi-file", "app.py", "--processes", "16"])
            // Without these the processes of uWSGI outlive the first one.
            .args(["--master", "--die-on-term"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir(place.path())
            .spawn()
            .expect("uwsgi");
        eventually("uwsgi", || async { TcpStream::connect(&address).ok() }).await;
        let app = App::start();
        let api = app.api("admin");
        api.webhook(&webhook(&format!("http://{address}/hook"))).await;
        let requests = all_arrive_within_a_second(&api).await;
        println!("{socket}: {requests} requests for 100 deliveries");
        Command::new("kill").args(["-TERM", &uwsgi.id().to_string()]).status().expect("kill");
        uwsgi.wait().expect("an end");
    }
}

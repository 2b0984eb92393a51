//! Receivers of webhooks: a plain HTTP/1.1 server on loopback that records all requests and answers as scripted.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::WAIT_TIMEOUT;

/// All receivers run here, so that a test that blocks its own thread does not delay them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

/// A receiver; it ends when dropped.
pub struct Receiver {
    /// Where it listens, for example `http://127.0.0.1:41234`.
    pub url: String,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Received>>,
    scripts: Mutex<HashMap<String, Vec<Reply>>>,
    came: Notify,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in their order, names as written.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When its last byte arrived.
    pub at: SystemTime,
}

#[derive(Clone, Debug)]
pub enum Reply {
    /// A status without a body.
    Status(u16),
    /// Status, headers, body.
    Full(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, valid HTTP or not.
    Raw(Vec<u8>),
    /// An answer after that delay.
    After(Duration, Box<Reply>),
    /// No answer; the connection stays open.
    Hang,
    /// No answer; the connection is closed.
    Close,
}

impl Receiver {
    /// Answers 200 to everything.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let recording = Arc::clone(&shared);
        let (url, task) = serve(move |request| {
            let reply = next_reply(&recording, &request.path);
            recording.requests.lock().expect("requests").push(request.clone());
            recording.came.notify_waiters();
            reply
        });
        Self { url, shared, task }
    }

    /// Answers requests to that path with these replies in order; the last one is repeated.
    pub fn answers(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let script: Vec<_> = replies.into_iter().collect();
        self.shared.scripts.lock().expect("scripts").insert(path.into(), script);
    }

    /// The URL of a path of this receiver.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The requests to that path so far.
    pub fn seen(&self, path: &str) -> Vec<Received> {
        let requests = self.shared.requests.lock().expect("requests");
        requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// Waits until at least `count` requests have arrived at that path; returns all of them.
    pub async fn await_requests(&self, path: &str, count: usize) -> Vec<Received> {
        self.await_requests_for(WAIT_TIMEOUT, path, count).await
    }

    /// The same with another limit.
    pub async fn await_requests_for(&self, bound: Duration, path: &str, count: usize) -> Vec<Received> {
        let enough = async {
            loop {
                let news = self.shared.came.notified();
                let seen = self.seen(path);
                if seen.len() >= count {
                    return seen;
                }
                news.await;
            }
        };
        match tokio::time::timeout(bound, enough).await {
            Ok(seen) => seen,
            Err(_) => panic!("{count} requests to {path} in {bound:?}; there were {}", self.seen(path).len()),
        }
    }

    /// Waits for the first request to that path.
    pub async fn first(&self, path: &str) -> Received {
        self.await_requests(path, 1).await.swap_remove(0)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Received {
    /// The header's value; empty if it is missing. Panics if the header occurs twice.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = values.next().map_or("", |(_, value)| value);
        assert!(values.next().is_none(), "{name} occurs twice in {:?}", self.headers);
        value
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// Serves requests on a free port of loopback until the task is aborted. Returns the URL.
pub fn serve(answers: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (String, AbortHandle) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (url, RUNTIME.spawn(listen(listener, Arc::new(answers))).abort_handle())
}

async fn listen(listener: std::net::TcpListener, answers: Arc<impl Fn(&Received) -> Reply + Send + Sync + 'static>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&answers)));
    }
}

async fn converse(mut stream: TcpStream, answers: Arc<impl Fn(&Received) -> Reply + Send + Sync>) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        if !answer(&mut stream, answers(&request)).await {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8(buffer[..end].to_vec()).expect("a head in UTF-8");
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while buffer.len() < end + length {
        more(stream, buffer).await?;
    }
    let body = buffer[end..end + length].to_vec();
    buffer.drain(..end + length);
    Some(Received { method: first.next()?, path: first.next()?, headers, body, at: SystemTime::now() })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(buffer).await {
        Ok(1..) => Some(()),
        _ => None,
    }
}

fn next_reply(shared: &Shared, path: &str) -> Reply {
    match shared.scripts.lock().expect("scripts").get_mut(path) {
        Some(script) if script.len() > 1 => script.remove(0),
        Some(script) => script.first().cloned().unwrap_or(Reply::Status(200)),
        None => Reply::Status(200),
    }
}

/// Returns whether the connection stays open.
async fn answer(stream: &mut TcpStream, reply: Reply) -> bool {
    let bytes = match reply {
        Reply::After(pause, reply) => {
            tokio::time::sleep(pause).await;
            return Box::pin(answer(stream, *reply)).await;
        }
        Reply::Status(204) => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        Reply::Status(status) => format!("HTTP/1.1 {status} Scripted\r\ncontent-length: 0\r\n\r\n").into_bytes(),
        Reply::Full(status, headers, body) => {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n{lines}\r\n", body.len());
            [head.into_bytes(), body].concat()
        }
        Reply::Raw(bytes) => bytes,
        Reply::Hang => std::future::pending().await,
        Reply::Close => return false,
    };
    stream.write_all(&bytes).await.is_ok()
}

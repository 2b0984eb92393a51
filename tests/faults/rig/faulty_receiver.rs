//! A receiver on bare sockets that misbehaves as scripted, for each path.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// All of them run here, so that a test that blocks its own thread does not delay them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

/// One action on a connection.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Say(Bytes),
    /// Sends these bytes one by one, with this pause after each.
    Drip(Bytes, Duration),
    /// Sends these bytes repeatedly until the peer closes.
    Flood(Bytes),
    Wait(Duration),
    /// Sends nothing more and keeps the connection open.
    Hang,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// A request, as recorded by the receiver.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Path and query.
    pub path: String,
    /// `webhook-id`.
    pub event: String,
    /// `x-hachok-delivery`.
    pub delivery: String,
    /// `x-hachok-attempt`.
    pub attempt: i32,
    /// SHA-256 of the body.
    pub sum: [u8; 32],
    /// The number that the client put into the event.
    pub number: Option<u64>,
    /// When its last byte arrived.
    pub began: Instant,
    /// When its answer ended or failed.
    pub ended: Option<Instant>,
}

/// The receiver; it ends when dropped.
pub struct FaultyReceiver {
    at: String,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<Heard>>,
    scripts: Mutex<HashMap<String, Vec<Step>>>,
    /// Done on each connection before anything is read.
    greeting: Vec<Step>,
    came: Notify,
}

/// An answer without a body.
pub fn status(code: u16) -> Vec<Step> {
    raw_bytes(format!("HTTP/1.1 {code} Scripted\r\ncontent-length: 0\r\n\r\n"))
}

/// Sends these bytes.
pub fn raw_bytes(bytes: impl Into<Bytes>) -> Vec<Step> {
    vec![Step::Say(bytes.into())]
}

/// 200 after this delay.
pub fn slowly(pause: Duration) -> Vec<Step> {
    [vec![Step::Wait(pause)], status(200)].concat()
}

impl FaultyReceiver {
    /// Answers 200 to everything until `answers` says otherwise.
    pub fn start() -> Self {
        Self::greeting(Vec::new())
    }

    /// Does this on each connection before reading from it.
    pub fn greeting(greeting: Vec<Step>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let at = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared { greeting, ..Shared::default() });
        let task = RUNTIME.spawn(listen(listener, Arc::clone(&shared))).abort_handle();
        Self { at, shared, task }
    }

    /// The URL of a path of this receiver.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.at)
    }

    /// Sets what happens to requests for that path from now on.
    pub fn answers(&self, path: &str, steps: Vec<Step>) {
        self.shared.scripts.lock().expect("scripts").insert(path.into(), steps);
    }

    /// All requests so far.
    pub fn ledger(&self) -> Vec<Heard> {
        self.shared.heard.lock().expect("the ledger").clone()
    }

    /// The requests for that path so far.
    pub fn heard(&self, path: &str) -> Vec<Heard> {
        self.ledger().into_iter().filter(|heard| heard.path == path).collect()
    }

    /// Waits until the recorded requests satisfy `enough`.
    pub async fn until(&self, what: &str, bound: Duration, enough: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let seen = async {
            loop {
                let news = self.shared.came.notified();
                let ledger = self.ledger();
                if enough(&ledger) {
                    return ledger;
                }
                news.await;
            }
        };
        match tokio::time::timeout(bound, seen).await {
            Ok(ledger) => ledger,
            Err(_) => panic!("timed out after {bound:?} waiting for: {what}; {} requests arrived", self.ledger().len()),
        }
    }

    /// Waits for that many requests for a path.
    pub async fn wait_for_requests(&self, path: &str, count: usize, bound: Duration) -> Vec<Heard> {
        let of = |ledger: &[Heard]| ledger.iter().filter(|heard| heard.path == path).count();
        self.until(&format!("{count} requests to {path}"), bound, |ledger| of(ledger) >= count).await;
        self.heard(path)
    }
}

impl Drop for FaultyReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The maximum of requests that were open at the same time.
pub fn max_open_requests(ledger: &[Heard]) -> usize {
    let open =
        |at: Instant| ledger.iter().filter(move |heard| heard.began <= at && heard.ended.is_none_or(|end| end > at));
    ledger.iter().map(|heard| open(heard.began).count()).max().unwrap_or(0)
}

async fn listen(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>) {
    if !act(&mut stream, shared.greeting.clone()).await {
        return;
    }
    let mut buffer = Vec::new();
    while let Some(heard) = read(&mut stream, &mut buffer).await {
        let steps = shared.scripts.lock().expect("scripts").get(&heard.path).cloned();
        let place = {
            let mut ledger = shared.heard.lock().expect("the ledger");
            ledger.push(heard);
            ledger.len() - 1
        };
        shared.came.notify_waiters();
        let stays_open = act(&mut stream, steps.unwrap_or_else(|| status(200))).await;
        shared.heard.lock().expect("the ledger")[place].ended = Some(Instant::now());
        if !stays_open {
            return;
        }
    }
}

/// Returns whether the connection stays open.
async fn act(stream: &mut TcpStream, steps: Vec<Step>) -> bool {
    for step in steps {
        let well = match step {
            Step::Say(bytes) => stream.write_all(&bytes).await.is_ok(),
            Step::Drip(bytes, pause) => drip(stream, &bytes, pause).await,
            Step::Flood(bytes) => {
                while stream.write_all(&bytes).await.is_ok() {}
                false
            }
            Step::Wait(pause) => {
                tokio::time::sleep(pause).await;
                true
            }
            // Until the peer closes.
            Step::Hang => {
                let mut rest = [0; 1024];
                while matches!(stream.read(&mut rest).await, Ok(1..)) {}
                false
            }
            Step::Close => false,
            Step::Reset => {
                stream.set_zero_linger().expect("a socket");
                false
            }
        };
        if !well {
            return false;
        }
    }
    true
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> bool {
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            return false;
        }
        tokio::time::sleep(pause).await;
    }
    true
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Heard> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    };
    let length: usize = header("content-length").parse().unwrap_or(0);
    while buffer.len() < end + length {
        more(stream, buffer).await?;
    }
    let body: Vec<u8> = buffer.drain(..end + length).skip(end).collect();
    let number = serde_json::from_slice::<serde_json::Value>(&body).ok().and_then(|body| body["number"].as_u64());
    Some(Heard {
        path: head.split(' ').nth(1)?.to_owned(),
        event: header("webhook-id").to_owned(),
        delivery: header("x-hachok-delivery").to_owned(),
        attempt: header("x-hachok-attempt").parse().ok()?,
        sum: Sha256::digest(&body).into(),
        number,
        began: Instant::now(),
        ended: None,
    })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    matches!(stream.read_buf(buffer).await, Ok(1..)).then_some(())
}

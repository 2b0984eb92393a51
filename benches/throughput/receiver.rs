//! Receives webhooks and records when each event arrived first.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};

use crate::http::Connection;

/// A receiver in its own thread; webhook N is at `/N`.
pub struct Receiver {
    address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
}

/// What arrived, by webhook and event.
#[derive(Default)]
pub struct Ledger {
    first: Vec<Vec<Option<Instant>>>,
    /// Pairs of webhook and event that have arrived.
    pub unique: usize,
    /// Requests for events that had arrived before.
    pub duplicates: usize,
    /// Webhooks that get no answer.
    pub hanging: Vec<usize>,
    /// Webhooks, each with a number: of so many of its requests one is answered with 500.
    pub failing: Vec<(usize, usize)>,
    /// Requests for these webhooks.
    requests: usize,
    /// The delay of each answer.
    pub delay: Duration,
}

impl Receiver {
    /// Answers 200 at once.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let ledger = Arc::<Mutex<Ledger>>::default();
        let shared = Arc::clone(&ledger);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
            });
        });
        Self { address, ledger }
    }

    /// The URL of a webhook.
    pub fn url(&self, webhook: usize) -> String {
        format!("http://{}/{webhook}", self.address)
    }

    /// What has arrived so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("the ledger")
    }

    /// Waits until that many pairs of webhook and event have arrived.
    pub async fn until(&self, unique: usize) {
        let end = Instant::now() + Duration::from_secs(300);
        while self.ledger().unique < unique {
            assert!(Instant::now() < end, "only {} of {unique} arrived", self.ledger().unique);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Ledger {
    /// When an event first arrived at a webhook.
    pub fn came(&self, webhook: usize, event: usize) -> Option<Instant> {
        *self.first.get(webhook)?.get(event)?
    }

    fn fails(&mut self, webhook: usize) -> bool {
        let Some((_, every)) = self.failing.iter().find(|(failing, _)| *failing == webhook) else { return false };
        self.requests += 1;
        self.requests.is_multiple_of(*every)
    }

    fn note(&mut self, webhook: usize, event: usize) {
        self.first.resize_with(self.first.len().max(webhook + 1), Vec::new);
        let events = &mut self.first[webhook];
        events.resize(events.len().max(event + 1), None);
        if events[event].is_some() {
            self.duplicates += 1;
        } else {
            events[event] = Some(Instant::now());
            self.unique += 1;
        }
    }
}

async fn serve(stream: TcpStream, ledger: Arc<Mutex<Ledger>>) {
    let mut connection = Connection::of(stream);
    while let Some(message) = connection.read().await {
        let webhook = message.path().trim_start_matches('/').parse().unwrap_or(0);
        let (hangs, fails, delay) = {
            let mut ledger = ledger.lock().expect("the ledger");
            let (hangs, fails) = (ledger.hanging.contains(&webhook), ledger.fails(webhook));
            if !hangs && !fails {
                ledger.note(webhook, number(message.body));
            }
            (hangs, fails, ledger.delay)
        };
        if hangs {
            return connection.gone().await;
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let status = if fails { "500 Internal Server Error" } else { "200 OK" };
        if !connection.write(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await {
            return;
        }
    }
}

/// The number that the load put into the event.
fn number(body: &[u8]) -> usize {
    let at = body.windows(6).position(|six| six == b"\"seq\":").expect("a number") + 6;
    body[at..].iter().take_while(|byte| byte.is_ascii_digit()).fold(0, |sum, byte| sum * 10 + usize::from(byte - b'0'))
}

//! A receiver that sends raw bytes: one thread for the listener and one for each connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(super) struct Receiver {
    pub(super) at: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: UnboundedReceiver<String>,
}

/// A connection, as the receiver sees it.
pub(super) struct Caller {
    pub(super) stream: TcpStream,
    pub(super) requests: UnboundedSender<String>,
}

impl Caller {
    /// Reads one complete request and reports it to [`Receiver::next`].
    pub(super) fn hear(&mut self) {
        let request = read_request(&mut self.stream);
        self.requests.send(request).ok();
    }

    /// Like [`Self::hear`]; false if the sender closes the connection instead.
    pub(super) fn hear_another(&mut self) -> bool {
        let there = matches!(self.stream.peek(&mut [0]), Ok(1));
        if there {
            self.hear();
        }
        there
    }

    /// Sends bytes; false if the sender has closed the connection.
    pub(super) fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Waits until the sender closes the connection, and reports `gone`.
    pub(super) fn wait_for_the_end(&mut self) {
        while matches!(self.stream.read(&mut [0; 1024]), Ok(1..)) {}
        self.requests.send("gone".into()).ok();
    }
}

pub(super) fn read_request(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        bytes.extend(byte);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok();
    head + String::from_utf8(body).unwrap().as_str()
}

impl Receiver {
    /// Calls `serve` with every connection, before anything was read.
    pub(super) fn serving(serve: impl Fn(Caller) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (Arc::clone(&connections), Arc::new(serve));
        let (outbox, requests) = unbounded_channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (serve, requests) = (Arc::clone(&serve), outbox.clone());
                thread::spawn(move || serve(Caller { stream, requests }));
            }
        });
        Self { at, connections, requests }
    }

    /// Reads the request, sends this answer and closes the connection.
    pub(super) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::serving(move |mut caller| {
            caller.hear();
            caller.say(&answer);
        })
    }

    /// The number of connections so far.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The next report of a connection; fails after 5 s.
    pub(super) async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(5), self.requests.recv()).await.unwrap().unwrap()
    }
}

//! Just enough HTTP/1.1 that driver and receiver leave the machine to the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: SocketAddr,
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The head as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Connection {
    /// Connects.
    pub async fn open(host: SocketAddr) -> Self {
        let stream = TcpStream::connect(host).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::with_capacity(1 << 16), host }
    }

    /// Sends a request and waits for its answer; each of `headers` ends its line.
    pub async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\n{headers}\r\n", self.host);
        self.stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.expect("a request");
        let message = read(&mut self.stream, &mut self.buffer).await.expect("an answer");
        let status = message.head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head: message.head, body: String::from_utf8_lossy(&message.body).into_owned() }
    }
}

impl Answer {
    /// The first cookie's name and value.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        cookies.filter_map(|(_, value)| value.split(';').next().map(ToOwned::to_owned)).collect()
    }
}

struct Message {
    head: String,
    body: Vec<u8>,
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Message> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let lengths = head.lines().filter_map(|line| line.split_once(':'));
    let length = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.filter_map(|(_, value)| value.trim().parse().ok()).next().unwrap_or(0);
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer[end..end + length].to_vec();
    buffer.drain(..end + length);
    Some(Message { head, body })
}

/// Starts a receiver in a thread of its own; it answers 200 and counts.
pub fn receiver(arrived: Arc<AtomicUsize>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&arrived)));
            }
        });
    });
    address
}

async fn answer(mut stream: TcpStream, arrived: Arc<AtomicUsize>) {
    let mut buffer = Vec::with_capacity(1 << 12);
    while read(&mut stream, &mut buffer).await.is_some() {
        arrived.fetch_add(1, Ordering::Relaxed);
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}

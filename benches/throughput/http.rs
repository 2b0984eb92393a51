//! A minimal HTTP/1.1, so that load and receiver use little of the machine.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A keep-alive connection, of a client or a server.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The length of the last message in the buffer.
    used: usize,
}

/// A message, borrowed from the buffer of its connection.
pub struct Message<'a> {
    /// First line and headers.
    pub head: &'a str,
    pub body: &'a [u8],
}

/// An answer that is independent of its connection.
pub struct Answer {
    pub status: u16,
    /// The head as received.
    pub head: String,
    pub body: String,
}

impl Connection {
    /// Connects to a server.
    pub async fn open(host: SocketAddr) -> Self {
        Self::of(TcpStream::connect(host).await.expect("a connection"))
    }

    /// Wraps an accepted connection.
    pub fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::with_capacity(4096), used: 0 }
    }

    /// Sends a request and waits for its answer. Each of `headers` ends with a line break.
    pub async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n");
        assert!(self.write(&[head.as_bytes(), body.as_bytes()].concat()).await, "a request");
        let message = self.read().await.expect("an answer");
        let body = String::from_utf8_lossy(message.body).into_owned();
        Answer { status: message.status(), head: message.head.to_owned(), body }
    }

    /// Sends bytes; `false` if the connection is closed.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Waits until the peer closes.
    pub async fn gone(&mut self) {
        let _ = self.stream.read(&mut [0]).await;
    }

    /// The next message; `None` when the peer has closed.
    pub async fn read(&mut self) -> Option<Message<'_>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let length = length(&self.buffer[..end]);
        while self.buffer.len() < end + length {
            self.more().await?;
        }
        self.used = end + length;
        Some(Message { head: std::str::from_utf8(&self.buffer[..end]).ok()?, body: &self.buffer[end..self.used] })
    }

    async fn more(&mut self) -> Option<()> {
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(1..)).then_some(())
    }
}

impl Message<'_> {
    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
    }

    /// The path of a request.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

impl Answer {
    /// The `name=value` pairs that the answer sets.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        cookies.filter_map(|(_, value)| value.split(';').next().map(ToOwned::to_owned)).collect()
    }
}

fn length(head: &[u8]) -> usize {
    let lines = head.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

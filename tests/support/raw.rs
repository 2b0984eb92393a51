//! A client on a bare socket, for requests that no HTTP library sends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::WAIT_TIMEOUT;

/// An open connection.
pub struct Raw(TcpStream);

impl Raw {
    /// A connection to the server at that URL.
    pub async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("a URL");
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Sends bytes; `false` if the server has closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Sends the head of a POST with these header lines.
    pub async fn post(&mut self, path: &str, lines: &[&str]) -> bool {
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n")).await
    }

    /// Everything until the server closes the connection. A reset fails: it may destroy the response.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(WAIT_TIMEOUT, self.0.read_to_end(&mut bytes)).await;
        read.expect("an end").expect("no reset");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What the server has sent, as soon as it contains `expected`.
    pub async fn until(&mut self, expected: &str) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&bytes).contains(expected) {
                if self.0.read_buf(&mut bytes).await.expect("no reset") == 0 {
                    break;
                }
            }
        };
        let seen = tokio::time::timeout(WAIT_TIMEOUT, reading).await.is_ok();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(seen && text.contains(expected), "{expected:?} in {text:?}");
        text
    }
}

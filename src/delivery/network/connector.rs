//! Opens connections to receivers, and records of each whether the receiver has answered the latest request on it.
//!
//! A receiver may close a kept connection just when the next request is written to it. The HTTP client then reports the same
//! error as for an answer that breaks off, or for a receiver that closes every new connection. The record distinguishes them.

use std::error::Error;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::address_guard::Resolver;

/// Probes of the kernel find a peer that is gone while its answer is awaited: the first after this time, …
const KEEPALIVE_AFTER: Duration = Duration::from_secs(15);
/// … and as many more, 15 s apart, before the connection is broken.
const KEEPALIVE_PROBES: u32 = 3;
/// How long sent data may be unacknowledged before the connection is broken. Longer than any attempt.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// What has happened on a connection. A clone is a handle to the same record.
#[derive(Clone, Debug, Default)]
pub(super) struct History(Arc<Record>);

#[derive(Debug, Default)]
struct Record {
    requests: AtomicU32,
    /// Whether a byte has come since the latest request began.
    is_answered: AtomicBool,
}

impl History {
    /// Whether the connection had answered a request before, and has not sent one byte of an answer to the latest.
    pub(super) fn is_reused_and_silent(&self) -> bool {
        self.0.requests.load(Ordering::Acquire) > 1 && !self.0.is_answered.load(Ordering::Acquire)
    }

    /// Notes an attempt to write: after an answer it begins the next request.
    fn note_write(&self) {
        let is_first = self.0.requests.load(Ordering::Acquire) == 0;
        if self.0.is_answered.swap(false, Ordering::AcqRel) || is_first {
            self.0.requests.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn note_read(&self) {
        self.0.is_answered.store(true, Ordering::Release);
    }
}

pin_project! {
    /// A connection with its history. It is above TLS, whose records are no part of an answer.
    pub(super) struct RecordedStream<T> {
        #[pin]
        inner: T,
        history: History,
    }
}

impl<T: Connection> Connection for RecordedStream<T> {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.history.clone())
    }
}

impl<T: AsyncRead> AsyncRead for RecordedStream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (this, before) = (self.project(), buf.filled().len());
        ready!(this.inner.poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.history.note_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> AsyncWrite for RecordedStream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.history.note_write();
        this.inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.history.note_write();
        this.inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

/// A connection as the HTTP client uses it: TCP, or TLS on TCP.
pub(super) type Stream = TokioIo<RecordedStream<TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>>>;

/// Opens connections to the addresses that the resolver returns, within a time for lookup, TCP and TLS together.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<Resolver>>,
    timeout: Duration,
}

impl Connector {
    /// With `https_only` URLs of http are refused.
    pub(super) fn new(resolver: Resolver, tls: ClientConfig, https_only: bool, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(timeout));
        tcp.set_keepalive(Some(KEEPALIVE_AFTER));
        tcp.set_keepalive_interval(Some(KEEPALIVE_AFTER));
        tcp.set_keepalive_retries(Some(KEEPALIVE_PROBES));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
        let mut inner = HttpsConnector::from((tcp, tls));
        if https_only {
            inner.enforce_https();
        }
        Self { inner, timeout }
    }
}

type BoxError = Box<dyn Error + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, timeout) = (self.inner.call(uri), self.timeout);
        Box::pin(async move {
            let connected = tokio::time::timeout(timeout, connecting).await;
            let stream = connected.map_err(|_| io::Error::from(ErrorKind::TimedOut))??;
            Ok(TokioIo::new(RecordedStream { inner: TokioIo::new(stream), history: History::default() }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_request_without_a_byte_of_an_answer_is_reused_and_silent() {
        for (events, expected) in [
            ("", false),
            ("w", false),
            ("ww", false),
            ("wr", false),
            ("rw", false),
            ("wrw", true),
            ("wrrww", true),
            ("wrwr", false),
            ("wrwrw", true),
        ] {
            let history = History::default();
            for event in events.chars() {
                if event == 'w' { history.note_write() } else { history.note_read() }
            }
            assert_eq!(history.is_reused_and_silent(), expected, "{events}");
        }
    }
}

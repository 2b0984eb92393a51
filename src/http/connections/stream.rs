//! The stream between the socket and the parser.
//!
//! It hands the parser one request head at a time. Without it, the parser reads up to 128 KiB, decodes every head in
//! it, and keeps 5.6 KB (a header table) for each: 7,000 requests of 18 bytes cost 40 MB on one connection. Here the
//! bytes after a head stay in the socket, or in a buffer of at most one read, until the response has been written.
//! Nothing is read from a peer that does not read its responses.

use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Slot;
use super::connection::{Connection, Readable};
use super::limits::Phase;

/// The capacity that the buffer keeps while it is empty.
const HELD_KEPT_MAX_BYTES: usize = 4 * 1024;

/// The dispatcher reads until nothing comes or its buffer holds 128 KiB, even of a body that it drops. After this many
/// bytes the stream returns `Pending` once, so that the dispatcher handles what it has. The limit is below its buffer of
/// 8 KiB: it doubles a buffer with less than 1 KiB of free space before it reads again, and never shrinks it.
const BATCH_MAX_BYTES: usize = 4 * 1024;

/// The stream that the HTTP dispatcher reads and writes. Each call costs a few atomic operations.
#[derive(Debug)]
pub struct Stream {
    tcp: TcpStream,
    slot: Slot,
    /// Bytes received together with a head or body, after its end.
    held: Vec<u8>,
    held_from: usize,
    blank_line: BlankLine,
    /// A head was handed out: the parser handles it before more is read.
    pause: bool,
    /// A read waits until the response has been written.
    waiting: bool,
    /// Bytes handed out since the last `Pending`.
    batch: usize,
}

/// Finds the blank line that ends a head, however the bytes are split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BlankLine {
    #[default]
    Within,
    /// After a line feed.
    Start,
    /// After a line feed and a carriage return.
    Return,
}

impl BlankLine {
    /// The number of bytes up to the end of the first blank line, and `true`; without one, all bytes and `false`.
    fn find(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            *self = match (*self, byte) {
                (Self::Within, b'\n') => Self::Start,
                (Self::Start, b'\r') => Self::Return,
                (Self::Start | Self::Return, b'\n') => {
                    *self = Self::Within;
                    return (at + 1, true);
                }
                _ => Self::Within,
            };
        }
        (bytes.len(), false)
    }
}

impl Stream {
    pub fn new(tcp: TcpStream, slot: Slot) -> Self {
        let blank_line = BlankLine::default();
        Self { tcp, slot, held: Vec::new(), held_from: 0, blank_line, pause: false, waiting: false, batch: 0 }
    }

    /// The state to which requests of this connection report.
    pub fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.slot)
    }

    fn held(&self) -> &[u8] {
        self.held.get(self.held_from..).unwrap_or_default()
    }

    /// Hands out received bytes as far as `readable` allows.
    fn deliver(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>, readable: Readable) -> Poll<io::Result<()>> {
        let space = buf.remaining().min(BATCH_MAX_BYTES - self.batch);
        let taken = if self.held().is_empty() {
            let mut bytes = [0; BATCH_MAX_BYTES];
            let mut came = ReadBuf::new(bytes.get_mut(..space).unwrap_or_default());
            ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut came))?;
            let taken = cut(&mut self.blank_line, &mut self.pause, came.filled(), readable);
            let (taken, rest) = came.filled().split_at(taken);
            buf.put_slice(taken);
            self.held.extend_from_slice(rest);
            taken.len()
        } else {
            let rest = self.held.get(self.held_from..).unwrap_or_default();
            let fits = rest.get(..space).unwrap_or(rest);
            let taken = cut(&mut self.blank_line, &mut self.pause, fits, readable);
            buf.put_slice(fits.get(..taken).unwrap_or_default());
            self.held_from += taken;
            self.release();
            taken
        };
        self.slot.took(readable, taken);
        if taken > 0 && matches!(self.slot.phase(), Phase::Silent | Phase::Idle) {
            self.slot.enter(Phase::Head);
        }
        Poll::Ready(Ok(()))
    }

    /// Empties the buffer once all of it has been handed out.
    fn release(&mut self) {
        if self.held_from == self.held.len() {
            self.held_from = 0;
            if self.held.capacity() > HELD_KEPT_MAX_BYTES {
                self.held = Vec::new();
            } else {
                self.held.clear();
            }
        }
    }

    /// After a head: returns `Pending` so that the parser handles it, and wakes the task if more bytes are there.
    fn poll_pause(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.slot.register(cx.waker());
        if !self.held().is_empty() || self.tcp.poll_read_ready(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// While a response is being written: reads nothing, but notices when the peer has closed.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.waiting = true;
        self.slot.register(cx.waker());
        if !self.held().is_empty() {
            return Poll::Pending;
        }
        let mut byte = [0];
        match ready!(self.tcp.poll_peek(cx, &mut ReadBuf::new(&mut byte)))? {
            0 => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    }

    /// Reads the next head, or ends the stream if the connection was asked to close and no request has arrived.
    fn poll_head(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.slot.register(cx.waker());
        let asked = self.slot.is_asked_to_close();
        // The head took too long. At the end of the stream the dispatcher closes the connection.
        if asked && self.slot.phase() == Phase::Head {
            return Poll::Ready(Ok(()));
        }
        let read = self.deliver(cx, buf, Readable::Head);
        if read.is_pending() && asked && self.slot.is_asked_to_close() && !self.has_unread() {
            return Poll::Ready(Ok(()));
        }
        read
    }

    /// The socket holds bytes that the runtime has not reported yet.
    fn has_unread(&self) -> bool {
        matches!(SockRef::from(&self.tcp).peek(&mut [MaybeUninit::uninit()]), Ok(1..))
    }
}

/// How many of the bytes may be handed out. A blank line ends a piece, except in a body of known length.
fn cut(blank_line: &mut BlankLine, pause: &mut bool, bytes: &[u8], readable: Readable) -> usize {
    match readable {
        Readable::Nothing => 0,
        Readable::Body(left) => usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len()),
        Readable::Head | Readable::BodyPart => {
            let (count, found) = blank_line.find(bytes);
            *pause = found;
            count
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if mem::take(&mut stream.pause) {
            return stream.poll_pause(cx);
        }
        if stream.batch >= BATCH_MAX_BYTES {
            stream.batch = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let read = match stream.slot.readable() {
            Readable::Nothing => stream.poll_wait(cx),
            Readable::Head => stream.poll_head(cx, buf),
            body => stream.deliver(cx, buf, body),
        };
        stream.batch = if read.is_pending() { 0 } else { stream.batch + buf.filled().len() - before };
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        match Pin::new(&mut stream.tcp).poll_write(cx, bytes) {
            Poll::Pending if stream.slot.phase() != Phase::Stalled => {
                stream.slot.register(cx.waker());
                stream.slot.enter(Phase::Stalled);
                Poll::Pending
            }
            Poll::Pending => {
                stream.slot.register(cx.waker());
                if !stream.slot.is_asked_to_close() {
                    return Poll::Pending;
                }
                // Closing resets the connection, so that the kernel drops what it still holds for this peer.
                drop(SockRef::from(&stream.tcp).set_linger(Some(Duration::ZERO)));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(written) => {
                if stream.slot.phase() == Phase::Stalled {
                    stream.slot.enter(Phase::Busy);
                }
                Poll::Ready(written)
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The dispatcher flushes when the socket has taken all that was to be written.
        let stream = self.get_mut();
        if stream.slot.phase() == Phase::Busy && !stream.slot.has_exchange() {
            stream.slot.enter(Phase::Idle);
        }
        if stream.waiting && stream.slot.readable() != Readable::Nothing {
            stream.waiting = false;
            cx.waker().wake_by_ref();
        }
        Pin::new(&mut stream.tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_head_is_found_however_the_bytes_are_split() {
        for (text, expected) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET", Some(27)),
            ("GET / HTTP/1.1\n\nGET", Some(16)),
            ("GET / HTTP/1.1\n\r\nGET", Some(17)),
            ("a\r\r\nb\r\n \r\n", None),
            ("\r\n\r\n", Some(4)),
            ("", None),
        ] {
            for piece in 1..=text.len().max(1) {
                let (mut blank_line, mut read, mut found) = (BlankLine::default(), 0, None);
                for bytes in text.as_bytes().chunks(piece) {
                    let (count, ended) = blank_line.find(bytes);
                    read += count;
                    if ended {
                        found = Some(read);
                        break;
                    }
                }
                assert_eq!(found, expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}

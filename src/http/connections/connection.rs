//! The state of one connection. Its own task writes it and the sweep reads it from another thread: atomics, no lock.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use super::limits::Phase;

/// The body of the current request has an unknown length, and its handler has all bytes received so far.
const BODY_UNKNOWN: u64 = u64::MAX;
/// The body of the current request has an unknown length, and its handler waits for more.
const BODY_WANTED: u64 = u64::MAX - 1;

#[derive(Debug)]
pub struct Connection {
    /// [`Standing`] as one word, so that phase and time are read together.
    standing: AtomicU64,
    /// The standing for which the connection was asked to close, 0 for no request. If the standing has changed since,
    /// the peer was not idle or slow after all, and the request has no effect.
    closing: AtomicU64,
    /// Requests without a complete response.
    exchanges: AtomicU32,
    /// Unread bytes of the request body, or one of the two constants above.
    body: AtomicU64,
    waker: AtomicWaker,
}

/// What the stream may hand to the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// The head of the next request.
    Head,
    /// At most this many bytes of the body.
    Body(u64),
    /// Some bytes of a body of unknown length.
    BodyPart,
    /// Nothing before the response is complete.
    Nothing,
}

/// The length of a request body, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// In bytes.
    Known(u64),
    /// Chunked, or until the end of the connection.
    Unknown,
}

/// A phase and the time at which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub phase: Phase,
    /// As [`now_ms`] counts.
    since_ms: u64,
}

impl Standing {
    const fn new(phase: Phase, since_ms: u64) -> Self {
        Self { phase, since_ms }
    }

    /// Packed into one word. The lower three bits are the phase, which is never 0, so that no word is 0.
    const fn word(self) -> u64 {
        let tag = match self.phase {
            Phase::Silent => 1,
            Phase::Head => 2,
            Phase::Busy => 3,
            Phase::Stalled => 4,
            Phase::Idle => 5,
        };
        self.since_ms << 3 | tag
    }

    const fn of(word: u64) -> Self {
        let phase = match word & 7 {
            1 => Phase::Silent,
            2 => Phase::Head,
            4 => Phase::Stalled,
            5 => Phase::Idle,
            _ => Phase::Busy,
        };
        Self::new(phase, word >> 3)
    }

    /// How long the phase has lasted.
    pub const fn age(self, now_ms: u64) -> Duration {
        Duration::from_millis(now_ms.saturating_sub(self.since_ms))
    }
}

/// Milliseconds of the monotonic clock since the first call.
pub fn now_ms() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX >> 3)
}

impl Connection {
    /// For a connection that has just been accepted.
    pub fn new() -> Self {
        Self {
            standing: AtomicU64::new(Standing::new(Phase::Silent, now_ms()).word()),
            closing: AtomicU64::new(0),
            exchanges: AtomicU32::new(0),
            body: AtomicU64::new(0),
            waker: AtomicWaker::new(),
        }
    }

    pub fn standing(&self) -> Standing {
        Standing::of(self.standing.load(Ordering::Acquire))
    }

    pub fn phase(&self) -> Phase {
        self.standing().phase
    }

    pub fn enter(&self, phase: Phase) {
        self.enter_at(phase, now_ms());
    }

    pub fn enter_at(&self, phase: Phase, now_ms: u64) {
        self.standing.store(Standing::new(phase, now_ms).word(), Ordering::Release);
    }

    /// Asks the connection's task to close it; no effect if the standing is no longer `seen`.
    pub fn ask_to_close(&self, seen: Standing) {
        self.closing.store(seen.word(), Ordering::Release);
        self.waker.wake();
    }

    /// Asked to close, and the standing has not changed since.
    pub fn is_asked_to_close(&self) -> bool {
        self.closing.load(Ordering::Acquire) == self.standing.load(Ordering::Acquire)
    }

    /// Sets the task to wake when the connection is asked to close.
    pub fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// A request begins; its head has been parsed.
    pub fn begin(&self, body: BodyLength) {
        let body = match body {
            BodyLength::Known(length) => length.min(BODY_WANTED - 1),
            BodyLength::Unknown => BODY_UNKNOWN,
        };
        self.body.store(body, Ordering::Relaxed);
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        self.enter(Phase::Busy);
    }

    /// The response of a request is complete or was dropped.
    pub fn end(&self) {
        self.exchanges.fetch_sub(1, Ordering::Relaxed);
    }

    /// A handler waits for more of a body of unknown length.
    pub fn want_body(&self, cx: &Context<'_>) {
        if self.body.compare_exchange(BODY_UNKNOWN, BODY_WANTED, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            cx.waker().wake_by_ref();
        }
    }

    /// A body of unknown length has ended, or its handler has dropped it.
    pub fn end_body(&self) {
        if self.body.load(Ordering::Relaxed) >= BODY_WANTED {
            self.body.store(0, Ordering::Relaxed);
        }
    }

    /// `count` bytes were handed to the parser as `readable` allowed.
    pub fn took(&self, readable: Readable, count: usize) {
        match readable {
            Readable::Body(left) => {
                self.body.store(left.saturating_sub(u64::try_from(count).unwrap_or(left)), Ordering::Relaxed);
            }
            Readable::BodyPart => self.body.store(BODY_UNKNOWN, Ordering::Relaxed),
            Readable::Head | Readable::Nothing => {}
        }
    }

    /// What the parser may get now. It gets the next head only after the last response has been written, because it
    /// keeps 5.6 KB for each head in its queue, even for a short one.
    pub fn readable(&self) -> Readable {
        match self.body.load(Ordering::Relaxed) {
            BODY_WANTED => Readable::BodyPart,
            left @ 1..BODY_WANTED => Readable::Body(left),
            _ if self.has_exchange() || self.phase() == Phase::Stalled => Readable::Nothing,
            _ => Readable::Head,
        }
    }

    /// Some response is not complete.
    pub fn has_exchange(&self) -> bool {
        self.exchanges.load(Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_survives_being_one_word() {
        for phase in [Phase::Silent, Phase::Head, Phase::Busy, Phase::Stalled, Phase::Idle] {
            for since_ms in [0, 1, 1 << 40] {
                let standing = Standing::new(phase, since_ms);
                assert_eq!(Standing::of(standing.word()), standing);
                assert_ne!(standing.word(), 0);
            }
        }
        assert_eq!(Standing::new(Phase::Idle, 10).age(15), Duration::from_millis(5));
        assert_eq!(Standing::new(Phase::Idle, 10).age(5), Duration::ZERO);
    }

    #[test]
    fn the_next_head_waits_for_the_response_and_a_body_for_its_reader() {
        let connection = Connection::new();
        assert_eq!(connection.readable(), Readable::Head);
        connection.begin(BodyLength::Known(3));
        assert_eq!(connection.readable(), Readable::Body(3));
        connection.took(Readable::Body(3), 2);
        assert_eq!(connection.readable(), Readable::Body(1));
        connection.took(Readable::Body(1), 1);
        assert_eq!(connection.readable(), Readable::Nothing);
        connection.enter(Phase::Stalled);
        connection.end();
        assert_eq!(connection.readable(), Readable::Nothing);
        connection.enter(Phase::Idle);
        assert_eq!(connection.readable(), Readable::Head);

        connection.begin(BodyLength::Unknown);
        assert_eq!(connection.readable(), Readable::Nothing);
        connection.want_body(&Context::from_waker(Waker::noop()));
        assert_eq!(connection.readable(), Readable::BodyPart);
        connection.took(Readable::BodyPart, 1);
        assert_eq!(connection.readable(), Readable::Nothing);
        connection.end_body();
        connection.end();
        assert_eq!(connection.readable(), Readable::Head);
    }

    #[test]
    fn a_peer_that_acts_in_time_is_not_asked_to_close() {
        let connection = Connection::new();
        assert!(!connection.is_asked_to_close());
        connection.enter(Phase::Idle);
        connection.ask_to_close(connection.standing());
        assert!(connection.is_asked_to_close());
        connection.enter(Phase::Head);
        assert!(!connection.is_asked_to_close());
    }
}

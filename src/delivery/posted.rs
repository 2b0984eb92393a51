//! Posted events on their way to the database, and what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::db::Error;
use crate::domain::events::incoming::Incoming;
use crate::domain::id::{EventId, TokenId};

/// An `Idempotency-Key` and the SHA-256 of the body it came with.
#[derive(Clone, Debug)]
pub struct Key {
    /// 1–255 printable ASCII characters.
    pub text: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
}

/// The outcome of a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk, with the given number of deliveries (those of derived events included).
    New(EventId, usize),
    /// A request with the same key and body was accepted before; these are the values of its answer.
    Replayed(EventId, usize),
    /// A request with the same key and another body was accepted before. Nothing was stored.
    KeyMismatch,
    /// The token was revoked. Nothing was stored.
    TokenRevoked,
}

/// A posted event.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The event, checked.
    pub event: Incoming,
    /// The idempotency key of the request, if any.
    pub key: Option<Key>,
    /// The token of the request; it is checked again in the transaction.
    pub token: TokenId,
}

/// An event in the queue.
pub(super) struct Waiting {
    pub(super) posted: Arc<Posted>,
    /// Set by the writer when it begins to store the event, or by the request when it stops waiting: the first one
    /// decides.
    pub(super) is_decided: Arc<AtomicBool>,
    /// The writer has decided.
    pub(super) has_begun: bool,
    pub(super) answer: oneshot::Sender<Result<Accepted, Error>>,
    /// Its place in the queue, until it is answered.
    pub(super) _place: OwnedSemaphorePermit,
}

impl Waiting {
    /// Whether the event is to be stored: its request has not stopped waiting. From now on it does not.
    pub(super) fn begin(&mut self) -> bool {
        self.has_begun = self.has_begun || !self.is_decided.swap(true, Ordering::AcqRel);
        self.has_begun
    }
}

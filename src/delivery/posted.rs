//! Posted events on their way to the database, and what became of them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::db::accounts::tokens;
use crate::db::inboxes::SourceId;
use crate::db::{DbConnection, Error, chatwoot};
use crate::domain::chatwoot::observation::{ConversationKey, Observation};
use crate::domain::events::incoming::Incoming;
use crate::domain::hex::hex;
use crate::domain::id::{ConnectionId, EventId, TokenId};

/// Distinguishes repeated events from new ones.
#[derive(Clone, Debug)]
pub struct Key {
    /// Unique among all senders. An `Idempotency-Key` has no tab, so no other key can be equal to one.
    pub text: String,
    /// SHA-256 of the body, if the same key with another body is a mistake; else empty.
    pub body_hash: Vec<u8>,
    /// For how long the key counts; `None` for as long as it is stored.
    pub window: Option<Duration>,
}

/// For how long two equal bodies without a delivery id are the same event: Chatwoot before 4.11.2 sends some changes twice at
/// once (chatwoot/chatwoot#7402).
const EQUAL_BODY_WINDOW: Duration = Duration::from_secs(60);
/// A longer delivery id is ignored; Chatwoot sends a UUID.
const DELIVERY_ID_BYTES_MAX: usize = 100;

impl Key {
    /// An `Idempotency-Key`: 1–255 printable ASCII characters.
    pub fn of_sender(text: String, body: &[u8]) -> Self {
        Self { text, body_hash: Sha256::digest(body).to_vec(), window: None }
    }

    /// The key of an item of a batch that has none of its own: with the same `Idempotency-Key` the same event is stored once,
    /// also if only a part of the batch is sent again. `earlier` items of the batch are equal to it.
    pub fn of_batch(text: &str, earlier: usize, body: &[u8]) -> Self {
        let hash = Sha256::digest(body);
        Self { text: format!("batch\t{earlier}\t{}\t{text}", hex(&hash)), body_hash: hash.to_vec(), window: None }
    }

    /// `X-Chatwoot-Delivery`, which is the same when Chatwoot sends an event again. `None` if it is empty or no delivery id.
    pub fn of_delivery(connection: Option<ConnectionId>, id: &str) -> Option<Self> {
        let is_id =
            !id.is_empty() && id.len() <= DELIVERY_ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
        let sender = connection.map(|id| id.to_string()).unwrap_or_default();
        is_id.then(|| Self { text: format!("chatwoot\t{sender}\t{id}"), body_hash: Vec::new(), window: None })
    }

    /// The key of an event that Hachok takes in by itself: it is stored once also if the process ends right after.
    pub(super) fn of_reconciled(connection: ConnectionId, what: &str) -> Self {
        Self { text: format!("chatwoot\t{connection}\treconciled\t{what}"), body_hash: Vec::new(), window: None }
    }

    /// The key of an event of a connection: its delivery id, else the hash of its body for a minute.
    pub fn of_chatwoot(connection: ConnectionId, delivery: Option<&str>, body: &[u8]) -> Self {
        delivery.and_then(|id| Self::of_delivery(Some(connection), id)).unwrap_or_else(|| Self {
            text: format!("chatwoot\t{connection}\tbody\t{}", hex(&Sha256::digest(body))),
            body_hash: Vec::new(),
            window: Some(EQUAL_BODY_WINDOW),
        })
    }
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
    /// The token was revoked, or the connection was ended. Nothing was stored.
    SourceRevoked,
}

/// What sends an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The holder of an API token.
    Token(TokenId),
    /// A connected Chatwoot.
    Chatwoot(ConnectionId),
}

impl Source {
    /// The Chatwoot that sends the event, if it is one.
    pub(super) const fn connection(self) -> Option<ConnectionId> {
        match self {
            Self::Chatwoot(id) => Some(id),
            Self::Token(_) => None,
        }
    }
}

/// A posted event.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The event, checked.
    pub event: Incoming,
    /// The idempotency key of the request, if any.
    pub key: Option<Key>,
    /// What sends it; that it may is checked again in the transaction.
    pub source: Source,
    /// What it says of a conversation; only for events of a Chatwoot.
    pub observation: Option<Observation>,
    /// The event that it is derived from, if it was not received.
    pub derived_from: Option<EventId>,
}

impl Posted {
    /// An event of the holder of an API token.
    pub const fn of_token(event: Incoming, token: TokenId, key: Option<Key>) -> Self {
        Self { event, key, source: Source::Token(token), observation: None, derived_from: None }
    }

    /// An event of a Chatwoot. `substatus` is the custom attribute that holds the substatus.
    pub fn of_chatwoot(event: Incoming, connection: ConnectionId, key: Option<Key>, substatus: &str) -> Self {
        let text = std::str::from_utf8(&event.body).ok();
        let observation = text.and_then(|text| Observation::read(event.name, text, substatus));
        Self { event, key, source: Source::Chatwoot(connection), observation, derived_from: None }
    }

    /// The conversation whose snapshot the event changes.
    pub(super) fn conversation(&self) -> Option<ConversationKey> {
        let number = self.observation.as_ref()?.conversation;
        Some(ConversationKey { connection: self.source.connection()?, number })
    }

    /// The inbox that the event names.
    pub(super) fn inbox(&self) -> Option<SourceId<'_>> {
        let inbox = self.event.inbox.as_ref()?;
        Some(SourceId { connection: self.source.connection(), external_id: &inbox.external_id })
    }
}

/// Those of the senders that may send: a token may have been revoked, or a connection ended, since the request came.
pub(super) fn active(conn: &mut DbConnection, batch: &[Arc<Posted>]) -> Result<HashSet<Source>, Error> {
    let (mut used, mut connected) = (HashSet::new(), HashSet::new());
    for posted in batch {
        match posted.source {
            Source::Token(id) => _ = used.insert(id),
            Source::Chatwoot(id) => _ = connected.insert(id),
        }
    }
    let mut active: HashSet<Source> = tokens::active(conn, &used)?.into_iter().map(Source::Token).collect();
    active.extend(chatwoot::active(conn, &connected)?.into_iter().map(Source::Chatwoot));
    Ok(active)
}

/// What became of each event of a request.
pub(super) type Outcomes = Vec<Result<Accepted, Error>>;

/// The events of a request in the queue: one, or a batch that is stored in one commit.
pub(super) struct Waiting {
    pub(super) posted: Vec<Arc<Posted>>,
    /// Set by the writer when it begins to store the events, or by the request when it stops waiting: the first one
    /// decides.
    pub(super) is_decided: Arc<AtomicBool>,
    /// The writer has decided.
    pub(super) has_begun: bool,
    pub(super) answer: oneshot::Sender<Result<Outcomes, Error>>,
    /// Their places in the queue, until it is answered.
    pub(super) _places: OwnedSemaphorePermit,
}

impl Waiting {
    /// Whether the events are to be stored: its request has not stopped waiting. From now on it does not.
    pub(super) fn begin(&mut self) -> bool {
        self.has_begun = self.has_begun || !self.is_decided.swap(true, Ordering::AcqRel);
        self.has_begun
    }
}

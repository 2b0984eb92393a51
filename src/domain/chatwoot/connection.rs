//! Connections to Chatwoot: accounts whose events arrive at `POST /ingest/chatwoot/{key}`.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::domain::events::catalogue::EventName;
use crate::domain::hex::hex;
use crate::domain::id::ConnectionId;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::target_url::TargetUrl;

/// How long a replaced ingest key or signing secret stays valid: jobs that Chatwoot has queued still use the old one, and a
/// person who changes the URL by hand needs time.
pub const REPLACED_VALID: Duration = Duration::from_secs(24 * 3600);

/// A connection as pages show it, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Unique in this installation.
    pub id: ConnectionId,
    /// The name of the account in Chatwoot; of a manual connection what a person typed.
    pub name: String,
    /// How Hachok reaches the Chatwoot; `None` for a manual connection.
    pub server: Option<Server>,
    /// Events of another account are refused; `None` if the account is not known.
    pub account_id: Option<i64>,
    /// Whether a signing secret is stored. Without one only the key in the URL protects ingest.
    pub has_secret: bool,
    /// Until when the URL with the replaced key is accepted as well.
    pub old_key_until: Option<Timestamp>,
    /// When the connection was made.
    pub created_at: Timestamp,
    /// When it was ended; its events are refused since then.
    pub disconnected_at: Option<Timestamp>,
    /// When the registration in Chatwoot was last compared.
    pub checked_at: Option<Timestamp>,
    /// When the inboxes were last read.
    pub inboxes_synced_at: Option<Timestamp>,
    /// When the last event was accepted, with a precision of a few seconds.
    pub last_event_at: Option<Timestamp>,
    /// What went wrong at the last check, until a check succeeds.
    pub fault: Option<Fault>,
    /// Events that the catalogue does not have, beyond the names that are counted singly.
    pub other_unknown_events: u64,
}

/// The Chatwoot of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The base URL; paths of the API begin there.
    pub base_url: TargetUrl,
    /// The webhook that Hachok registered there; `None` before the first registration.
    pub webhook_id: Option<i64>,
}

string_enum!(
    /// The state of a connection.
    State {
        /// Events arrive.
        Receiving = "receiving",
        /// No event has arrived yet.
        Waiting = "waiting",
        /// The last check failed.
        Faulty = "faulty",
        /// It was ended.
        Disconnected = "disconnected",
    }
);

impl Connection {
    /// Its state, from its columns.
    pub fn state(&self) -> State {
        if self.disconnected_at.is_some() {
            State::Disconnected
        } else if self.fault.as_ref().is_some_and(|fault| fault.kind != FaultKind::EventsRefused) {
            State::Faulty
        } else if self.last_event_at.is_some() {
            State::Receiving
        } else {
            State::Waiting
        }
    }
}

/// An account of a Chatwoot that a token may administer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The id in paths of the API.
    pub id: i64,
    /// The name for people.
    pub name: String,
}

/// What is needed to call the API of a connection's Chatwoot.
#[derive(Clone, Debug)]
pub struct ApiAccess {
    /// The base URL; paths of the API begin there.
    pub base_url: TargetUrl,
    /// The id of the account there.
    pub account_id: i64,
    /// The access token of an administrator.
    pub token: SecretString,
}

/// What ingest needs of a connection.
#[derive(Clone, Debug)]
pub struct Doorway {
    /// The connection whose key the URL holds.
    pub id: ConnectionId,
    /// Events of another account are refused; `None` if the account is not known.
    pub account_id: Option<i64>,
    /// The signing secrets that are valid now; empty if signatures are not checked.
    pub secrets: Vec<SecretString>,
    /// Whether the connection was ended.
    pub is_disconnected: bool,
}

string_enum!(
    /// Why the last check of a connection failed.
    FaultKind {
        /// Chatwoot does not accept the access token.
        TokenRefused = "token_refused",
        /// The owner of the token is not an administrator of the account.
        NotAdministrator = "not_administrator",
        /// Chatwoot has no such account.
        NotFound = "not_found",
        /// Chatwoot answered 429.
        Limited = "limited",
        /// Chatwoot refused the registered events or the URL (422).
        Refused = "refused",
        /// The webhook is registered without some events, because this version of Chatwoot does not know them: the detail has
        /// their names. The connection works.
        EventsRefused = "events_refused",
        /// The address redirects to another one.
        Redirected = "redirected",
        /// The answer is not one of Chatwoot: another program, or an error page.
        BadAnswer = "bad_answer",
        /// No answer; the detail is a cause as of an attempt.
        Unreachable = "unreachable",
        /// A name that this version does not know: a newer one stored it.
        Unknown = "unknown",
    }
);

/// What went wrong at the last check of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// An HTTP status, the name of a cause as of an attempt, or names of events.
    pub detail: Option<String>,
    /// When the check failed.
    pub at: Timestamp,
}

impl Fault {
    /// The fault of a Chatwoot that does not know these events.
    pub fn of_refused_events(events: &[EventName], at: Timestamp) -> Self {
        let names: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
        Self { kind: FaultKind::EventsRefused, detail: Some(names.join(" ")), at }
    }

    /// The events that this Chatwoot does not know; empty for another fault.
    pub fn refused_events(&self) -> Vec<EventName> {
        let names = self.detail.as_deref().filter(|_| self.kind == FaultKind::EventsRefused).unwrap_or_default();
        names.split(' ').filter_map(EventName::parse).collect()
    }
}

string_enum!(
    /// Why a request to ingest was refused; counted for each connection.
    Refusal {
        /// A header of the signature is missing or malformed.
        SignatureMissing = "signature_missing",
        /// The signature belongs to another secret or another body.
        SignatureWrong = "signature_wrong",
        /// The timestamp differs from the clock by more than 5 minutes.
        Stale = "stale",
        /// The event is one of another account.
        OtherAccount = "other_account",
        /// The body is not JSON, or has no name of an event.
        InvalidBody = "invalid_body",
        /// The body has more than 2 MiB.
        TooLarge = "too_large",
        /// The body did not arrive whole in 10 seconds.
        Incomplete = "incomplete",
        /// The database or the queue did not take the event (503): Chatwoot does not send it again.
        NotStored = "not_stored",
        /// The connection was ended.
        Disconnected = "disconnected",
    }
);

/// A count with the time of its last occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted<T> {
    /// What is counted.
    pub what: T,
    /// How often it occurred.
    pub amount: u64,
    /// When it last occurred.
    pub last_at: Timestamp,
}

/// A new ingest key from 192 random bits: 48 hexadecimal digits.
pub fn key_from_random(bytes: [u8; 24]) -> String {
    hex(&bytes)
}

/// Whether a text may be an ingest key, before it is looked up.
pub fn is_key(text: &str) -> bool {
    text.len() == 48 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

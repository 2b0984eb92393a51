//! A webhook: which events of which inboxes go to which address with which login.

pub mod address;
pub mod authorization;
pub mod chart_range;
pub mod header;
pub mod health;
pub mod signing;
pub mod target_url;
pub mod verification;

use std::time::Duration;

use super::deliveries::failure_cause::named;
use super::events::catalogue::EventName;
use super::id::{InboxId, WebhookId};
use super::timestamp::Timestamp;
use authorization::{Authorization, Chosen, Method, Shown};
use header::{HeaderName, NewHeader, SentHeader, ShownHeader};
use health::{Health, OffReason};
use signing::SigningSecret;
use target_url::TargetUrl;

/// Seconds a receiver has to answer, unless the webhook says otherwise.
pub const DEFAULT_TIMEOUT_S: u8 = 15;
/// Inboxes that a webhook may select.
pub const SELECTED_INBOXES_MAX: usize = 1000;
/// The time-outs a webhook may choose, in seconds.
pub const TIMEOUTS_S: std::ops::RangeInclusive<u8> = 5..=20;

named!(
    /// How a webhook is doing.
    State {
        /// Sends.
        Active = "active",
        /// Sends one probe at a time: the last ten attempts failed.
        Failing = "failing",
        /// Waits: the receiver asked for it with 429.
        Paused = "paused",
        /// A person turned it off.
        Disabled = "disabled",
        /// Hachok turned it off: five days of failures, or 410.
        AutoDisabled = "auto_disabled",
    }
);

/// Which inboxes' events a webhook gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboxScope {
    /// All of them, also those added later, and events without an inbox.
    All,
    /// Only these.
    Selected(Vec<InboxId>),
}

impl InboxScope {
    /// An event from `inbox` passes. A filter never passes an event without an inbox.
    pub fn passes(&self, inbox: Option<InboxId>) -> bool {
        match self {
            Self::All => true,
            Self::Selected(chosen) => inbox.is_some_and(|id| chosen.contains(&id)),
        }
    }
}

/// A webhook as pages and the API show it: without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: WebhookId,
    /// What people call it; the host stands in for an empty one.
    pub name: Option<String>,
    /// Where requests go.
    pub url: TargetUrl,
    /// How it proves itself.
    pub authorization: Shown,
    /// What it is subscribed to, in the order of the catalogue.
    pub events: Vec<EventName>,
    /// Whose events it gets.
    pub inboxes: InboxScope,
    /// Extra headers, in their order.
    pub headers: Vec<ShownHeader>,
    /// Seconds a receiver has to answer.
    pub timeout_s: u8,
    /// Readers without admin rights see its answers, whatever its address.
    pub viewers_see_answers: bool,
    /// Turned on.
    pub enabled: bool,
    /// How it is doing, in a word.
    pub state: State,
    /// How it is doing, in detail.
    pub health: Health,
    /// Why Hachok turned it off, if it did.
    pub off_reason: Option<OffReason>,
    /// When the signing secret was made.
    pub secret_created_at: Timestamp,
    /// Until then the previous signing secret counts too.
    pub old_secret_until: Option<Timestamp>,
    /// Grows with every change; an edit names the version it began with.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Readers without admin rights see the headers and bodies of its answers: its address has nothing in it that a
    /// receiver could repeat, or an administrator allowed it, for this webhook or `everywhere`.
    pub fn shows_answers(&self, everywhere: bool) -> bool {
        everywhere || self.viewers_see_answers || self.url.is_bare()
    }

    /// What people call it: its name, or its host.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.url.host())
    }

    /// Headers whose names nobody may choose any more. They are sent as before.
    pub fn headers_refused_today(&self) -> Vec<&str> {
        let custom = (self.authorization.method == Method::Custom).then_some(self.authorization.name.as_str());
        let names = custom.into_iter().chain(self.headers.iter().map(|header| header.name.as_str()));
        names.filter(|name| HeaderName::from_stored((*name).to_owned()).is_refused_today()).collect()
    }
}

/// A checked webhook, ready to be stored: a new one, or the new state of an old one.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// What people call it.
    pub name: Option<String>,
    /// Where requests go.
    pub url: TargetUrl,
    /// How it proves itself.
    pub authorization: Chosen,
    /// What it is subscribed to; at least one, each once.
    pub events: Vec<EventName>,
    /// Whose events it gets.
    pub inboxes: InboxScope,
    /// Extra headers.
    pub headers: Vec<NewHeader>,
    /// Seconds a receiver has to answer.
    pub timeout_s: u8,
    /// Readers without admin rights see its answers, whatever its address.
    pub viewers_see_answers: bool,
    /// An own signing secret, on create only.
    pub secret: Option<SigningSecret>,
}

/// What the sender needs of a webhook, secrets opened.
#[derive(Clone, Debug)]
pub struct Target {
    /// The webhook's number.
    pub webhook_id: WebhookId,
    /// Its version, so that a cached target is known to be stale.
    pub version: i32,
    /// Where requests go.
    pub url: TargetUrl,
    /// How it proves itself.
    pub authorization: Authorization,
    /// Extra headers.
    pub headers: Vec<SentHeader>,
    /// The signing secret.
    pub secret: SigningSecret,
    /// The previous one, and until when it counts.
    pub old_secret: Option<(SigningSecret, Timestamp)>,
    /// How long a receiver has to answer.
    pub timeout: Duration,
}

/// How long a claim on a delivery holds: the longest time-out, the time to record it, and room for a slow disk.
pub const LEASE: Duration = Duration::from_secs(90);

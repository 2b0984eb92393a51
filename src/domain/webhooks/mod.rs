//! A webhook: which events of which inboxes are sent to which URL, and how requests are authorized.

pub mod address;
pub mod authorization;
pub mod chart_range;
pub mod header;
pub mod health;
pub mod import;
pub mod list_order;
pub mod options;
pub mod signing;
pub mod target_url;
pub mod verification;

use std::time::Duration;

use super::events::catalogue::EventName;
use super::id::{InboxId, WebhookId};
use super::string_enum::string_enum;
use super::timestamp::Timestamp;
use authorization::{Authorization, Method, NewAuthorization, ShownAuthorization};
use header::name::HeaderName;
use header::{NewHeader, SentHeader, ShownHeader};
use health::{Health, OffReason};
use options::Options;
use signing::SigningSecret;
use target_url::TargetUrl;

/// Maximum number of inboxes that a webhook may select.
pub const SELECTED_INBOXES_MAX: usize = 1000;

string_enum!(
    /// The state of a webhook, derived from its health and its switch.
    State {
        /// Deliveries are sent.
        Active = "active",
        /// The last ten attempts failed: one probe is sent at a time.
        Failing = "failing",
        /// The receiver responded with 429: nothing is sent for some time.
        Paused = "paused",
        /// A person turned it off.
        Disabled = "disabled",
        /// Hachok turned it off: failures for five days, or 410.
        AutoDisabled = "auto_disabled",
    }
);

string_enum!(
    /// What happens to the deliveries that a webhook held while it was off, when it is turned on.
    Held {
        /// They are due at once.
        Send = "send",
        /// They are cancelled.
        Discard = "discard",
    }
);

/// The inboxes whose events a webhook gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboxScope {
    /// All inboxes, including those added later, and events without an inbox.
    All,
    /// Only these inboxes; no events without an inbox.
    Selected(Vec<InboxId>),
}

impl InboxScope {
    /// Whether an event from `inbox` is sent. Events without an inbox pass only [`InboxScope::All`].
    pub fn passes(&self, inbox: Option<InboxId>) -> bool {
        match self {
            Self::All => true,
            Self::Selected(chosen) => inbox.is_some_and(|id| chosen.contains(&id)),
        }
    }
}

/// A webhook as pages and the API show it: without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Unique in this installation; shown in URLs.
    pub id: WebhookId,
    /// The name that people gave it; without one, pages show the host.
    pub name: Option<String>,
    /// Where requests are sent.
    pub url: TargetUrl,
    /// How requests are authorized, without the secret.
    pub authorization: ShownAuthorization,
    /// The subscribed events, in the order of the catalogue.
    pub events: Vec<EventName>,
    /// The inboxes whose events it gets.
    pub inboxes: InboxScope,
    /// The extra headers in their order.
    pub headers: Vec<ShownHeader>,
    /// Timeout, and what else is rarely set.
    pub options: Options,
    /// The switch on the pages; `false` also after Hachok turned the webhook off.
    pub enabled: bool,
    /// The webhook was turned on, and this happens to what it held before anything is sent.
    pub settling: Option<Held>,
    /// Since when it has had more pending deliveries than the limit of one webhook: new events wait behind the older ones.
    pub backlog_full_since: Option<Timestamp>,
    /// The state derived from `health` and `enabled`.
    pub state: State,
    /// The streak of failures and its consequences.
    pub health: Health,
    /// Why Hachok turned it off; `None` if it is on or a person turned it off.
    pub off_reason: Option<OffReason>,
    /// Since when it is off.
    pub off_since: Option<Timestamp>,
    /// When the signing secret was created.
    pub secret_created_at: Timestamp,
    /// Requests are also signed with the previous secret until this time.
    pub old_secret_until: Option<Timestamp>,
    /// Increases with every change; an edit names the version that it started from.
    pub version: i32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its settings were last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Whether viewers see the headers and bodies of responses: the URL has no path that a receiver could repeat, or an
    /// administrator allowed it for this webhook or, with `everywhere`, for all.
    pub fn shows_answers(&self, everywhere: bool) -> bool {
        everywhere || self.options.viewers_see_answers || self.url.is_bare()
    }

    /// The name to show: the webhook's, or the host of its URL.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.url.host())
    }

    /// Names of extra headers that were stored before they were refused. They are still sent.
    pub fn headers_refused_today(&self) -> Vec<&str> {
        let custom = (self.authorization.method == Method::Custom).then_some(self.authorization.name.as_str());
        let names = custom.into_iter().chain(self.headers.iter().map(|header| header.name.as_str()));
        names.filter(|name| HeaderName::from_stored((*name).to_owned()).is_refused_today()).collect()
    }
}

/// A validated webhook to be stored, new or edited.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// At most [`NAME_CHARS_MAX`](crate::domain::name::NAME_CHARS_MAX) characters; `None` shows the host.
    pub name: Option<String>,
    /// Where requests are sent.
    pub url: TargetUrl,
    /// How requests are authorized.
    pub authorization: NewAuthorization,
    /// The subscribed events: at least one, without duplicates.
    pub events: Vec<EventName>,
    /// The inboxes whose events it gets.
    pub inboxes: InboxScope,
    /// The extra headers in their order.
    pub headers: Vec<NewHeader>,
    /// Timeout, and what else is rarely set.
    pub options: Options,
    /// A signing secret of the administrator's own; only for a new webhook.
    pub secret: Option<SigningSecret>,
}

/// What is needed to send to a webhook, with secrets decrypted.
#[derive(Clone, Debug)]
pub struct Target {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The version of the webhook; a cached target with another version is stale.
    pub version: i32,
    /// Where requests are sent.
    pub url: TargetUrl,
    /// How requests are authorized.
    pub authorization: Authorization,
    /// The extra headers in their order.
    pub headers: Vec<SentHeader>,
    /// The current signing secret.
    pub secret: SigningSecret,
    /// The previous signing secret, and the end of its validity.
    pub old_secret: Option<(SigningSecret, Timestamp)>,
    /// Timeout, and what else is rarely set.
    pub options: Options,
}

/// The duration of a lease: more than the longest timeout, the time to record the result, and a margin for a slow disk.
pub const LEASE: Duration = Duration::from_secs(90);

//! The filter of the delivery log: for the address of the page, the page, the API and recoveries.

use super::Status;
use super::failure_cause::CauseGroup;
use super::log_period::Period;
use super::search::Search;
use super::state::DeliveryState;
use crate::domain::clock_field;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// A state to filter by, or all states of deliveries that have not ended.
    StateFilter {
        /// Queued, retrying, waiting and held.
        Pending = "pending",
        /// [`DeliveryState::Queued`].
        Queued = "queued",
        /// [`DeliveryState::Retrying`].
        Retrying = "retrying",
        /// [`DeliveryState::Waiting`].
        Waiting = "waiting",
        /// [`DeliveryState::Held`].
        Held = "held",
        /// [`DeliveryState::Success`].
        Success = "success",
        /// [`DeliveryState::Failed`].
        Failed = "failed",
    }
);

impl StateFilter {
    /// The status of all deliveries that pass.
    pub const fn status(self) -> Status {
        match self {
            Self::Success => Status::Success,
            Self::Failed => Status::Failed,
            Self::Pending | Self::Queued | Self::Retrying | Self::Waiting | Self::Held => Status::Pending,
        }
    }

    /// The only state that passes; `None` for [`Self::Pending`].
    pub const fn state(self) -> Option<DeliveryState> {
        match self {
            Self::Pending => None,
            Self::Queued => Some(DeliveryState::Queued),
            Self::Retrying => Some(DeliveryState::Retrying),
            Self::Waiting => Some(DeliveryState::Waiting),
            Self::Held => Some(DeliveryState::Held),
            Self::Success => Some(DeliveryState::Success),
            Self::Failed => Some(DeliveryState::Failed),
        }
    }
}

/// Which deliveries of the log to show; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only deliveries to this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries in this state.
    pub state: Option<StateFilter>,
    /// Only deliveries whose latest attempt failed with a cause of this group.
    pub cause: Option<CauseGroup>,
    /// Only deliveries of this event.
    pub event: Option<EventName>,
    /// Only deliveries of events from this inbox.
    pub inbox: Option<InboxId>,
    /// Only deliveries created at this time or later.
    pub from: Option<Timestamp>,
    /// Only deliveries created before this time; see [`Self::until`].
    pub to: Option<Timestamp>,
    /// Only deliveries created in this period.
    pub period: Option<Period>,
    /// The beginning of `period`.
    pub period_start: Option<Timestamp>,
    /// `Some(true)`: only tests; `Some(false)`: no tests.
    pub test: Option<bool>,
    /// The search text as typed, trimmed; empty without a search.
    pub q: String,
    /// What the search text means; `None` also if it is not understood.
    pub search: Option<Search>,
    /// The reader has no admin rights: the search does not look into responses that such readers do not see.
    pub is_viewers: bool,
}

impl LogFilter {
    /// Only deliveries created at this time or later: `from`, or the beginning of the period if that is later.
    pub fn since(&self) -> Option<Timestamp> {
        self.from.max(self.period_start)
    }

    /// Only deliveries created before this time. A `to` that is not after `from` has no effect.
    pub fn until(&self) -> Option<Timestamp> {
        self.to.filter(|to| self.from.is_none_or(|from| from < *to))
    }

    /// The names and values of the query that parses to this filter, with times in `zone`.
    pub fn pairs(&self, zone: &str) -> Vec<(&'static str, String)> {
        let named = |value: Option<&str>| value.map(ToOwned::to_owned);
        let time = |at: Option<Timestamp>| at.and_then(|at| clock_field::shown(at, zone));
        let pairs = [
            ("q", Some(self.q.clone()).filter(|q| !q.is_empty())),
            ("status", named(self.state.map(StateFilter::as_str))),
            ("cause", named(self.cause.map(CauseGroup::as_str))),
            ("event", named(self.event.map(EventName::as_str))),
            ("webhook", self.webhook.map(|id| id.to_string())),
            ("inbox", self.inbox.map(|id| id.to_string())),
            ("period", named(self.period.map(Period::as_str))),
            ("from", time(self.from)),
            ("to", time(self.to)),
            ("test", self.test.map(|test| u8::from(test).to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

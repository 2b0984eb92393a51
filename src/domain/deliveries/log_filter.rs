//! The filter of the delivery log: for the address of the page, the page, the API and recoveries.

use super::failure_cause::CauseGroup;
use super::log_period::Period;
use super::search::Search;
use super::state::DeliveryState;
use super::{Status, Trigger};
use crate::domain::clock_field;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, InboxId, WebhookId};
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

/// Which deliveries of the log to show; all of them by default. An empty list lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only deliveries to these webhooks.
    pub webhooks: Vec<WebhookId>,
    /// Only deliveries in these states.
    pub states: Vec<StateFilter>,
    /// Only deliveries whose latest attempt failed with a cause of these groups.
    pub causes: Vec<CauseGroup>,
    /// Only deliveries of events with these names.
    pub events: Vec<EventName>,
    /// Only deliveries of these events.
    pub event_ids: Vec<EventId>,
    /// Only deliveries of events from these inboxes.
    pub inboxes: Vec<InboxId>,
    /// Only deliveries that were made by these.
    pub triggers: Vec<Trigger>,
    /// Only deliveries created at this time or later.
    pub from: Option<Timestamp>,
    /// Only deliveries created before this time; see [`Self::until`].
    pub to: Option<Timestamp>,
    /// Only deliveries created in this period.
    pub period: Option<Period>,
    /// The beginning of `period`.
    pub period_start: Option<Timestamp>,
    /// Only deliveries that ended at this time or later.
    pub finished_from: Option<Timestamp>,
    /// Only deliveries that ended before this time.
    pub finished_to: Option<Timestamp>,
    /// `Some(true)`: only tests; `Some(false)`: no tests.
    pub test: Option<bool>,
    /// The search text as typed, trimmed; empty without a search.
    pub q: String,
    /// What the search text means; `None` also if it is not understood.
    pub search: Option<Search>,
    /// The reader has no admin rights: the search does not look into responses that such readers do not see.
    pub is_viewers: bool,
}

/// The values of a filter, separated by commas; `None` without any.
fn listed<T>(values: &[T], name: impl FnMut(&T) -> String) -> Option<String> {
    (!values.is_empty()).then(|| values.iter().map(name).collect::<Vec<_>>().join(","))
}

/// The value of a list that has exactly one.
pub fn only<T: Copy>(values: &[T]) -> Option<T> {
    if let [value] = values { Some(*value) } else { None }
}

impl LogFilter {
    /// The status that all deliveries have that pass, if the filter names states of one status only.
    pub fn status(&self) -> Option<Status> {
        let first = self.states.first()?.status();
        self.states.iter().all(|state| state.status() == first).then_some(first)
    }

    /// Whether the form of sending again has every filter that is set: one webhook, event and inbox, and the time. With a
    /// filter that it does not have, it would send more than the log shows.
    pub fn fits_resend_form(&self) -> bool {
        let is_one = |values: usize| values <= 1;
        let fits = is_one(self.webhooks.len()) && is_one(self.events.len()) && is_one(self.inboxes.len());
        let has_others = !self.causes.is_empty()
            || !self.event_ids.is_empty()
            || !self.triggers.is_empty()
            || self.finished_from.is_some()
            || self.finished_to.is_some();
        fits && is_one(self.states.len()) && !has_others
    }

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
            ("status", listed(&self.states, |state| state.as_str().to_owned())),
            ("cause", listed(&self.causes, |cause| cause.as_str().to_owned())),
            ("event", listed(&self.events, |event| event.as_str().to_owned())),
            ("event_id", listed(&self.event_ids, ToString::to_string)),
            ("webhook", listed(&self.webhooks, ToString::to_string)),
            ("inbox", listed(&self.inboxes, ToString::to_string)),
            ("trigger", listed(&self.triggers, |trigger| trigger.as_str().to_owned())),
            ("period", named(self.period.map(Period::as_str))),
            ("from", time(self.from)),
            ("to", time(self.to)),
            ("finished_from", time(self.finished_from)),
            ("finished_to", time(self.finished_to)),
            ("test", self.test.map(|test| u8::from(test).to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

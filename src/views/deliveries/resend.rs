//! `/deliveries/resend`: counts the deliveries that failed since a time, then offers to send them again.

use std::time::Duration;

use askama::Template;

use super::log::LogFilter;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::Status;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, RecoveryId, WebhookId};
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields of the form, and the result of counting.
#[derive(Clone, Debug)]
pub struct ResendInput<'a> {
    /// Only deliveries to this webhook.
    pub webhook: Option<WebhookId>,
    /// The webhooks to choose from, id and title.
    pub webhooks: Vec<(WebhookId, String)>,
    /// Only deliveries of this event.
    pub event: Option<EventName>,
    /// Only deliveries of events from this inbox.
    pub inbox: Option<InboxId>,
    /// The inboxes to choose from, id and name.
    pub inboxes: Vec<(InboxId, String)>,
    /// The value of the field, as `datetime-local` writes it, in the user's time zone.
    pub since: &'a str,
    /// The value of the field, like `since`.
    pub until: &'a str,
    /// The user came from a search in the log; its text has no effect here.
    pub searched: bool,
    /// The ids of running recoveries.
    pub running: Vec<RecoveryId>,
    /// Failed deliveries; `None` before counting.
    pub count: Option<Count>,
    /// When the first of them failed.
    pub oldest: Option<Timestamp>,
    /// When the last of them failed.
    pub newest: Option<Timestamp>,
    /// How many a second are sent at most.
    pub per_second: Count,
    /// The most deliveries of one recovery; the oldest are taken.
    pub limit: Count,
    pub problems: &'a Problems,
}

/// The page: a form that counts and, after counting, a form that sends.
#[derive(Template)]
#[template(path = "deliveries/resend.html")]
pub struct ResendPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    input: ResendInput<'a>,
    errors: FormErrors<'a>,
    back: String,
    found: Option<MatchingDeliveries>,
}

/// The deliveries that would be sent again.
struct MatchingDeliveries {
    count: Count,
    taken: Count,
    oldest: Option<Moment>,
    newest: Option<Moment>,
    lasts: String,
}

impl<'a> ResendPage<'a> {
    pub fn new(layout: Layout<'a>, input: ResendInput<'a>) -> Self {
        let back = LogFilter {
            status: Some(Status::Failed),
            event: input.event,
            webhook: input.webhook,
            inbox: input.inbox,
            from: input.since.to_owned(),
            to: input.until.to_owned(),
            ..LogFilter::default()
        }
        .address();
        let found = input.count.map(|count| MatchingDeliveries::new(layout.t, &input, count));
        let errors = FormErrors::new(layout.t, layout.t.resend_not_counted(), input.problems).without_saving();
        Self { t: layout.t, layout: layout.at(Place::Deliveries), input, errors, back, found }
    }

    fn has_event(&self, event: &EventName) -> bool {
        self.input.event.as_ref() == Some(event)
    }

    fn has_webhook(&self, webhook: &WebhookId) -> bool {
        self.input.webhook.as_ref() == Some(webhook)
    }

    fn has_inbox(&self, inbox: &InboxId) -> bool {
        self.input.inbox.as_ref() == Some(inbox)
    }
}

impl MatchingDeliveries {
    fn new(t: Translator, input: &ResendInput, count: Count) -> Self {
        let taken = count.min(input.limit);
        let seconds = taken.div_ceil(input.per_second.max(1));
        Self {
            count,
            taken,
            oldest: input.oldest.map(|at| t.date(at)),
            newest: input.newest.map(|at| t.date(at)),
            lasts: t.span(Duration::from_secs(seconds)),
        }
    }
}

//! `/deliveries/resend`: counts the deliveries that failed since a time, then offers to send them again.

use std::time::Duration;

use askama::Template;

use super::log;
use crate::domain::accounts::user::Language;
use crate::domain::clock_field;
use crate::domain::deliveries::log_filter::{self, LogFilter, StateFilter};
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, RecoveryId, WebhookId};
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::{Badge, FormErrors};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields of the form, and the result of counting.
#[derive(Clone, Debug)]
pub struct ResendInput<'a> {
    /// Which failed deliveries to count. Its search text has no effect here.
    pub filter: &'a LogFilter,
    /// The webhooks to choose from, id and title.
    pub webhooks: Vec<(WebhookId, String)>,
    /// The inboxes to choose from, id and name.
    pub inboxes: Vec<(InboxId, String)>,
    /// The ids of running recoveries.
    pub running: Vec<RecoveryId>,
    /// The newest recoveries, newest first.
    pub recoveries: Vec<RecoveryRow>,
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

/// A recovery in the list.
#[derive(Clone, Debug)]
pub struct RecoveryRow {
    pub id: RecoveryId,
    /// The webhook it is limited to, id and title.
    pub webhook: Option<(WebhookId, String)>,
    /// New deliveries made so far.
    pub sent: Count,
    /// Deliveries to send again.
    pub total: Count,
    pub started_at: Timestamp,
    pub state: RecoveryState,
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
    /// The value of the field for the beginning.
    since: String,
    /// The value of the field for the end.
    until: String,
    found: Option<MatchingDeliveries>,
}

/// The deliveries that would be sent again.
struct MatchingDeliveries {
    count: Count,
    taken: Count,
    oldest: Option<Moment>,
    newest: Option<Moment>,
    lasts: String,
    /// The period in words, because browsers write the dates in the fields in their own language, not in that of the page.
    period: String,
}

impl<'a> ResendPage<'a> {
    pub fn new(layout: Layout<'a>, input: ResendInput<'a>) -> Self {
        let zone = layout.t.zone();
        let LogFilter { webhooks, events, inboxes, from, to, .. } = input.filter.clone();
        let states = vec![StateFilter::Failed];
        let back = LogFilter { webhooks, states, events, inboxes, from, to, ..LogFilter::default() };
        let back = log::address(&back, zone);
        let field = |at: Option<Timestamp>| at.and_then(|at| clock_field::shown(at, zone)).unwrap_or_default();
        let (since, until) = (field(from), field(to));
        let found = input.count.map(|count| MatchingDeliveries::new(layout.t, &input, count));
        let errors = FormErrors::new(layout.t, layout.t.resend_not_counted(), input.problems);
        Self { t: layout.t, layout: layout.at(Place::Deliveries), input, errors, back, since, until, found }
    }

    fn badge(&self, row: &RecoveryRow) -> Badge {
        Badge::of_recovery(self.t, row.state)
    }
}

impl MatchingDeliveries {
    fn new(t: Translator, input: &ResendInput, count: Count) -> Self {
        let taken = count.min(input.limit);
        let seconds = taken.div_ceil(input.per_second.max(1));
        let written = |at: Option<Timestamp>| at.map(|at| t.date(at).text);
        Self {
            count,
            taken,
            oldest: input.oldest.map(|at| t.date(at)),
            newest: input.newest.map(|at| t.date(at)),
            lasts: t.span(Duration::from_secs(seconds)),
            period: t.period_between(written(input.filter.from), written(input.filter.until())).unwrap_or_default(),
        }
    }
}

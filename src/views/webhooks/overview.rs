//! `/webhooks/{id}`: state, chart, newest deliveries and settings of a webhook.

use askama::Template;

use super::Tab;
use super::alert::{Alert, Banner};
use super::chart::{Chart, ChartInput};
use super::header_row::headers_refused_today;
use super::list::inbox_names;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::{Reason, Status, Trigger};
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::{Held, State, Webhook};
use crate::i18n::{Count, Translator};
use crate::views::components::{Badge, Redacted, Strong};
use crate::views::deliveries::{LogLine, LogRow};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The newest deliveries of one webhook.
#[derive(Clone, Debug, Default)]
pub struct Recent<'a> {
    /// Newest first.
    pub lines: Vec<LogLine<'a>>,
    /// Changes when the deliveries do; the poll sends it, to be answered only with something new.
    pub mark: String,
}

/// The page. `as_recent` is the part that the poll swaps.
#[derive(Template)]
#[template(path = "webhooks/overview.html", blocks = ["recent"])]
pub struct OverviewPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    inboxes: String,
    chart: Chart<'a>,
    rows: Vec<LogRow<'a>>,
    mark: String,
    alert: Option<Banner<'a>>,
    /// Names its headers that today's rules refuse; only for administrators.
    refused: Option<String>,
    /// Why it is sent less than usual, while it is failing or paused or settles what it held.
    slow: Option<Strong>,
    /// Says that its backlog is full.
    backlog: Option<String>,
    /// A recent delivery failed that can be sent again.
    failures: bool,
}

impl<'a> OverviewPage<'a> {
    /// `inboxes` are all inboxes, for their names.
    pub fn new(
        layout: Layout<'a>,
        webhook: &'a Webhook,
        inboxes: &'a [Inbox],
        chart: ChartInput,
        recent: Recent<'a>,
    ) -> Self {
        let t = layout.t;
        let words = match (webhook.settling, webhook.state) {
            (Some(Held::Send), _) => Some(t.settling_send()),
            (Some(Held::Discard), _) => Some(t.settling_discard()),
            (None, State::Failing) => Some(t.failing_about()),
            (None, State::Paused) => Some(t.paused_about()),
            (None, _) => None,
        };
        Self {
            t,
            refused: headers_refused_today(t, webhook).filter(|_| layout.may_write()),
            layout: layout.at(Place::Webhooks),
            webhook,
            badge: Badge::of_state(t, webhook.state),
            tab: Tab::Overview,
            inboxes: inbox_names(t, &webhook.inboxes, inboxes),
            chart: Chart::new(t, webhook.id, chart),
            failures: webhook.enabled && recent.lines.iter().any(failed),
            rows: LogRow::all(t, &recent.lines),
            mark: recent.mark,
            alert: None,
            slow: words.map(|text| Strong::part_of(&text, "")),
            backlog: None,
        }
    }

    /// Adds a banner.
    #[must_use]
    pub fn with_alert(self, alert: impl Into<Option<Alert<'a>>>) -> Self {
        Self { alert: alert.into().map(|alert| Banner::new(&self.layout, alert)), ..self }
    }

    /// Adds the end of the pause; no effect if the webhook is not paused or the time has passed.
    #[must_use]
    pub fn with_pause(self, until: impl Into<Option<Timestamp>>) -> Self {
        let (t, paused) = (self.t, self.webhook.state == State::Paused);
        let until = until.into().filter(|until| paused && *until > t.now());
        let words = until.map(|until| {
            let time = t.clock(until);
            Strong::part_of(&t.paused_until(time.clone()), &time)
        });
        Self { slow: words.or(self.slow), ..self }
    }

    /// Adds the time of the next probe; no effect if the webhook is not failing or the time has passed.
    #[must_use]
    pub fn with_probe(self, at: impl Into<Option<Timestamp>>) -> Self {
        let (t, failing) = (self.t, self.webhook.state == State::Failing);
        let at = at.into().filter(|at| failing && *at > t.now());
        let words = at.map(|at| {
            let next = t.next_attempt(at);
            Strong::part_of(&format!("{} {next}.", t.failing_about()), &next)
        });
        Self { slow: words.or(self.slow), ..self }
    }

    /// Adds that the backlog is full, if it is; `pending_max` is its limit.
    #[must_use]
    pub fn with_backlog(self, pending_max: Count) -> Self {
        let since = self.webhook.backlog_full_since.filter(|_| self.webhook.enabled);
        Self { backlog: since.map(|since| self.t.backlog_full(pending_max, self.t.clock(since))), ..self }
    }

    fn redacted(&self) -> Redacted<'a> {
        Redacted { t: self.t }
    }
}

/// The delivery failed, and no user cancelled it.
fn failed(line: &LogLine) -> bool {
    let cancelled = matches!(line.delivery.reason, Some(Reason::Cancelled | Reason::WebhookDeleted));
    line.delivery.status == Status::Failed && !cancelled
}

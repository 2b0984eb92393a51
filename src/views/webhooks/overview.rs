//! `/webhooks/{id}`: is it healthy, how is it set.

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
use crate::domain::webhooks::{State, Webhook};
use crate::i18n::Translator;
use crate::views::components::{Badge, Redacted};
use crate::views::deliveries::{LogLine, LogRow};
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// The newest deliveries of one webhook.
#[derive(Clone, Debug, Default)]
pub struct Recent<'a> {
    /// The newest first.
    pub lines: Vec<LogLine<'a>>,
    /// Differs when they do: the page asks with it whether there is anything new.
    pub mark: String,
}

/// The overview of one webhook. `as_recent` is the part that is looked at anew every few seconds.
#[derive(Template)]
#[template(path = "webhooks/overview.html", blocks = ["recent"])]
pub struct OverviewPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    inboxes: String,
    chart: Chart<'a>,
    rows: Vec<LogRow<'a>>,
    mark: String,
    alert: Option<Banner<'a>>,
    /// Its headers whose names are refused by now, for those who may change it.
    refused: Option<String>,
    /// Why it sends less than it could.
    slow: Option<String>,
    /// Something failed lately that could be sent again.
    failures: bool,
}

impl<'a> OverviewPage<'a> {
    /// The page; `inboxes` are all inboxes, for their names.
    pub fn new(
        shell: Shell<'a>,
        (webhook, inboxes): (&'a Webhook, &'a [Inbox]),
        chart: ChartInput,
        recent: Recent<'a>,
    ) -> Self {
        let t = shell.t;
        let slow = match webhook.state {
            State::Failing => Some(t.failing_about()),
            State::Paused => Some(t.paused_about()),
            _ => None,
        };
        Self {
            t,
            refused: headers_refused_today(t, webhook).filter(|_| shell.may_write()),
            shell: shell.at(Place::Webhooks),
            webhook,
            badge: Badge::of_state(t, webhook.state),
            tab: Tab::Overview,
            inboxes: inbox_names(t, &webhook.inboxes, inboxes),
            chart: Chart::new(t, webhook.id, chart),
            failures: webhook.enabled && recent.lines.iter().any(failed),
            rows: recent.lines.into_iter().map(|line| LogRow::new(t, line)).collect(),
            mark: recent.mark,
            alert: None,
            slow,
        }
    }

    /// The same with a banner, if there is reason for one.
    #[must_use]
    pub fn with_alert(self, alert: impl Into<Option<Alert<'a>>>) -> Self {
        Self { alert: alert.into().map(|alert| Banner::new(&self.shell, alert)), ..self }
    }

    /// The same with the time until which a paused webhook waits.
    #[must_use]
    pub fn with_pause(self, until: impl Into<Option<Timestamp>>) -> Self {
        let (t, paused) = (self.t, self.webhook.state == State::Paused);
        let until = until.into().filter(|until| paused && *until > t.now());
        let words = until.map(|until| t.paused_until(t.clock(until)));
        Self { slow: words.or(self.slow), ..self }
    }

    /// The same with the time of a failing webhook's next attempt.
    #[must_use]
    pub fn with_probe(self, at: impl Into<Option<Timestamp>>) -> Self {
        let (t, failing) = (self.t, self.webhook.state == State::Failing);
        let at = at.into().filter(|at| failing && *at > t.now());
        let words = at.map(|at| format!("{} {}.", t.failing_about(), t.next_attempt(at)));
        Self { slow: words.or(self.slow), ..self }
    }

    fn redacted(&self) -> Redacted<'a> {
        Redacted { t: self.t }
    }
}

/// It failed, and nobody wanted that.
fn failed(line: &LogLine) -> bool {
    let wanted = matches!(line.delivery.reason, Some(Reason::Cancelled | Reason::WebhookDeleted));
    line.delivery.status == Status::Failed && !wanted
}

//! `/recoveries/{id}`: the progress of a recovery.

use askama::Template;

use super::log;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::deliveries::recovery::{RecoveryState, Unsent};
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The values of the page.
#[derive(Clone, Debug)]
pub struct RecoveryView<'a> {
    pub id: RecoveryId,
    /// The webhook it is limited to, id and title.
    pub webhook: Option<(WebhookId, &'a str)>,
    /// Deliveries to send again.
    pub total: Count,
    /// New deliveries made so far.
    pub sent: Count,
    /// Of these, succeeded.
    pub delivered: Count,
    /// Of these, failed permanently.
    pub failed: Count,
    pub state: RecoveryState,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// What waits, or was not sent, and why.
    pub unsent: Vec<UnsentPart<'a>>,
}

/// Deliveries of one webhook that were not sent again.
#[derive(Clone, Copy, Debug)]
pub struct UnsentPart<'a> {
    /// The title of the webhook.
    pub title: &'a str,
    pub count: Count,
    pub because: Unsent,
}

/// The page. `as_recovery` is the part that polling and cancelling swap.
#[derive(Template)]
#[template(path = "deliveries/recovery.html", blocks = ["recovery"])]
pub struct RecoveryPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    view: RecoveryView<'a>,
    badge: Badge,
    log: String,
    started: Moment,
    ended: Option<Moment>,
}

impl<'a> RecoveryPage<'a> {
    pub fn new(layout: Layout<'a>, view: RecoveryView<'a>) -> Self {
        let t = layout.t;
        let filter = LogFilter { webhooks: view.webhook.iter().map(|(id, _)| *id).collect(), ..LogFilter::default() };
        Self {
            t,
            layout: layout.at(Place::Deliveries),
            badge: Badge::of_recovery(t, view.state),
            log: log::address(&filter, t.zone()),
            started: t.date(view.started_at),
            ended: view.ended_at.map(|at| t.date(at)),
            view,
        }
    }

    fn is_running(&self) -> bool {
        self.view.state == RecoveryState::Running
    }

    /// A line for each webhook of which not all were sent.
    fn unsent_lines(&self) -> Vec<String> {
        let line = |part: &UnsentPart| match part.because {
            Unsent::WebhookOff => self.t.recovery_waits_off(part.count, part.title),
            Unsent::Pending => self.t.recovery_waits_pending(part.count, part.title),
            Unsent::WebhookDeleted => self.t.recovery_unsent_deleted(part.count, part.title),
            Unsent::LeftOut => self.t.recovery_unsent_left_out(part.count, part.title),
        };
        self.view.unsent.iter().map(line).collect()
    }

    /// Made, and still pending.
    fn open(&self) -> Count {
        self.view.sent.saturating_sub(self.view.delivered + self.view.failed)
    }

    /// Deliveries that a cancelled recovery did not send again.
    fn left(&self) -> Count {
        match self.view.state {
            RecoveryState::Cancelled => self.view.total.saturating_sub(self.view.sent),
            RecoveryState::Running | RecoveryState::Done => 0,
        }
    }
}

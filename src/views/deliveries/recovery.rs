//! `/recoveries/{id}`: how far it is.

use askama::Template;

use super::log::LogFilter;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// Where a recovery stands.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryView<'a> {
    /// Its number.
    pub id: i64,
    /// The webhook it is limited to, id and title.
    pub webhook: Option<(WebhookId, &'a str)>,
    /// Deliveries to be made.
    pub total: Count,
    /// Made so far.
    pub sent: Count,
    /// Of these, succeeded.
    pub delivered: Count,
    /// Of these, failed again for good.
    pub failed: Count,
    /// Running, done or cancelled.
    pub state: RecoveryState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The progress of a recovery. `as_recovery` is the part that polling and cancelling swap.
#[derive(Template)]
#[template(path = "deliveries/recovery.html", blocks = ["recovery"])]
pub struct RecoveryPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    view: RecoveryView<'a>,
    badge: Badge,
    log: String,
    started: Moment,
    ended: Option<Moment>,
}

impl<'a> RecoveryPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, view: RecoveryView<'a>) -> Self {
        let t = shell.t;
        Self {
            t,
            shell: shell.at(Place::Deliveries),
            badge: Badge::of_recovery(t, view.state),
            log: LogFilter { webhook: view.webhook.map(|(id, _)| id), ..LogFilter::default() }.address(),
            started: t.date(view.started_at),
            ended: view.ended_at.map(|at| t.date(at)),
            view,
        }
    }

    fn is_running(&self) -> bool {
        self.view.state == RecoveryState::Running
    }

    /// Made and neither delivered nor given up.
    fn open(&self) -> Count {
        self.view.sent.saturating_sub(self.view.delivered + self.view.failed)
    }

    /// What a cancelled recovery left as it was.
    fn left(&self) -> Count {
        match self.view.state {
            RecoveryState::Cancelled => self.view.total.saturating_sub(self.view.sent),
            RecoveryState::Running | RecoveryState::Done => 0,
        }
    }
}

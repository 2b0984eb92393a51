//! `/webhooks/{id}`: is it healthy, how is it set.

use askama::Template;

use super::Tab;
use super::list::inbox_names;
use crate::domain::authorization::Method;
use crate::domain::delivery::Trigger;
use crate::domain::inbox::Inbox;
use crate::domain::user::Language;
use crate::domain::webhook::Webhook;
use crate::i18n::Translator;
use crate::views::deliveries::{LogLine, LogRow};
use crate::views::filters;
use crate::views::parts::{Badge, Redacted};
use crate::views::shell::{Notice, Place, Shell};

/// The overview of one webhook.
#[derive(Template)]
#[template(path = "webhooks/overview.html")]
pub struct OverviewPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    inboxes: String,
    rows: Vec<LogRow<'a>>,
}

impl<'a> OverviewPage<'a> {
    /// The page; `inboxes` are all inboxes, for their names, `recent` the newest deliveries.
    pub fn new(shell: Shell<'a>, webhook: &'a Webhook, inboxes: &'a [Inbox], recent: Vec<LogLine<'a>>) -> Self {
        let t = shell.t;
        Self {
            t,
            shell: shell.at(Place::Webhooks),
            webhook,
            badge: Badge::of_state(t, webhook.state),
            tab: Tab::Overview,
            inboxes: inbox_names(t, &webhook.inboxes, inboxes),
            rows: recent.into_iter().map(|line| LogRow::new(t, line)).collect(),
        }
    }

    fn redacted(&self) -> Redacted<'a> {
        Redacted { t: self.t }
    }
}

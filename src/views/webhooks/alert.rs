//! Banners: which webhooks do badly, and how badly.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::deliveries::ATTEMPTS;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::Shell;

/// How badly a webhook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A delivery used up its schedule.
    Exhausted,
    /// Every attempt has failed for that long, a day or more.
    FailingDay(Duration),
    /// It will be turned off then.
    OffSoon(Timestamp),
    /// It was turned off: everything failed, for that long where it is known.
    OffFailing(Option<Duration>),
    /// It was turned off: the receiver answered 410.
    OffGone,
}

impl Stage {
    fn is_off(self) -> bool {
        matches!(self, Self::OffFailing(_) | Self::OffGone)
    }

    /// The worst first.
    fn rank(self) -> u8 {
        match self {
            Self::OffFailing(_) | Self::OffGone => 0,
            Self::OffSoon(_) => 1,
            Self::FailingDay(_) => 2,
            Self::Exhausted => 3,
        }
    }
}

/// A webhook that does badly.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    /// The webhook.
    pub webhook: &'a Webhook,
    /// How badly it does.
    pub stage: Stage,
    /// Deliveries held for it, when it is off.
    pub held: Count,
}

impl Alert<'_> {
    /// So many are shown.
    pub const SHOWN: usize = 3;

    /// Puts the worst first.
    pub fn sort(alerts: &mut [Self]) {
        alerts.sort_by_key(|alert| alert.stage.rank());
    }

    /// A sentence or two: what is wrong, what is kept.
    fn words(&self, t: Translator) -> String {
        let name = self.webhook.title();
        let why = match self.stage {
            Stage::Exhausted => t.alert_exhausted(Count::from(ATTEMPTS.unsigned_abs()), name),
            Stage::FailingDay(span) => t.alert_failing(name, t.span(span)),
            Stage::OffSoon(at) => t.alert_off_soon(name, t.date(at).text),
            Stage::OffFailing(Some(span)) => t.turned_off_failing(name, t.span(span)),
            Stage::OffFailing(None) => t.turned_off_failures(name),
            Stage::OffGone => t.turned_off_gone(name),
        };
        match self.held {
            held if held > 0 && self.stage.is_off() => format!("{why} {}", t.held_events(held)),
            _ => why,
        }
    }

    /// The deliveries that say what went wrong. Those of a young failure still have attempts to come, and those that
    /// met a 410 are held: neither has failed for good.
    fn log(&self) -> String {
        let id = self.webhook.id;
        match self.stage {
            Stage::FailingDay(_) | Stage::OffGone => format!("/deliveries?webhook={id}"),
            _ => format!("/deliveries?webhook={id}&status=failed"),
        }
    }
}

/// An alert as a page shows it.
#[derive(Template)]
#[template(path = "webhooks/_alert.html")]
pub struct Banner<'a> {
    t: Translator<'a>,
    off: bool,
    text: String,
    log: String,
    /// The webhook to turn on again, where there is something to decide about.
    held: Option<WebhookId>,
}

impl HtmlSafe for Banner<'_> {}

impl<'a> Banner<'a> {
    pub fn new(shell: &Shell<'a>, alert: Alert) -> Self {
        let off = alert.stage.is_off();
        Self {
            t: shell.t,
            off,
            text: alert.words(shell.t),
            log: alert.log(),
            held: (off && alert.held > 0 && shell.may_write()).then_some(alert.webhook.id),
        }
    }

    /// The worst, and how many more there are.
    pub fn worst(shell: &Shell<'a>, alerts: &[Alert]) -> (Vec<Self>, Count) {
        let mut all = alerts.to_vec();
        Alert::sort(&mut all);
        let shown: Vec<Self> = all.iter().take(Alert::SHOWN).map(|alert| Self::new(shell, *alert)).collect();
        let more = all.len() - shown.len();
        (shown, more as Count)
    }
}

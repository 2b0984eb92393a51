//! Banners for webhooks that fail, or that were turned off because they failed.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::deliveries::ATTEMPTS;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::Layout;

/// How far a failing webhook has come on the way to being turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A delivery failed permanently: it used its whole retry schedule.
    Exhausted,
    /// Every attempt has failed for this long, at least a day.
    FailingDay(Duration),
    /// It will be turned off at this time if nothing succeeds.
    OffSoon(Timestamp),
    /// It was turned off because everything failed; for how long, where that is known.
    OffFailing(Option<Duration>),
    /// It was turned off because the receiver answered 410.
    OffGone,
}

impl Stage {
    fn is_off(self) -> bool {
        matches!(self, Self::OffFailing(_) | Self::OffGone)
    }

    /// 0 is the worst.
    fn rank(self) -> u8 {
        match self {
            Self::OffFailing(_) | Self::OffGone => 0,
            Self::OffSoon(_) => 1,
            Self::FailingDay(_) => 2,
            Self::Exhausted => 3,
        }
    }
}

/// A webhook that needs attention.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    pub webhook: &'a Webhook,
    pub stage: Stage,
    /// Its held deliveries, if it is off.
    pub held: Count,
}

impl Alert<'_> {
    /// Banners on a page; the page counts the rest.
    pub const SHOWN_MAX: usize = 3;

    /// Sorts by stage, the worst first.
    pub fn sort(alerts: &mut [Self]) {
        alerts.sort_by_key(|alert| alert.stage.rank());
    }

    /// The text of the banner: what is wrong and, for a webhook that is off, how many deliveries are held.
    fn words(&self, t: Translator) -> String {
        let name = self.webhook.title();
        let why = match self.stage {
            Stage::Exhausted => t.alert_exhausted(Count::from(ATTEMPTS.unsigned_abs()), name),
            Stage::FailingDay(span) => t.alert_failing(name, t.span(span)),
            Stage::OffSoon(at) => t.alert_off_soon(name, t.date_in_sentence(at)),
            Stage::OffFailing(Some(span)) => t.turned_off_failing(name, t.span(span)),
            Stage::OffFailing(None) => t.turned_off_failures(name),
            Stage::OffGone => t.turned_off_gone(name),
        };
        match self.held {
            held if held > 0 && self.stage.is_off() => format!("{why} {}", t.held_events(held)),
            _ => why,
        }
    }

    /// The address of the log with the deliveries that explain the alert. It filters by `failed` only where deliveries
    /// have failed permanently: on the first day of failures they still have attempts left, and after a 410 they are
    /// held.
    fn log(&self) -> String {
        let id = self.webhook.id;
        match self.stage {
            Stage::FailingDay(_) | Stage::OffGone => format!("/deliveries?webhook={id}"),
            _ => format!("/deliveries?webhook={id}&status=failed"),
        }
    }
}

/// An alert, rendered.
#[derive(Template)]
#[template(path = "webhooks/_alert.html")]
pub struct Banner<'a> {
    t: Translator<'a>,
    off: bool,
    text: String,
    log: String,
    /// Links to the page that decides about the held deliveries of this webhook.
    held: Option<WebhookId>,
}

impl HtmlSafe for Banner<'_> {}

impl<'a> Banner<'a> {
    pub fn new(layout: &Layout<'a>, alert: Alert) -> Self {
        let off = alert.stage.is_off();
        Self {
            t: layout.t,
            off,
            text: alert.words(layout.t),
            log: alert.log(),
            held: (off && alert.held > 0 && layout.may_write()).then_some(alert.webhook.id),
        }
    }

    /// Banners for the worst alerts, and the number of the other alerts.
    pub fn worst(layout: &Layout<'a>, alerts: &[Alert]) -> (Vec<Self>, Count) {
        let mut all = alerts.to_vec();
        Alert::sort(&mut all);
        let shown: Vec<Self> = all.iter().take(Alert::SHOWN_MAX).map(|alert| Self::new(layout, *alert)).collect();
        let more = all.len() - shown.len();
        (shown, more as Count)
    }
}

//! Alerts of webhooks that fail, or that were turned off because they failed.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;

use super::list_filter::{WebhookFilter, list_address};
use crate::domain::deliveries::ATTEMPTS;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::list_order::name_key;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::Layout;

/// How far a failing webhook has come on the way to being turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is failing, for less than a day.
    Failing,
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
    /// It was turned off because the receiver asked for it.
    OffAsked,
}

impl Stage {
    fn is_off(self) -> bool {
        matches!(self, Self::OffFailing(_) | Self::OffGone | Self::OffAsked)
    }

    /// 0 is the worst.
    fn rank(self) -> u8 {
        match self {
            Self::OffFailing(_) | Self::OffGone | Self::OffAsked => 0,
            Self::OffSoon(_) => 1,
            Self::FailingDay(_) => 2,
            Self::Exhausted => 3,
            Self::Failing => 4,
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
    /// The delivery and the number of the attempt that led to it.
    pub failure: Option<(DeliveryId, i32)>,
}

impl<'a> Alert<'a> {
    /// Lines on the list; it links to the rest.
    pub const SHOWN_MAX: usize = 3;

    /// Sorts by stage, the worst first, then by name, as the list is.
    pub fn sort(alerts: &mut [Self]) {
        alerts.sort_by_cached_key(|alert| (alert.rank(), name_key(&alert.webhook.title())));
    }

    /// 0 is the worst.
    pub fn rank(&self) -> u8 {
        self.stage.rank()
    }

    /// What is wrong.
    fn words(&self, t: Translator) -> String {
        match self.stage {
            Stage::Failing => t.alert_failing_now(),
            Stage::Exhausted => t.alert_exhausted(Count::from(ATTEMPTS.unsigned_abs())),
            Stage::FailingDay(span) => t.alert_failing(t.span(span)),
            Stage::OffSoon(at) => t.alert_off_soon(t.date_in_sentence(at)),
            Stage::OffFailing(Some(span)) => t.turned_off_failing(t.span(span)),
            Stage::OffFailing(None) => t.turned_off_failures(),
            Stage::OffGone => t.turned_off_gone(),
            Stage::OffAsked => t.turned_off_asked(),
        }
    }

    /// The number of deliveries that it holds; `None` if it holds none or is on.
    fn held(&self) -> Option<Count> {
        Some(self.held).filter(|held| *held > 0 && self.stage.is_off())
    }

    /// The cause that an attempt must have failed by to explain the alert; any cause if `None`.
    pub fn cause(&self) -> Option<FailureCause> {
        (self.stage == Stage::OffGone).then_some(FailureCause::Gone)
    }

    /// The address of the attempt that led to the alert. Where none is known, that of the log with the deliveries that
    /// explain it: it filters by `failed` only where deliveries have failed permanently.
    fn log(&self) -> String {
        let id = self.webhook.id;
        if let Some((delivery, number)) = self.failure {
            return format!("/deliveries/{delivery}?attempt={number}");
        }
        match self.stage {
            Stage::Failing | Stage::FailingDay(_) | Stage::OffGone | Stage::OffAsked => {
                format!("/deliveries?webhook={id}")
            }
            _ => format!("/deliveries?webhook={id}&status=failed"),
        }
    }
}

/// The alert of a webhook on its own page.
#[derive(Template)]
#[template(path = "webhooks/_alert.html")]
pub struct Banner<'a> {
    t: Translator<'a>,
    text: String,
    held: Option<Count>,
    log: String,
}

impl HtmlSafe for Banner<'_> {}

impl<'a> Banner<'a> {
    pub fn new(layout: &Layout<'a>, alert: Alert) -> Self {
        Self { t: layout.t, text: alert.words(layout.t), held: alert.held(), log: alert.log() }
    }
}

/// The worst alerts in one card above the list, one line each.
#[derive(Template)]
#[template(path = "webhooks/_trouble.html")]
pub struct TroubleCard<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    lines: Vec<TroubleLine>,
    /// All webhooks with an alert.
    all: Count,
    /// The list of all of them, if the card does not show all.
    link: Option<String>,
    back: &'a str,
}

struct TroubleLine {
    id: WebhookId,
    title: String,
    text: String,
    held: Option<Count>,
    log: String,
    /// It can be turned on again here.
    off: bool,
}

impl HtmlSafe for TroubleCard<'_> {}

impl<'a> TroubleCard<'a> {
    /// `None` without an alert.
    pub fn new(layout: &Layout<'a>, alerts: &[Alert]) -> Option<Self> {
        let mut all = alerts.to_vec();
        Alert::sort(&mut all);
        let line = |alert: &Alert| TroubleLine {
            id: alert.webhook.id,
            title: alert.webhook.title(),
            text: alert.words(layout.t),
            held: alert.held(),
            log: alert.log(),
            off: alert.stage.is_off() && layout.may_write(),
        };
        let lines: Vec<TroubleLine> = all.iter().take(Alert::SHOWN_MAX).map(line).collect();
        (!lines.is_empty()).then(|| Self {
            t: layout.t,
            layout: layout.clone(),
            link: (all.len() > lines.len()).then(|| format!("/webhooks?state={}", WebhookFilter::TROUBLE)),
            all: all.len() as Count,
            lines,
            back: list_address(layout),
        })
    }
}

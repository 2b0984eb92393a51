//! `/deliveries`: find and fix.

use askama::Template;

use super::outcome::Code;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::{Delivery, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What the log shows; the query of its URL.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Where the delivery stands.
    pub status: Option<Status>,
    /// The event's name.
    pub event: Option<EventName>,
    /// The webhook.
    pub webhook: Option<WebhookId>,
    /// The inbox.
    pub inbox: Option<InboxId>,
    /// Made then or later, as the field shows it.
    pub from: String,
    /// Made before then, as the field shows it.
    pub to: String,
    /// Made in a span that ends now.
    pub period: Option<Period>,
    /// Tests alone, or none of them.
    pub test: Option<bool>,
    /// What is looked for, as it was typed.
    pub q: String,
    /// The page tells of new deliveries.
    pub live: bool,
}

impl LogFilter {
    fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(name, _)| *name == "live")
    }

    /// Fields that stay folded away while nobody uses them.
    fn is_detailed(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty() || self.test.is_some()
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let named = |value: Option<&str>| value.map(ToOwned::to_owned);
        let typed = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
        let pairs = [
            ("q", typed(&self.q)),
            ("status", named(self.status.map(Status::as_str))),
            ("event", named(self.event.map(EventName::as_str))),
            ("webhook", self.webhook.map(|id| id.to_string())),
            ("inbox", self.inbox.map(|id| id.to_string())),
            ("period", named(self.period.map(Period::as_str))),
            ("from", typed(&self.from)),
            ("to", typed(&self.to)),
            ("test", self.test.map(|test| u8::from(test).to_string())),
            ("live", self.live.then(|| "1".to_owned())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn has_status(&self, status: &Status) -> bool {
        self.status.as_ref() == Some(status)
    }

    fn has_event(&self, event: &EventName) -> bool {
        self.event.as_ref() == Some(event)
    }

    fn has_webhook(&self, webhook: &WebhookId) -> bool {
        self.webhook.as_ref() == Some(webhook)
    }

    fn has_inbox(&self, inbox: &InboxId) -> bool {
        self.inbox.as_ref() == Some(inbox)
    }

    fn has_period(&self, period: &Period) -> bool {
        self.period.as_ref() == Some(period)
    }

    /// The log's address with this filter.
    pub(super) fn address(&self) -> String {
        self.with(&[])
    }

    /// The same, at `cursor`.
    fn link(&self, cursor: &str) -> String {
        self.with(&[("cursor", cursor)])
    }

    /// Where to ask for news: deliveries newer than the newest that was seen.
    fn poll(&self, news: &News) -> String {
        self.with(&[("seen", &news.seen.to_string()), ("known", &news.count.to_string())])
    }

    fn with(&self, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs()).extend_pairs(more);
        match query.finish() {
            query if query.is_empty() => "/deliveries".to_owned(),
            query => format!("/deliveries?{query}"),
        }
    }
}

/// What has come since the reader looked.
#[derive(Clone, Copy, Debug)]
pub struct News {
    /// The newest delivery that the reader has seen.
    pub seen: DeliveryId,
    /// How many are newer, up to 100.
    pub count: Count,
}

/// A delivery with what the log tells beside it.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The webhook's title; `None` for a deleted one.
    pub webhook: Option<&'a str>,
    /// The inbox's name.
    pub inbox: Option<&'a str>,
    /// The HTTP status of the latest answer.
    pub http_status: Option<u16>,
    /// How long the latest attempt took, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// What the log is made of.
#[derive(Clone, Debug, Default)]
pub struct LogInput<'a> {
    /// What was asked for.
    pub filter: LogFilter,
    /// The names of filters that were not understood, and are left out.
    pub odd: Vec<&'static str>,
    /// This page of it, the newest first.
    pub lines: Vec<LogLine<'a>>,
    /// All webhooks, id and title, for the filter.
    pub webhooks: Vec<(WebhookId, String)>,
    /// All inboxes, id and name, for the filter.
    pub inboxes: Vec<(InboxId, String)>,
    /// The cursor of the page with newer ones, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older ones, if there is one.
    pub older: Option<String>,
    /// The page is not full, and nobody looked at what is older than that (or newer, on the way back).
    pub looked_until: Option<Timestamp>,
    /// What has come since, on a page that asks for it.
    pub news: Option<News>,
    /// Days for which the log is kept.
    pub retention_days: Count,
}

/// The log. `as_log` is the part that the filters and the pages swap, `as_news` what the poll does.
#[derive(Template)]
#[template(path = "deliveries/log.html", blocks = ["log", "news"])]
pub struct LogPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    log: LogInput<'a>,
    rows: Vec<LogRow<'a>>,
}

impl<'a> LogPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, log: LogInput<'a>) -> Self {
        let t = shell.t;
        let rows = log.lines.iter().map(|line| LogRow::new(t, *line)).collect();
        Self { t, shell: shell.at(Place::Deliveries), log, rows }
    }

    /// A sentence: how far the search came.
    fn looked_until(&self) -> Option<String> {
        self.log.looked_until.map(|at| self.t.looked_until(self.t.date(at).text))
    }

    /// A sentence: which filters were not understood.
    fn odd(&self) -> String {
        let mut labels: Vec<String> = self.log.odd.iter().map(|name| self.t.filter_label(name)).collect();
        labels.dedup();
        self.t.filters_odd(labels.join(", "))
    }
}

/// A line of the log, in words.
pub struct LogRow<'a> {
    pub(in crate::views) id: DeliveryId,
    pub(in crate::views) key: &'static str,
    pub(in crate::views) event: String,
    pub(in crate::views) webhook_id: WebhookId,
    pub(in crate::views) webhook: Option<&'a str>,
    pub(in crate::views) inbox: Option<&'a str>,
    pub(in crate::views) time: Moment,
    pub(in crate::views) ago: Option<Moment>,
    pub(in crate::views) badge: Badge,
    pub(in crate::views) test: bool,
    pub(in crate::views) code: Code,
    pub(in crate::views) attempts: Count,
    pub(in crate::views) duration: String,
}

impl<'a> LogRow<'a> {
    /// The words for `line`.
    pub fn new(t: Translator, line: LogLine<'a>) -> Self {
        let delivery = line.delivery;
        Self {
            id: delivery.id,
            key: delivery.event.as_str(),
            event: t.event_title(delivery.event),
            webhook_id: delivery.webhook_id,
            webhook: line.webhook,
            inbox: line.inbox,
            time: t.log_time(delivery.created_at),
            ago: t.fresh(delivery.created_at),
            badge: Badge::of_delivery(t, delivery),
            test: delivery.trigger == Trigger::Test,
            code: Code { code: line.http_status },
            attempts: Count::from(delivery.attempts.unsigned_abs()),
            duration: line.duration_ms.map_or_else(|| "—".into(), |duration| t.elapsed(duration)),
        }
    }
}

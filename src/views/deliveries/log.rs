//! `/deliveries`: find and fix.

use askama::Template;

use super::outcome::Code;
use crate::domain::catalogue::EventName;
use crate::domain::delivery::{Delivery, Status, Trigger};
use crate::domain::id::{DeliveryId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::user::Language;
use crate::i18n::{Count, Moment, Translator};
use crate::views::filters;
use crate::views::parts::Badge;
use crate::views::shell::{Notice, Place, Shell};

/// What the log shows; the query of its URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogFilter {
    /// Where the delivery stands.
    pub status: Option<Status>,
    /// The event's name.
    pub event: Option<EventName>,
    /// The webhook.
    pub webhook: Option<WebhookId>,
    /// The inbox; has no field on the page, as the two below.
    pub inbox: Option<InboxId>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
}

impl LogFilter {
    fn is_empty(&self) -> bool {
        self.status.is_none() && self.event.is_none() && self.webhook.is_none() && self.beside().is_empty()
    }

    /// What the page has no field for and keeps all the same.
    fn beside(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("inbox", self.inbox.map(|id| id.to_string())),
            ("from", self.from.map(|time| time.to_string())),
            ("to", self.to.map(|time| time.to_string())),
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

    /// The log's address with this filter.
    pub(super) fn address(&self) -> String {
        self.at(None)
    }

    /// The same, at `cursor`.
    fn link(&self, cursor: &str) -> String {
        self.at(Some(cursor))
    }

    fn at(&self, cursor: Option<&str>) -> String {
        let webhook = self.webhook.map(|id| id.to_string());
        let pairs = [
            ("status", self.status.map(Status::as_str)),
            ("event", self.event.map(EventName::as_str)),
            ("webhook", webhook.as_deref()),
            ("cursor", cursor),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter_map(|(key, value)| value.map(|value| (key, value))));
        query.extend_pairs(self.beside());
        match query.finish() {
            query if query.is_empty() => "/deliveries".to_owned(),
            query => format!("/deliveries?{query}"),
        }
    }
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
    /// This page of it, the newest first.
    pub lines: Vec<LogLine<'a>>,
    /// All webhooks, id and title, for the filter.
    pub webhooks: Vec<(WebhookId, String)>,
    /// The cursor of the page with newer ones, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older ones, if there is one.
    pub older: Option<String>,
    /// Days for which the log is kept.
    pub retention_days: Count,
}

/// The log. `as_log` is the part that the filters and the pages swap.
#[derive(Template)]
#[template(path = "deliveries/log.html", blocks = ["log"])]
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
            badge: Badge::of_delivery(t, delivery),
            test: delivery.trigger == Trigger::Test,
            code: Code { code: line.http_status },
            attempts: Count::from(delivery.attempts.unsigned_abs()),
            duration: line.duration_ms.map_or_else(|| "—".into(), |duration| t.elapsed(duration)),
        }
    }
}

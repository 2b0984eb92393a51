//! `/deliveries`: the delivery log with its filter.

use askama::Template;

use super::outcome::Code;
use crate::domain::accounts::user::Language;
use crate::domain::clock_field;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::search::Search;
use crate::domain::deliveries::{Delivery, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The address of the log with `filter`; the times in it are in `zone`.
pub(super) fn address(filter: &LogFilter, zone: &str) -> String {
    with_query(&filter.pairs(zone), &[])
}

fn with_query(pairs: &[(&str, String)], more: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).extend_pairs(more);
    match query.finish() {
        query if query.is_empty() => "/deliveries".to_owned(),
        query => format!("/deliveries?{query}"),
    }
}

/// New deliveries since the page was rendered.
#[derive(Clone, Copy, Debug)]
pub struct News {
    /// The newest delivery on the page.
    pub seen: DeliveryId,
    /// How many are newer: at most 100.
    pub count: Count,
}

/// A delivery with the values that the log shows beside it.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    pub delivery: &'a Delivery,
    /// The title of its webhook; `None` if that was deleted.
    pub webhook: Option<&'a str>,
    /// The name of its inbox.
    pub inbox: Option<&'a str>,
    /// The HTTP status of the latest answer.
    pub http_status: Option<u16>,
    /// The duration of the latest attempt.
    pub duration_ms: Option<i64>,
}

/// The values of the page.
#[derive(Clone, Debug, Default)]
pub struct LogInput<'a> {
    pub filter: LogFilter,
    /// The page polls for new deliveries.
    pub is_live: bool,
    /// The names of filters whose values were not understood; they have no effect.
    pub unrecognised: Vec<&'static str>,
    /// Newest first.
    pub lines: Vec<LogLine<'a>>,
    /// All webhooks, id and title, for the filter.
    pub webhooks: Vec<(WebhookId, String)>,
    /// All inboxes, id and name, for the filter.
    pub inboxes: Vec<(InboxId, String)>,
    /// The cursor of the page with newer deliveries, if there is one.
    pub newer: Option<String>,
    /// The cursor of the page with older deliveries, if there is one.
    pub older: Option<String>,
    /// The search stopped at its limit, before the page was full: deliveries older than this (newer, on the way back)
    /// were not searched.
    pub looked_until: Option<Timestamp>,
    /// `None` on a page that does not poll.
    pub news: Option<News>,
    /// Days for which the log is kept.
    pub retention_days: Count,
}

/// The page. `as_log` is the part that the filter and the page links swap, `as_news` the part that the poll swaps.
#[derive(Template)]
#[template(path = "deliveries/log.html", blocks = ["log", "news"])]
pub struct LogPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    log: LogInput<'a>,
    rows: Vec<LogRow<'a>>,
    /// The query of the page, without a cursor.
    pairs: Vec<(&'static str, String)>,
    /// The value of the field for the filter's `from`.
    from: String,
    /// The value of the field for the filter's `to`.
    to: String,
}

impl<'a> LogPage<'a> {
    pub fn new(layout: Layout<'a>, log: LogInput<'a>) -> Self {
        let t = layout.t;
        let rows = log.lines.iter().map(|line| LogRow::new(t, *line)).collect();
        let mut pairs = log.filter.pairs(t.zone());
        if log.is_live {
            pairs.push(("live", "1".to_owned()));
        }
        let field = |at: Option<Timestamp>| at.and_then(|at| clock_field::shown(at, t.zone())).unwrap_or_default();
        let (from, to) = (field(log.filter.from), field(log.filter.to));
        Self { t, layout: layout.at(Place::Deliveries), log, rows, pairs, from, to }
    }

    /// Nothing is filtered.
    fn is_whole(&self) -> bool {
        self.pairs.iter().all(|(name, _)| *name == "live")
    }

    /// One of the fields under *More filters* is set, so that these are shown open.
    fn is_detailed(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty() || self.log.filter.test.is_some()
    }

    fn address(&self) -> String {
        with_query(&self.pairs, &[])
    }

    /// The address of the page at `cursor`.
    fn link(&self, cursor: &str) -> String {
        with_query(&self.pairs, &[("cursor", cursor)])
    }

    /// The address that the poll asks: how many deliveries are newer than the newest one shown?
    fn poll(&self, news: &News) -> String {
        with_query(&self.pairs, &[("seen", &news.seen.to_string()), ("known", &news.count.to_string())])
    }

    /// Says how far the search came.
    fn looked_until(&self) -> Option<String> {
        self.log.looked_until.map(|at| self.t.looked_until(self.t.date(at).text))
    }

    /// Names the filters whose values were not understood.
    fn unrecognised(&self) -> String {
        let mut labels: Vec<String> = self.log.unrecognised.iter().map(|name| self.t.filter_label(name)).collect();
        labels.dedup();
        self.t.filters_odd(labels.join(", "))
    }
}

/// A line of the log, in the reader's language.
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

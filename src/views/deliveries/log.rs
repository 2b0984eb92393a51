//! `/deliveries`: the delivery log with its filter.

use std::fmt::Display;

use askama::Template;

use super::outcome::Code;
use super::progress;
use crate::domain::accounts::user::Language;
use crate::domain::clock_field;
use crate::domain::deliveries::failure_cause::{CauseGroup, FailureCause};
use crate::domain::deliveries::log_filter::{self, LogFilter, StateFilter};
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::search::Search;
use crate::domain::deliveries::state::{DeliveryState, Progress};
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::{Badge, first_of_each_day, short_id};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};
use crate::views::webhooks::Tab;

/// The address of the log with `filter`, that of one webhook if the filter names one; the times in it are in `zone`.
pub(super) fn address(filter: &LogFilter, zone: &str) -> String {
    let webhook = log_filter::only(&filter.webhooks);
    let pairs = filter.pairs(zone).into_iter().filter(|(name, _)| webhook.is_none() || *name != "webhook");
    with_query(&base(webhook), &pairs.collect::<Vec<_>>(), &[])
}

/// The address of the log of one webhook or of all.
fn base(webhook: Option<WebhookId>) -> String {
    webhook.map_or_else(|| "/deliveries".to_owned(), |id| format!("/webhooks/{id}/deliveries"))
}

fn with_query(base: &str, pairs: &[(&str, String)], more: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).extend_pairs(more);
    match query.finish() {
        query if query.is_empty() => base.to_owned(),
        query => format!("{base}?{query}"),
    }
}

/// How many deliveries match a filter.
#[derive(Clone, Copy, Debug)]
pub struct Matching {
    pub count: Count,
    /// There may be more if it is false.
    pub is_exact: bool,
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
    /// Its state.
    pub progress: Progress,
    /// The HTTP status of the latest attempt, or of the one that the search found.
    pub http_status: Option<u16>,
    /// Why that attempt failed.
    pub cause: Option<FailureCause>,
    /// The attempt in which the search found its text, if it is not the latest.
    pub found_attempt: Option<i32>,
    /// The duration of that attempt.
    pub duration_ms: Option<i64>,
}

/// The values of the page.
#[derive(Clone, Debug, Default)]
pub struct LogInput<'a> {
    pub filter: LogFilter,
    /// The page is that of one webhook.
    pub of_webhook: Option<&'a Webhook>,
    /// How many deliveries match, as far as that is known; `None` if it is not counted.
    pub count: Option<Matching>,
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
    /// The address of the page without a query.
    base: String,
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
        let rows = LogRow::all(t, &log.lines);
        let base = base(log.of_webhook.map(|webhook| webhook.id));
        let mut pairs = log.filter.pairs(t.zone());
        pairs.retain(|(name, _)| *name != "webhook" || log.of_webhook.is_none());
        if log.is_live {
            pairs.push(("live", "1".to_owned()));
        }
        let field = |at: Option<Timestamp>| at.and_then(|at| clock_field::shown(at, t.zone())).unwrap_or_default();
        let (from, to) = (field(log.filter.from), field(log.filter.to));
        let place = if log.of_webhook.is_some() { Place::Webhooks } else { Place::Deliveries };
        Self { t, layout: layout.at(place), log, rows, base, pairs, from, to }
    }

    /// Nothing is filtered.
    fn is_whole(&self) -> bool {
        self.pairs.iter().all(|(name, _)| *name == "live")
    }

    /// One of the fields under *More filters* is set, so that these are shown open.
    fn is_detailed(&self) -> bool {
        let filter = &self.log.filter;
        let is_timed = !self.from.is_empty() || !self.to.is_empty() || filter.period.is_some();
        is_timed || filter.test.is_some() || !filter.inboxes.is_empty()
    }

    fn badge_of(&self, webhook: &Webhook) -> Badge {
        Badge::of_state(self.t, webhook.state)
    }

    /// How many filters are set beside the search.
    fn set_filters(&self) -> Count {
        self.pairs.iter().filter(|(name, _)| !matches!(*name, "q" | "live")).count() as Count
    }

    /// How many deliveries match, as far as that is known; and in which period, because browsers write the dates in the
    /// fields in their own language, not in that of the page.
    fn summary(&self) -> String {
        let count = self.log.count.map(|Matching { count, is_exact }| match is_exact {
            true => self.t.deliveries_count(count),
            false => self.t.deliveries_at_least(count),
        });
        let written = |at: Option<Timestamp>| at.map(|at| self.t.date(at).text);
        let period = self.t.period_between(written(self.log.filter.from), written(self.log.filter.until()));
        count.into_iter().chain(period).collect::<Vec<_>>().join(" · ")
    }

    /// A delivery on the page failed permanently, or only such deliveries are asked for.
    fn has_failures(&self) -> bool {
        let failed = |line: &LogLine| line.progress.state == DeliveryState::Failed;
        log_filter::only(&self.log.filter.states) == Some(StateFilter::Failed) || self.log.lines.iter().any(failed)
    }

    /// The form of sending again has the filters that are set.
    fn is_resent_by_form(&self) -> bool {
        self.log.filter.fits_resend_form()
    }

    /// The option of a list for the several values of a filter, which only an address can name.
    fn several<'b, T: 'b>(
        &'b self,
        values: &'b [T],
        name: &'static str,
        label: impl Fn(&'b T) -> String,
    ) -> Option<(String, String)> {
        let (_, value) = self.pairs.iter().find(|(pair, _)| *pair == name).filter(|_| values.len() > 1)?;
        Some((value.clone(), values.iter().map(label).collect::<Vec<_>>().join(", ")))
    }

    fn several_states(&self) -> Option<(String, String)> {
        self.several(&self.log.filter.states, "status", |state| self.t.delivery_state_filter(*state))
    }

    fn several_causes(&self) -> Option<(String, String)> {
        self.several(&self.log.filter.causes, "cause", |cause| self.t.cause_group(*cause))
    }

    fn several_events(&self) -> Option<(String, String)> {
        self.several(&self.log.filter.events, "event", |event| self.t.event_title(*event))
    }

    fn several_webhooks(&self) -> Option<(String, String)> {
        self.several(&self.log.filter.webhooks, "webhook", |id| named(&self.log.webhooks, *id))
    }

    fn several_inboxes(&self) -> Option<(String, String)> {
        self.several(&self.log.filter.inboxes, "inbox", |id| named(&self.log.inboxes, *id))
    }

    /// The page that sends again what failed and passes the filter.
    fn resend(&self) -> String {
        with_query("/deliveries/resend", &self.log.filter.pairs(self.t.zone()), &[])
    }

    fn address(&self) -> String {
        with_query(&self.base, &self.pairs, &[])
    }

    /// The address of the page at `cursor`.
    fn link(&self, cursor: &str) -> String {
        with_query(&self.base, &self.pairs, &[("cursor", cursor)])
    }

    /// The address that the poll asks: how many deliveries are newer than the newest one shown?
    fn poll(&self, news: &News) -> String {
        with_query(&self.base, &self.pairs, &[("seen", &news.seen.to_string()), ("known", &news.count.to_string())])
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

/// The name of a thing in a list of choices, or its id.
fn named<Id: Copy + PartialEq + Display>(choices: &[(Id, String)], id: Id) -> String {
    choices.iter().find(|(known, _)| *known == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())
}

/// A line of the log, in the reader's language.
pub struct LogRow<'a> {
    pub(in crate::views) id: DeliveryId,
    pub(in crate::views) short_id: String,
    pub(in crate::views) address: String,
    pub(in crate::views) key: &'static str,
    pub(in crate::views) event: String,
    pub(in crate::views) webhook_id: WebhookId,
    pub(in crate::views) webhook: Option<&'a str>,
    pub(in crate::views) inbox: Option<&'a str>,
    /// The day, on the first row of each day.
    pub(in crate::views) day: Option<String>,
    pub(in crate::views) time: Moment,
    pub(in crate::views) badge: Badge,
    pub(in crate::views) outlook: String,
    pub(in crate::views) test: bool,
    pub(in crate::views) code: Code,
    pub(in crate::views) attempts: Count,
    /// The number of attempts, or that of the shown one and of all.
    pub(in crate::views) shown_attempt: String,
    pub(in crate::views) duration: String,
}

impl<'a> LogRow<'a> {
    /// The rows of these lines, newest first.
    pub fn all(t: Translator, lines: &[LogLine<'a>]) -> Vec<Self> {
        let days = first_of_each_day(t, lines.iter().map(|line| line.delivery.created_at));
        lines.iter().zip(days).map(|(line, day)| Self { day, ..Self::new(t, *line) }).collect()
    }

    fn new(t: Translator, line: LogLine<'a>) -> Self {
        let delivery = line.delivery;
        let attempts = Count::from(delivery.attempts.unsigned_abs());
        let id = delivery.id.to_string();
        Self {
            id: delivery.id,
            short_id: short_id(&id),
            address: match line.found_attempt {
                None => format!("/deliveries/{id}"),
                Some(number) => format!("/deliveries/{id}?attempt={number}"),
            },
            key: delivery.event.as_str(),
            event: t.event_title(delivery.event),
            webhook_id: delivery.webhook_id,
            webhook: line.webhook,
            inbox: line.inbox,
            day: None,
            time: t.clock_time(delivery.created_at),
            badge: Badge::of_delivery(t, delivery, line.progress.state),
            outlook: progress::outlook(t, line.progress),
            test: delivery.trigger == Trigger::Test,
            code: Code::of(t, line.http_status, line.cause),
            attempts,
            shown_attempt: match line.found_attempt {
                None => t.number(attempts),
                Some(number) => format!("{}/{}", t.number(Count::from(number.unsigned_abs())), t.number(attempts)),
            },
            duration: line.duration_ms.map_or_else(|| "—".into(), |duration| t.elapsed(duration)),
        }
    }
}

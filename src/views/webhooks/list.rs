//! `/webhooks`: the list of webhooks with their states and the last 24 hours.

use askama::Template;
use askama::filters::HtmlSafe;

use super::alert::{Alert, TroubleCard};
use super::first_steps::{FirstSteps, StepsDone};
use super::list_filter::{WebhookFilter, list_address};
use super::sparkline::{Hour, Sparkline};
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::state::{Obstacle, OpenCounts, Progress};
use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::text::isolated;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::list_order::OrderBy;
use crate::domain::webhooks::{InboxScope, State, Webhook};
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::cut_url::CutUrl;
use crate::views::deliveries::OpenStates;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// Which page of the filtered webhooks is shown: page `page` from 1, with up to `size` of the `found` webhooks, among
/// `of` webhooks in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pagination {
    page: usize,
    size: usize,
    found: usize,
    of: usize,
}

impl Pagination {
    /// A page number outside the list becomes the nearest one inside.
    pub fn new(page: usize, size: usize, found: usize, of: usize) -> Self {
        let pages = found.div_ceil(size.max(1)).max(1);
        Self { page: page.clamp(1, pages), size, found, of }
    }

    /// The number of webhooks on the pages before.
    pub const fn before(self) -> usize {
        (self.page.saturating_sub(1)).saturating_mul(self.size)
    }

    fn previous(self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    fn next(self) -> Option<usize> {
        (self.before() + self.size < self.found).then_some(self.page + 1)
    }

    /// The list has more than one page.
    const fn is_some(self) -> bool {
        self.found > self.size
    }

    fn words(self, t: &Translator) -> String {
        let (first, last) = (self.before() + 1, (self.before() + self.size).min(self.found));
        match self.is_some() {
            true => t.list_part(t.number(first as Count), t.number(last as Count), self.found as Count),
            false => t.webhooks_count(self.found as Count),
        }
    }
}

/// The last 24 hours of all webhooks together, and the deliveries that are pending now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    pub day: Hour,
    pub open: OpenCounts,
}

/// A webhook with its recent deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    pub webhook: &'a Webhook,
    /// Its newest delivery.
    pub last: Option<&'a Delivery>,
    /// The last 24 hours, oldest first.
    pub hours: [Hour; 24],
}

/// The values of the page.
#[derive(Clone, Debug, Default)]
pub struct WebhooksInput<'a> {
    pub filter: WebhookFilter<'a>,
    /// The webhooks of this page.
    pub webhooks: Vec<Summary<'a>>,
    pub pagination: Pagination,
    /// All inboxes, for the form of the filter and the names in rows.
    pub inboxes: &'a [Inbox],
    pub totals: Totals,
    /// At most one for each webhook.
    pub alerts: Vec<Alert<'a>>,
}

/// The page. `as_list` is the part that the filter swaps.
#[derive(Template)]
#[template(path = "webhooks/list.html", blocks = ["list"])]
pub struct WebhooksPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    list: WebhooksInput<'a>,
    rows: Vec<WebhookRow<'a>>,
    trouble: Option<TroubleCard<'a>>,
    steps: Option<FirstSteps<'a>>,
    open: OpenStates,
}

impl<'a> WebhooksPage<'a> {
    pub fn new(layout: Layout<'a>, list: WebhooksInput<'a>) -> Self {
        let layout = layout.at(Place::Webhooks);
        let rows = list.webhooks.iter().map(|summary| WebhookRow::new(&layout, *summary, list.inboxes)).collect();
        let trouble = TroubleCard::new(&layout, &list.alerts);
        let open = OpenStates::new(layout.t, list.totals.open, None);
        Self { t: layout.t, layout, list, rows, trouble, open, steps: None }
    }

    /// Adds the first steps, until all of them are done.
    #[must_use]
    pub fn with_steps(self, done: StepsDone<'a>) -> Self {
        Self { steps: FirstSteps::new(&self.layout, done), ..self }
    }

    /// The beginning of the hour 23 hours ago, for the links from the totals to the log. A whole hour, so that the
    /// page does not change with every second.
    fn since(&self) -> String {
        let hour = self.t.now().seconds().div_euclid(3600) - 23;
        Timestamp::from_seconds(hour * 3600).to_string()
    }

    fn open_total(&self) -> Count {
        Count::try_from(self.list.totals.open.total()).unwrap_or(0)
    }

    fn ended(&self) -> Count {
        self.list.totals.day.delivered + self.list.totals.day.failed
    }
}

/// The row of a webhook; also the answer to its switch.
#[derive(Template)]
#[template(path = "webhooks/_row.html")]
pub struct WebhookRow<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    title: String,
    url: CutUrl,
    badge: Badge,
    /// The titles of its events, one a line.
    events: String,
    /// The address of the list, for the answer to its switch without scripts.
    back: String,
    archived: Option<Badge>,
    inboxes: String,
    sparkline: Sparkline,
    rate: Option<(String, Count)>,
    last: Option<(Badge, LastLine)>,
}

impl HtmlSafe for WebhookRow<'_> {}

/// The line under the badge of the newest delivery.
enum LastLine {
    At(Moment),
    Next(String),
}

impl<'a> WebhookRow<'a> {
    /// `inboxes` are all inboxes, for their names.
    pub fn new(layout: &Layout<'a>, summary: Summary<'a>, inboxes: &[Inbox]) -> Self {
        let (t, webhook) = (layout.t, summary.webhook);
        let day: Hour = summary.hours.iter().copied().sum();
        Self {
            layout: layout.clone(),
            t,
            webhook,
            title: webhook.title(),
            url: CutUrl::short(&layout.shown_url(&webhook.url)),
            badge: Badge::of_state(t, webhook.state),
            events: webhook.events.iter().map(|event| t.event_title(*event)).collect::<Vec<_>>().join("\n"),
            back: list_address(layout).to_owned(),
            archived: only_archived(&webhook.inboxes, inboxes).then(|| Badge {
                class: "wait",
                icon: "warn",
                text: t.archived_inbox(),
            }),
            inboxes: inbox_names(t, &webhook.inboxes, inboxes),
            sparkline: Sparkline::new(t, &summary.hours),
            rate: (day.tries() > 0).then(|| (t.percent(day.delivered, day.tries()), day.tries())),
            last: summary.last.map(|delivery| {
                let progress = Progress::of(delivery, Obstacle::of_webhook(webhook, t.now()), t.now());
                (Badge::of_delivery(t, delivery, progress.state), last_line(t, delivery, progress))
            }),
        }
    }
}

impl WebhookRow<'_> {
    /// Another address of the list.
    #[must_use]
    pub fn with_back(self, back: String) -> Self {
        Self { back, ..self }
    }
}

fn last_line(t: Translator, delivery: &Delivery, progress: Progress) -> LastLine {
    match progress.next_at {
        Some(next) => LastLine::Next(t.next_attempt_short(next)),
        None => LastLine::At(t.relative(delivery.finished_at.unwrap_or(delivery.created_at))),
    }
}

/// The selection consists of archived inboxes, which send no events.
fn only_archived(scope: &InboxScope, inboxes: &[Inbox]) -> bool {
    let InboxScope::Selected(ids) = scope else { return false };
    let gone = |id: &InboxId| inboxes.iter().any(|inbox| inbox.id == *id && inbox.archived_at.is_some());
    !ids.is_empty() && ids.iter().all(gone)
}

/// The names of the selected inboxes, or *All inboxes*.
pub(super) fn inbox_names(t: Translator, scope: &InboxScope, inboxes: &[Inbox]) -> String {
    match scope {
        InboxScope::All => t.all_inboxes(),
        InboxScope::Selected(ids) => {
            let chosen = inboxes.iter().filter(|inbox| ids.contains(&inbox.id));
            let names: Vec<_> = chosen.map(|inbox| isolated(&inbox.name)).collect();
            match names.is_empty() {
                true => t.inboxes_count(ids.len() as Count),
                false => names.join(", "),
            }
        }
    }
}

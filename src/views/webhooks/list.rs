//! `/webhooks`: the health of all webhooks at a glance.

use std::borrow::Cow;

use askama::Template;
use askama::filters::HtmlSafe;

use super::alert::{Alert, Banner};
use super::sparkline::{self, Hour, Strip};
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::{Delivery, Status};
use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::text::isolated;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::{InboxScope, State, Webhook};
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What the list shows; the query of its URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Part of a name or URL.
    pub q: &'a str,
    /// How the webhook is doing.
    pub state: Option<State>,
    /// Webhooks that get this inbox's events.
    pub inbox: Option<InboxId>,
}

impl Filter<'_> {
    fn has_state(&self, state: &State) -> bool {
        self.state.as_ref() == Some(state)
    }

    /// The list's address with this filter, at a page.
    fn link(&self, page: &usize) -> String {
        let (inbox, page) = (self.inbox.map(|id| id.to_string()), page.to_string());
        let q = Some(self.q).filter(|q| !q.is_empty());
        let pairs =
            [("q", q), ("state", self.state.map(State::as_str)), ("inbox", inbox.as_deref()), ("page", Some(&*page))];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter_map(|(key, value)| value.map(|value| (key, value))));
        format!("/webhooks?{}", query.finish())
    }

    fn has_inbox(&self, inbox: &Inbox) -> bool {
        self.inbox == Some(inbox.id)
    }
}

/// Which part of the webhooks a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    page: usize,
    size: usize,
    found: usize,
    of: usize,
}

impl Part {
    /// The page of that number, or the nearest there is, with up to `size` of the webhooks that were `found` among `of`.
    pub fn new(page: usize, size: usize, found: usize, of: usize) -> Self {
        let pages = found.div_ceil(size.max(1)).max(1);
        Self { page: page.clamp(1, pages), size, found, of }
    }

    /// Webhooks on the pages before.
    pub const fn before(self) -> usize {
        (self.page.saturating_sub(1)).saturating_mul(self.size)
    }

    fn previous(self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    fn next(self) -> Option<usize> {
        (self.before() + self.size < self.found).then_some(self.page + 1)
    }

    /// It is one of several pages.
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

/// All deliveries of the last 24 hours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Succeeded.
    pub delivered: Count,
    /// Failed.
    pub failed: Count,
    /// Still pending.
    pub pending: Count,
}

/// A webhook with what happened lately.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// The webhook.
    pub webhook: &'a Webhook,
    /// Its newest delivery.
    pub last: Option<&'a Delivery>,
    /// The last 24 hours, the oldest first.
    pub hours: [Hour; 24],
}

/// What the list is made of.
#[derive(Clone, Debug, Default)]
pub struct List<'a> {
    /// What was asked for.
    pub filter: Filter<'a>,
    /// The webhooks that match it.
    pub webhooks: Vec<Summary<'a>>,
    /// Which part of them that is.
    pub part: Part,
    /// All inboxes, for the filter and the names.
    pub inboxes: &'a [Inbox],
    /// The four numbers.
    pub totals: Totals,
    /// Webhooks that do badly, each once.
    pub alerts: Vec<Alert<'a>>,
}

/// `/webhooks`. `as_list` is the part that the filters swap.
#[derive(Template)]
#[template(path = "webhooks/list.html", blocks = ["list"])]
pub struct ListPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    list: List<'a>,
    rows: Vec<Row<'a>>,
    banners: Vec<Banner<'a>>,
    more: Count,
}

impl<'a> ListPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, list: List<'a>) -> Self {
        let shell = shell.at(Place::Webhooks);
        let rows = list.webhooks.iter().map(|summary| Row::new(&shell, *summary, list.inboxes)).collect();
        let (banners, more) = Banner::worst(&shell, &list.alerts);
        Self { t: shell.t, shell, list, rows, banners, more }
    }

    /// A day ago: the numbers lead to the deliveries that they count. To the hour, so that the page stays the same
    /// for an hour.
    fn since(&self) -> String {
        let hour = self.t.now().seconds().div_euclid(3600) - 23;
        Timestamp::from_seconds(hour * 3600).to_string()
    }

    fn ended(&self) -> Count {
        self.list.totals.delivered + self.list.totals.failed
    }
}

/// One webhook of the list; also the answer to its switch.
#[derive(Template)]
#[template(path = "webhooks/_row.html")]
pub struct Row<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    title: String,
    url: Cow<'a, str>,
    shown_url: String,
    badge: Option<Badge>,
    archived: Option<Badge>,
    inboxes: String,
    strip: Strip,
    rate: Option<(String, Count)>,
    last: Option<(Badge, LastLine)>,
}

impl HtmlSafe for Row<'_> {}

/// What stands under the badge of the last delivery.
enum LastLine {
    At(Moment),
    Next(String),
}

impl<'a> Row<'a> {
    /// The row; `inboxes` are all inboxes, for their names.
    pub fn new(shell: &Shell<'a>, summary: Summary<'a>, inboxes: &[Inbox]) -> Self {
        let (t, webhook) = (shell.t, summary.webhook);
        let url = shell.shown_url(&webhook.url);
        let (delivered, ended) = sparkline::totals(&summary.hours);
        Self {
            shell: shell.clone(),
            t,
            webhook,
            title: webhook.title(),
            shown_url: without_scheme(&url),
            url,
            badge: (webhook.state != State::Active).then(|| Badge::of_state(t, webhook.state)),
            archived: only_archived(&webhook.inboxes, inboxes).then(|| Badge {
                class: "wait",
                icon: "warn",
                text: t.archived_inbox(),
            }),
            inboxes: inbox_names(t, &webhook.inboxes, inboxes),
            strip: Strip::new(t, &summary.hours),
            rate: (ended > 0).then(|| (t.percent(delivered, ended), ended)),
            last: summary.last.map(|delivery| (Badge::of_delivery(t, delivery), last_line(t, delivery))),
        }
    }
}

fn last_line(t: Translator, delivery: &Delivery) -> LastLine {
    match (delivery.status, delivery.next_attempt_at) {
        (Status::Pending, Some(next)) if delivery.attempts > 0 => LastLine::Next(t.next_attempt(next)),
        _ => LastLine::At(t.relative(delivery.finished_at.unwrap_or(delivery.created_at))),
    }
}

/// The address without its scheme, which is nearly always the same, and with a Unicode host.
fn without_scheme(url: &str) -> String {
    url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/').to_owned()
}

/// No inbox of the selection is left to send events.
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

//! `/webhooks`: the health of all webhooks at a glance.

use askama::Template;
use askama::filters::HtmlSafe;

use super::alert::{Alert, Banner};
use super::strip::{self, Hour, Strip};
use crate::domain::delivery::{Delivery, Status};
use crate::domain::id::InboxId;
use crate::domain::inbox::Inbox;
use crate::domain::user::Language;
use crate::domain::webhook::{InboxScope, State, Webhook};
use crate::i18n::{Count, Moment, Translator};
use crate::views::filters;
use crate::views::parts::Badge;
use crate::views::shell::{Notice, Place, Shell};

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

    fn has_inbox(&self, inbox: &Inbox) -> bool {
        self.inbox == Some(inbox.id)
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
    /// How many webhooks there are in all.
    pub of: Count,
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
        let (delivered, ended) = strip::totals(&summary.hours);
        Self {
            shell: shell.clone(),
            t,
            webhook,
            title: webhook.title(),
            shown_url: shown_url(webhook),
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
fn shown_url(webhook: &Webhook) -> String {
    let url = webhook.url.as_str();
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
            let names: Vec<&str> = chosen.map(|inbox| inbox.name.as_str()).collect();
            match names.is_empty() {
                true => t.inboxes_count(ids.len() as Count),
                false => names.join(", "),
            }
        }
    }
}

//! `/received/{id}`: one event, the deliveries made of it, and for whom it was not.

use std::borrow::Cow;

use askama::Template;

use super::received::{Fate, ReceivedLine};
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, InboxId};
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::deliveries::Json;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// The event.
    pub line: ReceivedLine<'a>,
    /// The inbox it came from.
    pub inbox_id: Option<InboxId>,
    /// The event it was derived from.
    pub source: Option<EventId>,
    /// The events that were derived from it.
    pub derived: &'a [(EventId, EventName)],
    /// What was made of it, the first first.
    pub deliveries: &'a [Delivery],
    /// All webhooks, as they are set now.
    pub webhooks: &'a [Webhook],
    /// Its JSON.
    pub body: &'a [u8],
}

/// One received event.
#[derive(Template)]
#[template(path = "events/received_event.html")]
pub struct EventPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    view: EventView<'a>,
    rows: Vec<Row<'a>>,
    /// Webhooks that did not get it, and why.
    others: Vec<(&'a Webhook, String)>,
    /// Webhooks that it can be sent to.
    targets: Vec<&'a Webhook>,
    body: Json,
    cut: bool,
}

struct Row<'a> {
    delivery: &'a Delivery,
    /// The webhook's title, unless it was deleted.
    title: Option<String>,
    badge: Badge,
    attempts: Count,
    time: Moment,
}

/// So much of a body is shown; all of it is a link away.
const SHOWN: usize = 64 * 1024;

impl<'a> EventPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, view: EventView<'a>) -> Self {
        let t = shell.t;
        let title = |id| view.webhooks.iter().find(|webhook| webhook.id == id).map(Webhook::title);
        let row = |delivery: &'a Delivery| Row {
            delivery,
            title: title(delivery.webhook_id),
            badge: Badge::of_delivery(t, delivery),
            attempts: delivery.attempts.unsigned_abs().into(),
            time: t.log_time(delivery.created_at),
        };
        let got = |webhook: &Webhook| view.deliveries.iter().any(|delivery| delivery.webhook_id == webhook.id);
        let is_test = view.line.fate == Fate::Test;
        let others = view.webhooks.iter().filter(|webhook| !is_test && !got(webhook));
        let targets = view.webhooks.iter().filter(|webhook| !is_test && webhook.enabled && shell.may_write());
        let cut = view.body.len() > SHOWN;
        Self {
            t,
            rows: view.deliveries.iter().map(row).collect(),
            others: others.map(|webhook| (webhook, why_not(t, webhook, &view))).collect(),
            targets: targets.collect(),
            body: Json::new(&shown(view.body)),
            cut,
            shell: shell.at(Place::Deliveries),
            view,
        }
    }
}

impl EventPage<'_> {
    fn accepted(&self) -> Moment {
        self.t.date_with_seconds(self.view.line.at)
    }
}

/// Why a webhook did not get an event, by its present settings.
fn why_not(t: Translator, webhook: &Webhook, view: &EventView) -> String {
    if !webhook.events.contains(&view.line.event) {
        t.not_for(Unmatched::Unsubscribed)
    } else if !webhook.inboxes.passes(view.inbox_id) {
        t.not_for(Unmatched::OtherInbox)
    } else if !webhook.enabled {
        t.not_for(Unmatched::Off)
    } else {
        t.not_for_then()
    }
}

/// The beginning of a body that is too long to be shown.
fn shown(body: &[u8]) -> Cow<'_, [u8]> {
    match body.get(..SHOWN) {
        Some(beginning) => Cow::Owned([beginning, "…".as_bytes()].concat()),
        None => Cow::Borrowed(body),
    }
}

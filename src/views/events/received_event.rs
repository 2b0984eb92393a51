//! `/received/{id}`: one event, its deliveries, and the webhooks that did not get it.

use std::borrow::Cow;

use askama::Template;

use super::received::{Fate, ReceivedLine};
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::state::{Obstacle, Progress};
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, InboxId};
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::Badge;
use crate::views::deliveries::Json;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The values of the page.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    pub line: ReceivedLine<'a>,
    pub inbox_id: Option<InboxId>,
    /// The event that it was derived from.
    pub source: Option<EventId>,
    /// The events derived from it.
    pub derived: &'a [(EventId, EventName)],
    /// Its deliveries, oldest first.
    pub deliveries: &'a [Delivery],
    /// All webhooks with their present settings.
    pub webhooks: &'a [Webhook],
    /// Its body, as stored.
    pub body: &'a [u8],
}

#[derive(Template)]
#[template(path = "events/received_event.html")]
pub struct EventPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    view: EventView<'a>,
    rows: Vec<Row<'a>>,
    /// Webhooks that did not get it, by reason.
    others: Vec<(String, Vec<&'a Webhook>)>,
    /// Webhooks that it can be sent to by hand.
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

/// A longer body is cut on the page; a link leads to the whole body.
const BODY_SHOWN_MAX_BYTES: usize = 64 * 1024;

impl<'a> EventPage<'a> {
    pub fn new(layout: Layout<'a>, view: EventView<'a>) -> Self {
        let t = layout.t;
        let title = |id| view.webhooks.iter().find(|webhook| webhook.id == id).map(Webhook::title);
        let progress = |delivery: &Delivery| {
            let webhook = view.webhooks.iter().find(|webhook| webhook.id == delivery.webhook_id);
            Progress::of(delivery, webhook.and_then(|webhook| Obstacle::of_webhook(webhook, t.now())), t.now())
        };
        let row = |delivery: &'a Delivery| Row {
            delivery,
            title: title(delivery.webhook_id),
            badge: Badge::of_delivery(t, delivery, progress(delivery).state),
            attempts: delivery.attempts.unsigned_abs().into(),
            time: t.log_time(delivery.created_at),
        };
        let got = |webhook: &Webhook| view.deliveries.iter().any(|delivery| delivery.webhook_id == webhook.id);
        let is_test = view.line.fate == Fate::Test;
        let others = view.webhooks.iter().filter(|webhook| !is_test && !got(webhook));
        let targets = view.webhooks.iter().filter(|webhook| !is_test && webhook.enabled && layout.may_write());
        let cut = view.body.len() > BODY_SHOWN_MAX_BYTES;
        Self {
            t,
            rows: view.deliveries.iter().map(row).collect(),
            others: by_reason(others.map(|webhook| (why_not(t, webhook, &view), webhook))),
            targets: targets.collect(),
            body: Json::new(&shown(view.body)),
            cut,
            layout: layout.at(Place::Deliveries),
            view,
        }
    }
}

impl EventPage<'_> {
    /// The number of webhooks that did not get it.
    fn left_out(&self) -> Count {
        self.others.iter().map(|(_, webhooks)| webhooks.len() as Count).sum()
    }

    fn accepted(&self) -> Moment {
        self.t.date_with_seconds(self.view.line.accepted_at)
    }
}

fn by_reason<'a>(pairs: impl Iterator<Item = (String, &'a Webhook)>) -> Vec<(String, Vec<&'a Webhook>)> {
    let mut groups: Vec<(String, Vec<&Webhook>)> = Vec::new();
    for (why, webhook) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, webhooks)) => webhooks.push(webhook),
            None => groups.push((why, vec![webhook])),
        }
    }
    groups
}

/// Why a webhook did not get the event, judged by its present settings.
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

/// The body, cut at `BODY_SHOWN_MAX_BYTES`.
fn shown(body: &[u8]) -> Cow<'_, [u8]> {
    match body.get(..BODY_SHOWN_MAX_BYTES) {
        Some(beginning) => Cow::Owned([beginning, "…".as_bytes()].concat()),
        None => Cow::Borrowed(body),
    }
}

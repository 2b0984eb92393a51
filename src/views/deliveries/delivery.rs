//! `/deliveries/{id}`: one delivery with its attempts, the explanation of a failure, and its event.

use std::time::Duration;

use askama::Template;

use super::json::Json;
use super::outcome::Outcome;
use super::progress;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::state::{DeliveryState, Obstacle, Progress};
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Status, Trigger, curl_command};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::{Badge, ShownHeader};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The values of the page.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryView<'a> {
    pub delivery: &'a Delivery,
    /// `None` if it was deleted.
    pub webhook: Option<&'a Webhook>,
    /// The name of its inbox.
    pub inbox: Option<&'a str>,
    /// Other deliveries of the same event to the same webhook, newest first.
    pub other_deliveries: &'a [Delivery],
    /// The next older and the next newer delivery of the webhook.
    pub neighbours: (Option<DeliveryId>, Option<DeliveryId>),
    /// The delivery that this one sends again, unless retention has removed it.
    pub resend_of: Option<DeliveryId>,
    /// The newest delivery that sends this one again.
    pub resent_as: Option<DeliveryId>,
    /// The delivery that was just made by sending this one again.
    pub sent_again: Option<DeliveryId>,
    /// Oldest first.
    pub attempts: &'a [Attempt],
    /// The user sees only the status of answers, not headers and bodies.
    pub answers_hidden: bool,
    /// The number of attempts in the retry schedule.
    pub schedule: Count,
    /// The event's JSON; `None` after retention has deleted it.
    pub body: Option<&'a [u8]>,
    /// The number of the attempt to show; the latest attempt if it has no such attempt.
    pub chosen: Option<i32>,
    /// Show the body as it was sent, without indentation.
    pub raw: bool,
    /// Days for which bodies are kept.
    pub retention_days: Count,
}

/// The page. `as_delivery` is the part that polling and cancelling swap, `as_attempts` the part that sending again
/// swaps.
#[derive(Template)]
#[template(path = "deliveries/delivery.html", blocks = ["delivery", "attempts", "sent_again"])]
pub struct DeliveryPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    view: DeliveryView<'a>,
    badge: Badge,
    progress: Progress,
    timeline: Vec<TimelineEntry<'a>>,
    chosen: Option<ChosenAttempt<'a>>,
    explanation: Option<Explanation>,
    body: Option<(Json, String)>,
    /// The address to which the guard refused the shown attempt; only for administrators.
    refused: Option<&'a str>,
    curl: Option<String>,
    other_deliveries: Vec<OtherDelivery>,
}

/// Another delivery of the same event to the same webhook.
struct OtherDelivery {
    id: DeliveryId,
    badge: Badge,
    trigger: String,
    time: Moment,
}

/// An attempt in the timeline.
struct TimelineEntry<'a> {
    number: Count,
    icon: (&'static str, &'static str),
    time: Moment,
    outcome: Outcome<'a>,
    current: bool,
}

/// The attempt whose request and answer are shown.
struct ChosenAttempt<'a> {
    number: Count,
    outcome: Outcome<'a>,
    request: Vec<ShownHeader<'a>>,
    remote_ip: Option<&'a str>,
}

/// The notice at the top: what went wrong, what to do, what happens next.
struct Explanation {
    title: String,
    advice: String,
    next: String,
}

impl DeliveryView<'_> {
    /// The state of this delivery or another one to the same webhook.
    fn progress(&self, delivery: &Delivery, now: Timestamp) -> Progress {
        Progress::of(delivery, self.webhook.and_then(|webhook| Obstacle::of_webhook(webhook, now)), now)
    }
}

impl<'a> DeliveryPage<'a> {
    pub fn new(layout: Layout<'a>, view: DeliveryView<'a>) -> Self {
        let t = layout.t;
        let progress = view.progress(view.delivery, t.now());
        let timeout = view.webhook.map(|webhook| webhook.options).unwrap_or_default().timeout_s;
        let latest = view.attempts.last();
        let chosen = view.attempts.iter().find(|attempt| Some(attempt.number) == view.chosen).or(latest);
        let may_write = layout.may_write();
        let entry = |attempt: &'a Attempt| {
            let current = chosen.is_some_and(|chosen| chosen.number == attempt.number);
            TimelineEntry::new(t, attempt, timeout, view.delivery.trigger, current)
        };
        Self {
            t,
            layout: layout.at(Place::Deliveries),
            badge: Badge::of_delivery(t, view.delivery, progress.state),
            progress,
            timeline: view.attempts.iter().rev().map(entry).collect(),
            chosen: chosen.map(|attempt| ChosenAttempt::new(t, attempt, timeout, view.delivery.trigger)),
            explanation: explain(t, &view, progress, timeout),
            body: view.body.map(|body| {
                let json = if view.raw { Json::raw(body) } else { Json::new(body) };
                (json, t.size(body.len()))
            }),
            curl: chosen.filter(|_| may_write).and_then(|attempt| curl(&view, attempt)),
            other_deliveries: view
                .other_deliveries
                .iter()
                .map(|other| OtherDelivery::new(t, other, view.progress(other, t.now()).state))
                .collect(),
            view,
            refused: None,
        }
    }

    /// Adds the address to which the guard refused the shown attempt.
    #[must_use]
    pub fn with_refused(self, address: Option<&'a str>) -> Self {
        Self { refused: address, ..self }
    }

    fn is_open(&self) -> bool {
        self.view.delivery.status == Status::Pending
    }

    /// The next attempt is under way or due within two minutes: the page polls every three seconds.
    fn is_near(&self) -> bool {
        let soon = self.t.now().after(Duration::from_secs(120));
        let near = |delivery: &Delivery| {
            delivery.status == Status::Pending && delivery.next_attempt_at.is_none_or(|next| next < soon)
        };
        self.is_on() && std::iter::once(self.view.delivery).chain(self.view.other_deliveries).any(near)
    }

    /// Identifies what the page shows. The poll sends it, and the page is rendered again only if it has changed.
    pub fn state(&self) -> String {
        let one = |delivery: &Delivery| {
            let sending = if delivery.leased_until.is_some() { "." } else { "" };
            let state = self.view.progress(delivery, self.t.now()).state;
            format!("{}{}{sending}", state.as_str(), delivery.attempts)
        };
        std::iter::once(self.view.delivery).chain(self.view.other_deliveries).map(one).collect::<Vec<_>>().join("-")
    }

    /// The notice at the top is about the shown attempt, so that its cause need not be repeated.
    fn is_explained(&self) -> bool {
        let failed = self.view.attempts.iter().rev().find(|attempt| attempt.cause.is_some());
        let shown = self.chosen.as_ref().map(|chosen| chosen.number);
        self.explanation.is_some() && failed.map(|attempt| count(attempt.number)) == shown
    }

    fn is_on(&self) -> bool {
        self.view.webhook.is_some_and(|webhook| webhook.enabled)
    }

    fn resends(&self) -> bool {
        self.layout.may_write() && self.is_on() && self.view.delivery.trigger != Trigger::Test
    }

    /// The address of the page with an attempt, a form of the body, and the state that the browser has seen.
    fn address(&self, attempt: Option<&Count>, raw: bool, seen: Option<&str>) -> String {
        let attempt = attempt.map(|number| format!("attempt={number}"));
        let seen = seen.map(|state| format!("seen={state}"));
        let query: Vec<_> = [attempt, raw.then(|| "body=raw".to_owned()), seen].into_iter().flatten().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/deliveries/{}{mark}{}", self.view.delivery.id, query.join("&"))
    }

    fn poll(&self) -> String {
        let chosen = self.view.chosen.map(count);
        self.address(chosen.as_ref(), self.view.raw, Some(&self.state()))
    }

    fn of_attempt(&self, number: &Count) -> String {
        self.address(Some(number), self.view.raw, None)
    }

    fn other_body(&self) -> String {
        let chosen = self.view.chosen.map(count);
        self.address(chosen.as_ref(), !self.view.raw, None)
    }

    /// The number of the next attempt and its time, if that is known.
    fn planned(&self) -> Option<(Count, Option<Moment>)> {
        let delivery = self.view.delivery;
        let waits = self.is_open() && delivery.leased_until.is_none();
        let at = self.progress.next_at.map(|at| self.t.log_time(at));
        waits.then(|| (count(delivery.attempts) + 1, at))
    }

    /// What the next attempt waits for: its webhook, its time, or its turn once the time has passed.
    fn planned_words(&self) -> String {
        let t = self.t;
        match (self.progress.obstacle, self.progress.next_at) {
            (Some(_), _) => t.delivery_state(self.progress.state),
            (None, None) => t.attempt_waits(),
            (None, Some(at)) => {
                t.fresh(at).map_or_else(|| t.attempt_scheduled(), |moment| t.attempt_scheduled_in(moment.text))
            }
        }
    }

    /// Why it is held or waits, and when the next attempt follows; empty in other states.
    fn obstacle(&self) -> String {
        match self.progress.obstacle {
            None => String::new(),
            Some(_) => progress::outlook(self.t, self.progress),
        }
    }

    /// It failed, and could be sent again if the webhook were on.
    fn is_resent_when_on(&self) -> bool {
        let is_off = self.view.webhook.is_some_and(|webhook| !webhook.enabled);
        is_off
            && self.layout.may_write()
            && self.view.delivery.status == Status::Failed
            && self.view.delivery.trigger != Trigger::Test
    }

    fn made(&self) -> Count {
        count(self.view.delivery.attempts)
    }

    fn purged(&self) -> String {
        self.t.body_deleted(self.view.retention_days)
    }
}

/// The attempt as a curl command with the whole URL; `None` once the webhook or the body has been deleted.
fn curl(view: &DeliveryView, attempt: &Attempt) -> Option<String> {
    let (webhook, body) = (view.webhook?, view.body?);
    // The headers of an attempt are stored when it ends.
    let headers = Some(&attempt.request_headers).filter(|headers| !headers.is_empty())?;
    curl_command::command(webhook.url.as_str(), headers, body)
}

impl OtherDelivery {
    fn new(t: Translator, delivery: &Delivery, state: DeliveryState) -> Self {
        Self {
            id: delivery.id,
            badge: Badge::of_delivery(t, delivery, state),
            trigger: t.trigger(delivery.trigger),
            time: t.log_time(delivery.created_at),
        }
    }
}

impl<'a> TimelineEntry<'a> {
    fn new(t: Translator, attempt: &'a Attempt, timeout_s: u8, trigger: Trigger, current: bool) -> Self {
        let icon = match attempt.outcome {
            AttemptOutcome::Started => ("wait", "send"),
            AttemptOutcome::Succeeded => ("ok", "ok"),
            AttemptOutcome::Failed => ("bad", "bad"),
            AttemptOutcome::Interrupted => ("wait", "warn"),
        };
        let time = t.log_time(attempt.started_at);
        let outcome = Outcome::new(t, attempt, timeout_s, trigger);
        Self { number: count(attempt.number), icon, time, outcome, current }
    }
}

impl<'a> ChosenAttempt<'a> {
    fn new(t: Translator, attempt: &'a Attempt, timeout_s: u8, trigger: Trigger) -> Self {
        Self {
            number: count(attempt.number),
            outcome: Outcome::new(t, attempt, timeout_s, trigger),
            request: ShownHeader::all(&attempt.request_headers),
            remote_ip: attempt.remote_ip.as_deref(),
        }
    }
}

/// Explains a delivery that has not succeeded; `None` before its first attempt has ended.
fn explain(t: Translator, view: &DeliveryView, progress: Progress, timeout_s: u8) -> Option<Explanation> {
    let delivery = view.delivery;
    if delivery.status == Status::Success {
        return None;
    }
    let next = match (delivery.reason, progress.next_at.filter(|_| progress.obstacle.is_none())) {
        (Some(reason), _) => t.reason(reason),
        (None, Some(at)) => t.next_attempt(at),
        (None, None) => String::new(),
    };
    let outcome = view.attempts.iter().rev().find(|attempt| attempt.cause.is_some());
    let outcome = outcome.map(|attempt| Outcome::new(t, attempt, timeout_s, delivery.trigger));
    match outcome {
        Some(outcome) => Some(Explanation { title: outcome.cause, advice: outcome.advice, next }),
        None if delivery.reason.is_some() => {
            Some(Explanation { title: next, advice: String::new(), next: String::new() })
        }
        None => None,
    }
}

fn count(number: i32) -> Count {
    number.unsigned_abs().into()
}

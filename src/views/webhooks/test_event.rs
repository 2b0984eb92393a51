//! `/webhooks/{id}/test`: sends a sample and shows the receiver's answer.

use askama::Template;

use super::Tab;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::{Attempt, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::DeliveryId;
use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::header::sent_name;
use crate::i18n::{Count, Translator};
use crate::views::components::{Badge, FormErrors, Redacted};
use crate::views::deliveries::Outcome;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields of the form, and the result of the last test.
#[derive(Clone, Copy, Debug)]
pub struct TestForm<'a> {
    pub event: EventName,
    /// JSON, as typed.
    pub body: &'a str,
    pub problems: &'a Problems,
    /// The test delivery that was made, with its only attempt.
    pub sent: Option<(DeliveryId, &'a Attempt)>,
}

/// The page. `as_sample` is all below the tabs, which choosing an event swaps; `as_result` is the answer to sending.
#[derive(Template)]
#[template(path = "webhooks/test_event.html", blocks = ["sample", "result"])]
pub struct TestPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    form: TestForm<'a>,
    errors: FormErrors<'a>,
    others: Vec<EventName>,
    outcome: Option<Outcome<'a>>,
    clears: bool,
}

impl<'a> TestPage<'a> {
    pub fn new(layout: Layout<'a>, webhook: &'a Webhook, form: TestForm<'a>) -> Self {
        let t = layout.t;
        let others = EventName::ALL.iter().copied().filter(|event| !webhook.events.contains(event));
        Self {
            t,
            layout: layout.at(Place::Webhooks),
            webhook,
            badge: Badge::of_state(t, webhook.state),
            tab: Tab::Test,
            others: others.collect(),
            errors: FormErrors::new(t, t.test_not_sent(), form.problems),
            outcome: form.sent.map(|(_, attempt)| Outcome::new(t, attempt, webhook.options.timeout_s, Trigger::Test)),
            form,
            clears: false,
        }
    }

    /// The empty result as an out-of-band swap: beside an error, no earlier result is shown.
    #[must_use]
    pub fn clearing(self) -> Self {
        Self { clears: true, ..self }
    }

    fn clears(&self) -> bool {
        self.clears
    }

    /// The height of the body's field in lines: 8 to 24.
    fn lines(&self) -> Count {
        (self.form.body.lines().count() as Count).clamp(8, 24)
    }

    fn redacted(&self) -> Redacted<'a> {
        Redacted { t: self.t }
    }
}

//! `/webhooks/{id}/test`: send a sample and see what the receiver answers.

use askama::Template;

use super::Tab;
use crate::domain::accounts::user::Language;
use crate::domain::deliveries::Attempt;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::DeliveryId;
use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::{Webhook, header};
use crate::i18n::{Count, Translator};
use crate::views::components::{Badge, ErrorSlot, ErrorSummary, Redacted};
use crate::views::deliveries::Outcome;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What is to be sent, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct TestForm<'a> {
    /// The event.
    pub event: EventName,
    /// The JSON, as typed.
    pub body: &'a str,
    /// What is wrong with it.
    pub problems: &'a Problems,
    /// The delivery that was made, with its one attempt.
    pub sent: Option<(DeliveryId, &'a Attempt)>,
}

/// The test page. `as_sample` is what choosing an event swaps: all below the tabs, `as_result` the answer to sending.
#[derive(Template)]
#[template(path = "webhooks/test_event.html", blocks = ["sample", "result"])]
pub struct TestPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    form: TestForm<'a>,
    others: Vec<EventName>,
    outcome: Option<Outcome<'a>>,
}

impl<'a> TestPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, webhook: &'a Webhook, form: TestForm<'a>) -> Self {
        let t = shell.t;
        let others = EventName::ALL.iter().copied().filter(|event| !webhook.events.contains(event));
        Self {
            t,
            shell: shell.at(Place::Webhooks),
            webhook,
            badge: Badge::of_state(t, webhook.state),
            tab: Tab::Test,
            others: others.collect(),
            outcome: form.sent.map(|(_, attempt)| Outcome::new(t, attempt, webhook.timeout_s)),
            form,
        }
    }

    fn summary(&self) -> ErrorSummary<'a> {
        ErrorSummary::new(self.t, self.t.test_not_sent(), self.form.problems).without_saving()
    }

    fn err(&self, field: Field) -> ErrorSlot {
        ErrorSlot::new(self.t, self.form.problems, &field)
    }

    /// Lines of the body, so that the field shows most of it.
    fn lines(&self) -> Count {
        (self.form.body.lines().count() as Count).clamp(8, 24)
    }

    fn redacted(&self) -> Redacted<'a> {
        Redacted { t: self.t }
    }
}

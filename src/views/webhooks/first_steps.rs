//! The first steps of an installation, above the list until all of them are done.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::Layout;

/// Which of the first steps have been done.
#[derive(Clone, Copy, Debug)]
pub struct StepsDone<'a> {
    /// A webhook was added.
    pub webhook: bool,
    /// An API token was created.
    pub token: bool,
    /// An event was accepted that is no test.
    pub event: bool,
    /// The public URL without a trailing slash, for the command.
    pub server: &'a str,
}

/// The card with the steps.
#[derive(Template)]
#[template(path = "webhooks/_first_steps.html")]
pub struct FirstSteps<'a> {
    t: Translator<'a>,
    webhook: bool,
    token: bool,
    event: bool,
    server: &'a str,
}

impl HtmlSafe for FirstSteps<'_> {}

/// The number of a step, or a tick.
#[derive(Template)]
#[template(
    source = r#"<span class="mark-step" aria-hidden="true">{% if done %}{{ "ok"|icon }}{% else %}{{ number }}{% endif %}</span>"#,
    ext = "html"
)]
struct Mark {
    number: Count,
    done: bool,
}

impl HtmlSafe for Mark {}

impl<'a> FirstSteps<'a> {
    /// `None` if all steps are done, or if the user may not do them.
    pub fn new(layout: &Layout<'a>, done: StepsDone<'a>) -> Option<Self> {
        let StepsDone { webhook, token, event, server } = done;
        let is_open = layout.may_write() && !(webhook && token && event);
        is_open.then_some(Self { t: layout.t, webhook, token, event, server })
    }

    fn done(&self) -> Count {
        Count::from(self.webhook) + Count::from(self.token) + Count::from(self.event)
    }

    fn mark(&self, number: Count, done: &bool) -> Mark {
        Mark { number, done: *done }
    }
}

//! `/webhooks/{id}/held`: send or discard the held deliveries.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The question before a webhook with held deliveries is turned on.
#[derive(Template)]
#[template(path = "webhooks/held_deliveries.html")]
pub struct HeldPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    held: Count,
}

impl<'a> HeldPage<'a> {
    /// `held` is the number of held deliveries.
    pub fn new(layout: Layout<'a>, webhook: &'a Webhook, held: Count) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Webhooks), webhook, held }
    }
}

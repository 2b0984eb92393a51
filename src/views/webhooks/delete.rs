//! `/webhooks/{id}/delete`: the consequences, and turning off as the alternative.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The question before a webhook is deleted.
#[derive(Template)]
#[template(path = "webhooks/delete.html")]
pub struct DeletePage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    pending: Count,
    retention_days: Count,
}

impl<'a> DeletePage<'a> {
    /// `pending` deliveries will be cancelled; the log keeps what it has for `retention_days`.
    pub fn new(layout: Layout<'a>, webhook: &'a Webhook, pending: Count, retention_days: Count) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Webhooks), webhook, pending, retention_days }
    }
}

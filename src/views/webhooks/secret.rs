//! `/webhooks/{id}/secret`: shows a new signing secret once, and replaces it.

use askama::Template;

use super::Tab;
use crate::domain::accounts::user::Language;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Moment, Translator};
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

#[derive(Template)]
#[template(path = "webhooks/secret.html")]
pub struct SecretPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    new_key: Option<&'a str>,
    old_until: Option<Moment>,
}

impl<'a> SecretPage<'a> {
    /// `new_key` is set right after it was created, and never shown again.
    pub fn new(layout: Layout<'a>, webhook: &'a Webhook, new_key: Option<&'a str>) -> Self {
        let t = layout.t;
        let old_until = webhook.old_secret_until.filter(|until| *until > t.now()).map(|until| t.date(until));
        let badge = Badge::of_state(t, webhook.state);
        Self { t, layout: layout.at(Place::Webhooks), webhook, badge, tab: Tab::Secret, new_key, old_until }
    }
}

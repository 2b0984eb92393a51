//! `/inboxes` and `/inboxes/{id}/edit`.

use askama::Template;

use super::components::FormErrors;
use super::filters;
use super::layout::{Layout, Notice, Place};
use crate::domain::accounts::user::Language;
use crate::domain::inboxes::Inbox;
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::Webhook;
use crate::i18n::Translator;

/// The fields as typed or stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct InboxInput<'a> {
    pub name: &'a str,
    /// The help desk's own id of the inbox.
    pub external_id: &'a str,
    /// The channel type as Chatwoot names it, such as `Channel::Telegram`.
    pub channel_type: &'a str,
}

impl<'a> InboxInput<'a> {
    /// The fields of a stored inbox.
    pub fn of(inbox: &'a Inbox) -> Self {
        let text = |value: &'a Option<String>| value.as_deref().unwrap_or_default();
        Self { name: &inbox.name, external_id: text(&inbox.external_id), channel_type: text(&inbox.channel_type) }
    }
}

/// An inbox with the webhooks that are limited to it.
#[derive(Clone, Debug)]
pub struct InboxRow<'a> {
    pub inbox: &'a Inbox,
    /// Webhooks whose selection includes it.
    pub webhooks: Vec<&'a Webhook>,
}

/// `/inboxes`.
#[derive(Template)]
#[template(path = "inboxes/list.html")]
pub struct InboxesPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    rows: Vec<InboxRow<'a>>,
    typed: InboxInput<'a>,
    errors: FormErrors<'a>,
}

impl<'a> InboxesPage<'a> {
    /// The list with the form to add one: empty, or with what was typed and its problems.
    pub fn new(layout: Layout<'a>, rows: Vec<InboxRow<'a>>, typed: InboxInput<'a>, problems: &'a Problems) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.inbox_not_saved(), problems);
        Self { t: layout.t, layout: layout.at(Place::Inboxes), rows, typed, errors }
    }
}

/// `/inboxes/{id}/edit`.
#[derive(Template)]
#[template(path = "inboxes/edit.html")]
pub struct EditPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    inbox: &'a Inbox,
    typed: InboxInput<'a>,
    errors: FormErrors<'a>,
}

impl<'a> EditPage<'a> {
    /// The form of `inbox`, with what was typed.
    pub fn new(layout: Layout<'a>, inbox: &'a Inbox, typed: InboxInput<'a>, problems: &'a Problems) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.inbox_not_saved(), problems);
        Self { t: layout.t, layout: layout.at(Place::Inboxes), inbox, typed, errors }
    }
}

//! `/webhooks/new` and `/webhooks/{id}/edit`.

use std::collections::HashSet;

use askama::Template;

use super::conflict::{self, Conflict};
use super::header_row::{HeaderFields, headers_refused_today};
use crate::domain::accounts::user::Language;
use crate::domain::events::catalogue::{EventName, Group};
use crate::domain::inboxes::Inbox;
use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::authorization::Method;
use crate::forms::webhook::WebhookForm;
use crate::i18n::{Count, Moment, Translator};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The values of the form.
#[derive(Clone, Copy, Debug)]
pub struct FormInput<'a> {
    /// The stored webhook; `None` for a new one.
    pub webhook: Option<&'a Webhook>,
    /// The fields as typed or stored.
    pub form: &'a WebhookForm,
    /// All inboxes; an archived one is offered only if it is selected.
    pub inboxes: &'a [Inbox],
    pub problems: &'a Problems,
}

#[derive(Template)]
#[template(path = "webhooks/form.html")]
pub struct FormPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: Option<&'a Webhook>,
    form: &'a WebhookForm,
    errors: FormErrors<'a>,
    groups: Vec<EventGroup>,
    inboxes: Vec<(&'a Inbox, bool)>,
    headers: Vec<HeaderFields<'a>>,
    next: usize,
    /// Names the stored headers that today's rules refuse.
    refused: Option<String>,
    original: Option<String>,
    conflicts: Vec<Conflict>,
    /// The schemes that this installation allows.
    url_hint: String,
}

/// A fieldset of events.
struct EventGroup {
    id: String,
    title: String,
    ticked: Count,
    /// Closed until one of its events is selected.
    folds: bool,
    events: Vec<Tick>,
}

struct Tick {
    event: EventName,
    ticked: bool,
    first: bool,
}

impl<'a> FormPage<'a> {
    pub fn new(layout: Layout<'a>, input: FormInput<'a>) -> Self {
        let (t, form) = (layout.t, input.form);
        let selected: HashSet<&str> = form.inboxes.iter().map(String::as_str).collect();
        let chosen = |inbox: &Inbox| selected.contains(inbox.id.to_string().as_str());
        let offered = input.inboxes.iter().filter(|inbox| inbox.archived_at.is_none() || chosen(inbox));
        let headers = HeaderFields::all(t, &form.headers, input.webhook, input.problems);
        Self {
            t,
            layout: layout.at(Place::Webhooks),
            webhook: input.webhook,
            form,
            errors: FormErrors::new(t, t.form_not_saved(), input.problems),
            groups: groups(t, form),
            inboxes: offered.map(|inbox| (inbox, chosen(inbox))).collect(),
            next: headers.len(),
            headers,
            refused: input.webhook.and_then(|webhook| headers_refused_today(t, webhook)),
            original: None,
            conflicts: Vec::new(),
            url_hint: t.webhook_url_hint(),
        }
    }

    /// Says which schemes this installation allows.
    #[must_use]
    pub fn under(self, policy: &AddressPolicy) -> Self {
        let url_hint = match (policy.allows_http(), policy.has_allow_list()) {
            (true, _) => self.t.webhook_url_hint_http(),
            (false, true) => self.t.webhook_url_hint_networks(),
            (false, false) => self.url_hint,
        };
        Self { url_hint, ..self }
    }

    /// Names the webhook that this one is a copy of.
    #[must_use]
    pub fn copied_from(self, original: Option<&Webhook>) -> Self {
        Self { original: original.map(Webhook::title), ..self }
    }

    /// Adds the fields in which the form differs from `stored`, which another user saved in the meantime.
    #[must_use]
    pub fn with_conflicts(self, stored: &Webhook) -> Self {
        let names: Vec<&Inbox> = self.inboxes.iter().map(|(inbox, _)| *inbox).collect();
        Self { conflicts: conflict::all(self.t, self.form, stored, &names), ..self }
    }

    fn heading(&self) -> String {
        if self.webhook.is_some() { self.t.edit_webhook() } else { self.t.add_webhook() }
    }

    fn action(&self) -> String {
        self.webhook.map_or_else(|| "/webhooks".into(), |webhook| format!("/webhooks/{}", webhook.id))
    }

    fn is_method(&self, method: &Method) -> bool {
        self.form.auth == method.as_str()
    }

    /// When the secret of `method` was stored, if the stored webhook uses that method.
    fn stored(&self, method: Method) -> Option<Moment> {
        let shown = self.webhook.map(|webhook| &webhook.authorization).filter(|shown| shown.method == method)?;
        shown.saved_at.map(|at| self.t.date(at))
    }

    fn deletes_secret(&self) -> bool {
        self.webhook.is_some_and(|webhook| webhook.authorization.method != Method::None)
    }

    /// A secret was typed and the form was refused: it is not shown again, so it has to be typed again.
    fn again(&self, typed: &str) -> bool {
        !self.errors.is_empty() && !typed.is_empty()
    }
}

/// The id of the group that is always open.
const MOST_USED: &str = "first";

/// The six most used events, then the others by group.
fn groups(t: Translator, form: &WebhookForm) -> Vec<EventGroup> {
    let six = EventName::first_six();
    let mut groups = vec![EventGroup::new(MOST_USED, t.group_most_used(), six, form)];
    for group in Group::ALL {
        let rest = EventName::ALL.iter().copied().filter(|event| event.group() == group && !six.contains(event));
        let events: Vec<EventName> = rest.collect();
        if let Some(first) = events.first() {
            groups.push(EventGroup::new(first.as_str(), t.group(group), &events, form));
        }
    }
    if let Some(tick) = groups.first_mut().and_then(|group| group.events.first_mut()) {
        tick.first = true;
    }
    groups
}

impl EventGroup {
    fn new(id: &str, title: String, events: &[EventName], form: &WebhookForm) -> Self {
        let tick = |event: &EventName| {
            let ticked = form.events.iter().any(|name| name == event.as_str());
            Tick { event: *event, ticked, first: false }
        };
        let events: Vec<Tick> = events.iter().map(tick).collect();
        let ticked = events.iter().filter(|tick| tick.ticked).count() as Count;
        Self { id: id.to_owned(), title, ticked, folds: id != MOST_USED, events }
    }

    fn size(&self) -> Count {
        self.events.len() as Count
    }
}

//! `/events` and `/events/{name}`: the catalogue, and one event with a sample, its fields and its JSON Schema.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::events::catalogue::{EventName, Group};
use crate::domain::events::schema::Field;
use crate::domain::webhooks::Webhook;
use crate::i18n::{Count, Translator};
use crate::views::deliveries::Json;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

#[derive(Template)]
#[template(path = "events/catalogue.html")]
pub struct CataloguePage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    groups: Vec<EventGroup>,
}

struct EventGroup {
    title: String,
    /// Each event with the number of webhooks subscribed to it.
    events: Vec<(EventName, Count)>,
}

impl<'a> CataloguePage<'a> {
    /// The same groups as in the webhook form: the six most used, then the others by subject.
    pub fn new(layout: Layout<'a>, webhooks: &[Webhook]) -> Self {
        let t = layout.t;
        let with_count = |event: EventName| (event, subscribers(webhooks, event).count() as Count);
        let six = EventName::first_six();
        let first =
            EventGroup { title: t.group_most_used(), events: six.iter().map(|event| with_count(*event)).collect() };
        let others = Group::ALL.iter().map(|group| {
            let rest = EventName::ALL.iter().copied().filter(|event| event.group() == *group && !six.contains(event));
            EventGroup { title: t.group(group), events: rest.map(with_count).collect() }
        });
        let groups = std::iter::once(first).chain(others.filter(|group| !group.events.is_empty()));
        Self { t, layout: layout.at(Place::Events), groups: groups.collect() }
    }
}

fn subscribers(webhooks: &[Webhook], event: EventName) -> impl Iterator<Item = &Webhook> {
    webhooks.iter().filter(move |webhook| webhook.events.contains(&event))
}

/// One event of the catalogue.
#[derive(Template)]
#[template(path = "events/catalogue_event.html")]
pub struct EventPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    event: EventName,
    webhooks: Vec<&'a Webhook>,
    /// The events that Hachok derives from it.
    derived: Vec<EventName>,
    fields: Vec<Field>,
    sample: Json,
}

impl<'a> EventPage<'a> {
    /// `webhooks` are all webhooks; the page shows those subscribed to `event`.
    pub fn new(layout: Layout<'a>, event: EventName, webhooks: &'a [Webhook]) -> Self {
        let derived = EventName::ALL.iter().copied().filter(|other| other.derived_from() == Some(event));
        Self {
            t: layout.t,
            layout: layout.at(Place::Events),
            event,
            webhooks: subscribers(webhooks, event).collect(),
            derived: derived.collect(),
            fields: event.fields(),
            sample: Json::new(event.sample().as_bytes()),
        }
    }
}

//! The catalogue of events.

use super::*;
use crate::views::catalogue::{EventPage, ListPage};

pub fn pictures(language: Language, user: &User) -> Vec<Picture> {
    let all = samples::webhooks(language);
    let event = |event| html(&EventPage::new(shell(language, user, "/events/x"), event, &all));
    vec![
        ("events", html(&ListPage::new(shell(language, user, "/events"), &all))),
        ("event", event(EventName::MessageCreated)),
        ("event-derived", event(EventName::AssigneeChanged)),
        ("event-contact", event(EventName::ContactUpdated)),
    ]
}

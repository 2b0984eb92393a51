//! The catalogue of events, and received events.

use super::*;
use crate::domain::events::Unmatched;
use crate::domain::id::{EventId, InboxId};
use crate::views::events::catalogue::{CataloguePage, EventPage};
use crate::views::events::received::{self, Fate, ReceivedFilter, ReceivedInput, ReceivedLine};
use crate::views::events::received_event;

pub fn pictures(language: Language, user: &User) -> Vec<Picture> {
    let mut all = events(language, user);
    all.extend(lists_of_received(language, user));
    all.extend(received(language, user));
    all
}

fn events(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let event = |event| html(&EventPage::new(layout(language, user, "/events/x"), event, &all));
    vec![
        ("events", html(&CataloguePage::new(layout(language, user, "/events"), &all))),
        ("event", event(EventName::MessageCreated)),
        ("event-derived", event(EventName::AssigneeChanged)),
        ("event-contact", event(EventName::ContactUpdated)),
    ]
}

fn line(number: i64) -> ReceivedLine<'static> {
    let fate = match number % 6 {
        0 => Fate::Unmatched(Some(Unmatched::Unsubscribed)),
        1 => Fate::Unmatched(Some(Unmatched::OtherInbox)),
        2 => Fate::Test,
        5 => Fate::Unmatched(None),
        many => Fate::Sent(many.unsigned_abs()),
    };
    let event = EventName::ALL.get(number.unsigned_abs() as usize % 19).copied().unwrap_or(EventName::WebhookTest);
    ReceivedLine {
        id: EventId(890_000_000_000_000_000 + number),
        event,
        inbox: (number % 4 != 3).then_some("Telegram"),
        derived: event.derived_from().is_some(),
        fate,
        body_bytes: 3_212 + number.unsigned_abs() as usize,
        accepted_at: fixtures::ago(number.unsigned_abs() * 7),
    }
}

fn lists_of_received(language: Language, user: &User) -> Vec<Picture> {
    let inboxes = fixtures::inboxes(language);
    let ingest = "https://hooks.novashop.example/api/v1/events";
    let filter = ReceivedFilter { unmatched: true, from: "2026-11-20".into(), ..ReceivedFilter::default() };
    let input = |filter, lines, older: Option<&str>| ReceivedInput {
        filter,
        lines,
        inboxes: &inboxes,
        newer: None,
        older: older.map(Into::into),
        retention_days: 30,
        ingest,
    };
    let page = |input| received::ReceivedPage::new(layout(language, user, "/received"), input);
    let full = page(input(ReceivedFilter::default(), (0..14).map(line).collect(), Some("evt_1")));
    vec![
        ("received", html(&full)),
        ("received-fragment", html(&full.as_received())),
        ("received-empty", html(&page(input(ReceivedFilter::default(), Vec::new(), None)))),
        ("received-no-match", html(&page(input(filter, Vec::new(), Some("evt_1"))))),
    ]
}

fn received(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let deliveries = [fixtures::delivery(1, 1, Status::Success), fixtures::delivery(2, 9, Status::Failed)];
    let derived = [(EventId(890_000_000_000_000_009), EventName::MessageReceived)];
    let body = EventName::MessageCreated.sample().as_bytes();
    let long = body.repeat(20);
    let page = |view| html(&received_event::EventPage::new(layout(language, user, "/received/evt_1"), view));
    let sent = received_event::EventView {
        line: line(3),
        inbox_id: Some(InboxId(1)),
        source: None,
        derived: &derived,
        deliveries: &deliveries,
        webhooks: &all,
        body,
    };
    let none =
        received_event::EventView { line: line(6), source: Some(EventId(8)), derived: &[], deliveries: &[], ..sent };
    let test = received_event::EventView { line: line(2), body: &long, ..sent };
    vec![("received-event", page(sent)), ("received-event-none", page(none)), ("received-event-test", page(test))]
}

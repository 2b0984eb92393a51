//! Which of Chatwoot's events the registered webhook needs.

use std::collections::BTreeSet;

use crate::domain::events::catalogue::EventName;

/// The events of Chatwoot that a webhook there can have, in Chatwoot's order (`ALLOWED_WEBHOOK_EVENTS`).
const ALLOWED: [EventName; 12] = [
    EventName::ConversationStatusChanged,
    EventName::ConversationUpdated,
    EventName::ConversationCreated,
    EventName::ContactCreated,
    EventName::ContactUpdated,
    EventName::MessageCreated,
    EventName::MessageUpdated,
    EventName::WebwidgetTriggered,
    EventName::InboxCreated,
    EventName::InboxUpdated,
    EventName::ConversationTypingOn,
    EventName::ConversationTypingOff,
];

/// The events that every version of Chatwoot knows. They are registered while no webhook wants an event that Chatwoot has:
/// Chatwoot refuses an empty list, and received events show that the connection works.
const OLD: [EventName; 5] = [
    EventName::ConversationStatusChanged,
    EventName::ConversationUpdated,
    EventName::ConversationCreated,
    EventName::MessageCreated,
    EventName::MessageUpdated,
];

/// The events of Chatwoot from which `wanted` follow, in Chatwoot's order; never empty. Each further event costs a job in
/// Chatwoot, so nothing else is registered.
pub fn needed(wanted: impl IntoIterator<Item = EventName>) -> Vec<EventName> {
    let wanted: BTreeSet<EventName> = wanted.into_iter().flat_map(sources).copied().collect();
    let needed: Vec<EventName> = ALLOWED.into_iter().filter(|event| wanted.contains(event)).collect();
    if needed.is_empty() { OLD.to_vec() } else { needed }
}

/// Whether every version of Chatwoot knows an event. Later ones have added events of the widget, contacts, inboxes and typing.
pub fn is_old(event: EventName) -> bool {
    OLD.contains(&event)
}

/// The events of Chatwoot from which an event of the catalogue follows. Changes of a conversation are derived by comparing
/// it with its last known state, which begins with `conversation_created`.
fn sources(event: EventName) -> &'static [EventName] {
    use EventName::{
        AssigneeChanged, ConversationCreated, ConversationLabelsChanged, ConversationStatusChanged,
        ConversationSubstatusChanged, ConversationUpdated, MessageCreated, MessageReceived, TeamChanged,
    };
    match event {
        // Chatwoot omits the event itself when an automatic assignment changes the status.
        ConversationStatusChanged => &[ConversationStatusChanged, ConversationUpdated, ConversationCreated],
        AssigneeChanged | TeamChanged | ConversationLabelsChanged | ConversationSubstatusChanged => {
            &[ConversationUpdated, ConversationCreated]
        }
        MessageReceived => &[MessageCreated],
        other => ALLOWED.iter().position(|event| *event == other).and_then(|at| ALLOWED.get(at..=at)).unwrap_or(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[EventName]) -> Vec<&'static str> {
        needed(wanted.iter().copied()).into_iter().map(EventName::as_str).collect()
    }

    #[test]
    fn exactly_the_events_are_registered_from_which_the_wanted_ones_follow() {
        let five = [
            "conversation_status_changed",
            "conversation_updated",
            "conversation_created",
            "message_created",
            "message_updated",
        ];
        assert_eq!(names(&[]), five);
        assert_eq!(names(&[EventName::TicketCreated]), five, "no event of Chatwoot leads to tickets");
        assert_eq!(names(&[EventName::MessageReceived, EventName::MessageCreated]), ["message_created"]);
        assert_eq!(names(&[EventName::TeamChanged]), ["conversation_updated", "conversation_created"]);
        assert_eq!(names(&[EventName::ConversationStatusChanged]), five[..3]);
        assert_eq!(names(&[EventName::ContactUpdated, EventName::InboxUpdated]), ["contact_updated", "inbox_updated"]);
        assert_eq!(names(EventName::ALL).len(), ALLOWED.len());
    }
}

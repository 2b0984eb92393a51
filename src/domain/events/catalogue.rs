//! The catalogue: the events that a help desk can send.

use std::fmt;

/// The groups of events on the form and in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Conversations and their assignees.
    Conversation,
    /// Messages inside a conversation.
    Message,
    /// People who write to the help desk.
    Contact,
    /// Tickets.
    Ticket,
    /// Channels.
    Inbox,
    /// The chat widget of a website.
    Widget,
}

impl Group {
    /// All groups in the order of the form.
    pub const ALL: [Self; 6] =
        [Self::Conversation, Self::Message, Self::Contact, Self::Ticket, Self::Inbox, Self::Widget];

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::Contact => "contact",
            Self::Ticket => "ticket",
            Self::Inbox => "inbox",
            Self::Widget => "widget",
        }
    }
}

macro_rules! events {
    ($($name:ident = $text:literal in $group:ident;)*) => {
        /// The name of an event. `WebhookTest` is only for the test page and is not in `ALL`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventName {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// `webhook_test`: sent by the test page, refused at ingest.
            WebhookTest,
        }

        impl EventName {
            /// The events of the catalogue, in the order of the form.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in requests and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::WebhookTest => "webhook_test" }
            }

            /// The group of the event.
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* Self::WebhookTest => Group::Conversation }
            }

            /// A realistic body: JSON, indented by two spaces.
            pub const fn sample(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("samples/", $text, ".json")),)*
                    Self::WebhookTest => include_str!("samples/webhook_test.json"),
                }
            }

            /// The event's own part of its JSON Schema; the body of the test event is any object.
            pub(in crate::domain) const fn schema_source(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("schemas/", $text, ".json")),)*
                    Self::WebhookTest => "{}",
                }
            }
        }
    };
}

events! {
    ConversationStatusChanged = "conversation_status_changed" in Conversation;
    ConversationSubstatusChanged = "conversation_substatus_changed" in Conversation;
    MessageCreated = "message_created" in Message;
    MessageUpdated = "message_updated" in Message;
    AssigneeChanged = "assignee_changed" in Conversation;
    TeamChanged = "team_changed" in Conversation;
    ConversationCreated = "conversation_created" in Conversation;
    ConversationUpdated = "conversation_updated" in Conversation;
    ConversationLabelsChanged = "conversation_labels_changed" in Conversation;
    ConversationTypingOn = "conversation_typing_on" in Conversation;
    ConversationTypingOff = "conversation_typing_off" in Conversation;
    MessageReceived = "message_received" in Message;
    ContactCreated = "contact_created" in Contact;
    ContactUpdated = "contact_updated" in Contact;
    TicketCreated = "ticket_created" in Ticket;
    TicketUpdated = "ticket_updated" in Ticket;
    InboxCreated = "inbox_created" in Inbox;
    InboxUpdated = "inbox_updated" in Inbox;
    WebwidgetTriggered = "webwidget_triggered" in Widget;
}

impl EventName {
    /// The six events of NovaTalks, which form the first group on the form.
    pub fn first_six() -> &'static [Self] {
        Self::ALL.split_at(6).0
    }

    /// The events that Chatwoot subscribes a new webhook to if the client names none.
    pub const CHATWOOT_DEFAULT: [Self; 8] = [
        Self::ConversationStatusChanged,
        Self::ConversationUpdated,
        Self::ConversationCreated,
        Self::ContactCreated,
        Self::ContactUpdated,
        Self::MessageCreated,
        Self::MessageUpdated,
        Self::WebwidgetTriggered,
    ];

    /// Finds an event of the catalogue by its name; the test event is not part of it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == text)
    }

    /// Finds an event by its name, including the test event.
    pub fn parse_any(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| (text == Self::WebhookTest.as_str()).then_some(Self::WebhookTest))
    }

    /// The event that this one is derived from (docs/reference/ingest.md, "Derived events").
    pub const fn derived_from(self) -> Option<Self> {
        match self {
            Self::AssigneeChanged
            | Self::TeamChanged
            | Self::ConversationLabelsChanged
            | Self::ConversationSubstatusChanged => Some(Self::ConversationUpdated),
            Self::MessageReceived => Some(Self::MessageCreated),
            _ => None,
        }
    }

    /// Whether Chatwoot sends this event.
    pub const fn is_chatwoots(self) -> bool {
        self.derived_from().is_none() && !matches!(self.group(), Group::Ticket)
    }

    /// Whether the event names an inbox. Contact events do not, so a webhook with selected inboxes never gets them.
    pub const fn has_inbox(self) -> bool {
        !matches!(self.group(), Group::Contact)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for EventName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_an_event_of_its_own_name() {
        for event in EventName::ALL.iter().chain([&EventName::WebhookTest]) {
            let body: serde_json::Value = serde_json::from_str(event.sample()).unwrap_or_default();
            assert_eq!(body.get("event").and_then(|name| name.as_str()), Some(event.as_str()));
        }
    }

    #[test]
    fn the_test_event_is_not_in_the_catalogue() {
        assert_eq!(EventName::parse("webhook_test"), None);
        assert_eq!(EventName::parse_any("webhook_test"), Some(EventName::WebhookTest));
        assert_eq!(EventName::parse_any("team_changed"), Some(EventName::TeamChanged));
        assert_eq!(EventName::parse("team_changed"), Some(EventName::TeamChanged));
    }
}

//! The attributes of a conversation whose changes are events.

use crate::domain::events::catalogue::EventName;

/// An attribute whose change is an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `open`, `resolved`, `pending`, `snoozed`.
    Status,
    /// A user or an agent bot.
    Assignee,
    /// The team.
    Team,
    /// The set of labels.
    Labels,
    /// The custom attribute of *Settings*.
    Substatus,
}

impl Attribute {
    /// All attributes, in the order in which their events are derived.
    pub const ALL: [Self; 5] = [Self::Status, Self::Assignee, Self::Team, Self::Labels, Self::Substatus];

    /// The event that reports a change.
    pub const fn event(self) -> EventName {
        match self {
            Self::Status => EventName::ConversationStatusChanged,
            Self::Assignee => EventName::AssigneeChanged,
            Self::Team => EventName::TeamChanged,
            Self::Labels => EventName::ConversationLabelsChanged,
            Self::Substatus => EventName::ConversationSubstatusChanged,
        }
    }
}

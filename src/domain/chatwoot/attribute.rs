//! The attributes of a conversation whose changes are events.

use std::collections::BTreeSet;

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

    /// A set of attributes as bits. The order of [`Self::ALL`] is part of the database: new ones come last.
    pub fn to_bits(set: &BTreeSet<Self>) -> i64 {
        Self::places().filter(|(_, attribute)| set.contains(attribute)).map(|(bit, _)| bit).sum()
    }

    /// Reads [`Self::to_bits`]; unknown bits are ignored.
    pub fn from_bits(bits: i64) -> BTreeSet<Self> {
        Self::places().filter(|(bit, _)| bits & bit != 0).map(|(_, attribute)| attribute).collect()
    }

    fn places() -> impl Iterator<Item = (i64, Self)> {
        Self::ALL.into_iter().enumerate().map(|(place, attribute)| (1 << place, attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_it_was_written() {
        for bits in 0..32 {
            assert_eq!(Attribute::to_bits(&Attribute::from_bits(bits)), bits);
        }
        assert_eq!(Attribute::from_bits(-1).len(), Attribute::ALL.len());
    }
}

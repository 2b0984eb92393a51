//! Inboxes: the channels of the help desk.

use super::id::InboxId;
use super::problem::{Field, Problem, Problems};
use super::timestamp::Timestamp;

/// A channel of the help desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// Number inside this installation.
    pub id: InboxId,
    /// The help desk's own id, as text; `None` for one that a person made and no event named yet.
    pub external_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Chatwoot's channel type, for example `Channel::WebWidget`.
    pub channel_type: Option<String>,
    /// Since when it is hidden from the selector.
    pub archived_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A checked inbox, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInbox {
    /// What people call it: 1–120 characters.
    pub name: String,
    /// The help desk's own id: 1–64 visible characters.
    pub external_id: Option<String>,
    /// Chatwoot's channel type.
    pub channel_type: Option<String>,
}

impl NewInbox {
    /// Checks what was typed: all problems, by field. Blank optional fields are `None`.
    pub fn parse(name: &str, external_id: &str, channel_type: &str) -> Result<Self, Problems> {
        let name = name.trim();
        let mut problems = Problems::default();
        if name.is_empty() {
            problems.add(Field::InboxName, Problem::InboxNameMissing);
        } else if name.chars().count() > 120 {
            problems.add(Field::InboxName, Problem::NameTooLong);
        } else if name.chars().any(char::is_control) {
            problems.add(Field::InboxName, Problem::NameHasControls);
        }
        let short = |text: &str| text.chars().count() <= 64 && !text.chars().any(char::is_control);
        if !short(external_id.trim()) {
            problems.add(Field::InboxExternalId, Problem::ExternalIdTooLong);
        }
        if !short(channel_type.trim()) {
            problems.add(Field::InboxChannelType, Problem::ExternalIdTooLong);
        }
        problems.or(Self {
            name: name.to_owned(),
            external_id: Some(external_id.trim().to_owned()).filter(|text| !text.is_empty()),
            channel_type: Some(channel_type.trim().to_owned()).filter(|text| !text.is_empty()),
        })
    }
}

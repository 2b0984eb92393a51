//! Inboxes: the channels of the help desk.

use super::id::{ConnectionId, InboxId};
use super::problem::{Field, Problem, Problems};
use super::timestamp::Timestamp;
use super::{name, text};

/// Maximum length of an inbox's id in the help desk, and of its channel type.
pub const EXTERNAL_ID_CHARS_MAX: usize = 64;

/// A channel of the help desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// Unique in this installation.
    pub id: InboxId,
    /// The help desk's own id, as text; `None` for an inbox that was added by hand and is not in any event yet.
    pub external_id: Option<String>,
    /// The Chatwoot whose inbox it is; `None` for one of posted events, or one that was added by hand.
    pub connection_id: Option<ConnectionId>,
    /// Its name; `Inbox 8` if none is known, which pages show in the reader's language.
    pub name: String,
    /// The number in the name of an inbox that no event and no person has named.
    pub unnamed: Option<String>,
    /// Chatwoot's channel type, for example `Channel::WebWidget`.
    pub channel_type: Option<String>,
    /// When it was archived, which hides it from the selector of inboxes.
    pub archived_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When a person or a program last changed it.
    pub updated_at: Timestamp,
}

/// A checked inbox, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInbox {
    /// 1 to [`name::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The help desk's own id: 1 to [`EXTERNAL_ID_CHARS_MAX`] visible characters.
    pub external_id: Option<String>,
    /// Chatwoot's channel type.
    pub channel_type: Option<String>,
}

impl NewInbox {
    /// Validates what was typed; returns all problems by field. Blank optional fields become `None`.
    pub fn parse(name: &str, external_id: &str, channel_type: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = name::parse_name(name).and_then(|name| name.ok_or(Problem::InboxNameMissing));
        let name = problems.keep(Field::InboxName, name).unwrap_or_default();
        let external_id = problems.keep(Field::InboxExternalId, short(external_id)).flatten();
        let channel_type = problems.keep(Field::InboxChannelType, short(channel_type)).flatten();
        problems.or(Self { name, external_id, channel_type })
    }
}

/// An optional text of limited length.
fn short(typed: &str) -> Result<Option<String>, Problem> {
    match typed.trim() {
        "" => Ok(None),
        text if text.chars().count() > EXTERNAL_ID_CHARS_MAX => Err(Problem::ExternalIdTooLong),
        text if !text::is_clean(text) => Err(Problem::FieldHasControls),
        text => Ok(Some(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_reported_for_its_field() {
        let problem = |name: &str, external_id: &str, channel_type: &str| {
            let problems = NewInbox::parse(name, external_id, channel_type).err().unwrap_or_default();
            problems.iter().map(|(_, problem)| problem.clone()).collect::<Vec<_>>()
        };
        let (long, id) = ("я".repeat(121), "я".repeat(65));
        for (name, external_id, channel_type, expected) in [
            ("Site", " 7 ", "", vec![]),
            ("", "7", "", vec![Problem::InboxNameMissing]),
            (&long, "7", "", vec![Problem::NameTooLong]),
            ("Si\u{200b}te", "7", "", vec![Problem::NameHasControls]),
            ("Si\0te", "7", "", vec![Problem::NameHasControls]),
            ("Site", "7\t8", "", vec![Problem::FieldHasControls]),
            ("Site", &id, "", vec![Problem::ExternalIdTooLong]),
            ("Site", "7", "Channel::\u{202e}Api", vec![Problem::FieldHasControls]),
            ("Site", "7", &id, vec![Problem::ExternalIdTooLong]),
        ] {
            assert_eq!(problem(name, external_id, channel_type), expected, "{name:?} {external_id:?} {channel_type:?}");
        }
    }
}

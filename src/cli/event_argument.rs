//! The name of an event as an argument: shells complete it, and an unknown one is answered with the nearest.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::domain::events::catalogue::EventName;

/// A longer name, or one of other characters, is not repeated: it may be a secret in the wrong place.
const SHOWN_CHARS_MAX: usize = 40;
/// Changes of one character that make another name of it.
const NEAR_CHANGES_MAX: usize = 8;
const NEAREST_MAX: usize = 3;

/// Parses an event of the catalogue.
#[derive(Clone, Debug)]
pub struct EventArgument;

impl TypedValueParser for EventArgument {
    type Value = EventName;

    fn parse_ref(&self, usage: &Command, _: Option<&Arg>, value: &OsStr) -> Result<EventName, Error> {
        let name = value.to_string_lossy();
        EventName::parse(&name).ok_or_else(|| Error::raw(ErrorKind::ValueValidation, unknown(&name)).with_cmd(usage))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(EventName::ALL.iter().map(|event| PossibleValue::new(event.as_str()))))
    }
}

fn unknown(name: &str) -> String {
    let is_shown =
        name.len() <= SHOWN_CHARS_MAX && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_shown {
        return "EVENT is not the name of an event; `hachok send --help` names all".to_owned();
    }
    let near = nearest(name);
    if near.is_empty() {
        return format!("there is no event {name:?}; `hachok send --help` names all");
    }
    format!("there is no event {name:?}; the nearest are {}", near.join(", "))
}

/// The names that the fewest changes make of it, the nearest first.
fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.to_ascii_lowercase();
    let mut all: Vec<_> = EventName::ALL.iter().map(|event| (changes(&name, event.as_str()), event.as_str())).collect();
    all.sort_unstable();
    let allowed = NEAR_CHANGES_MAX.min(name.len() / 2);
    all.into_iter().filter(|(changes, _)| *changes <= allowed).take(NEAREST_MAX).map(|(_, name)| name).collect()
}

/// How many characters must be added, removed or replaced (Levenshtein).
fn changes(from: &str, to: &str) -> usize {
    let mut before: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.bytes().enumerate() {
        let mut now = vec![row + 1];
        for (pair, b) in before.windows(2).zip(to.bytes()) {
            let (Some(replaced), Some(removed)) = (pair.first(), pair.last()) else { continue };
            let added = now.last().copied().unwrap_or_default();
            now.push((replaced + usize::from(a != b)).min(removed + 1).min(added + 1));
        }
        before = now;
    }
    before.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_count_added_removed_and_replaced_characters() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(changes(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn an_unknown_event_is_answered_with_the_nearest() {
        for (name, first) in [
            ("mesage_created", "message_created"),
            ("Message_Created", "message_created"),
            ("messagecreated", "message_created"),
            ("assigne_changed", "assignee_changed"),
            ("ticket_create", "ticket_created"),
        ] {
            assert_eq!(nearest(name).first(), Some(&first), "{name}");
        }
        for name in ["", "x", "zzzzzzzzzzzz"] {
            assert_eq!(nearest(name), [""; 0], "{name}");
        }
    }

    #[test]
    fn a_name_that_may_be_a_secret_is_not_repeated() {
        for name in ["hk_0123456789012345678901234567890123456789", "a@b", "a b", "\u{1b}[31m", &"x".repeat(10_000)] {
            assert!(!unknown(name).contains(name), "{name}");
        }
    }
}

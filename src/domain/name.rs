//! Names that people give to webhooks, inboxes, users and API tokens.

use super::problem::Problem;
use super::text;

/// The longest name. [`Problem::NameTooLong`] has one message for all kinds of names, which holds this number.
pub const NAME_CHARS_MAX: usize = 120;

/// Validates a name: at most [`NAME_CHARS_MAX`] characters on one line; trims it. `None` if it is blank.
pub fn parse_name(typed: &str) -> Result<Option<String>, Problem> {
    let name = typed.trim();
    match name.chars().count() {
        0 => Ok(None),
        count if count > NAME_CHARS_MAX => Err(Problem::NameTooLong),
        _ if !text::is_clean(name) => Err(Problem::NameHasControls),
        _ => Ok(Some(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(parse_name(" Help desk "), Ok(Some("Help desk".into())));
        assert_eq!(parse_name("  "), Ok(None));
        assert_eq!(parse_name(&"я".repeat(NAME_CHARS_MAX)), Ok(Some("я".repeat(NAME_CHARS_MAX))));
        assert_eq!(parse_name(&"я".repeat(NAME_CHARS_MAX + 1)), Err(Problem::NameTooLong));
        for hidden in ["a\nb", "a\u{202e}b", "a\u{200b}", "\u{ad}", "a\0"] {
            assert_eq!(parse_name(hidden), Err(Problem::NameHasControls), "{hidden:?}");
        }
    }
}

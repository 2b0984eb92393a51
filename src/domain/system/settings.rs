//! The settings of the installation that administrators change on the pages.

use crate::domain::accounts::user::{Language, parse_zone};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::text;

/// The default name of the custom attribute that holds the substatus.
pub const SUBSTATUS: &str = "substatus";

/// The settings of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Used if the reader chose no language and the browser asks for neither.
    pub language: Language,
    /// The IANA time zone of new users.
    pub time_zone: String,
    /// The custom attribute of a conversation that holds its substatus.
    pub substatus_attribute: String,
    /// Viewers see the responses of all webhooks, including those whose URL has a path.
    pub viewers_see_answers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::En,
            time_zone: "UTC".into(),
            substatus_attribute: SUBSTATUS.into(),
            viewers_see_answers: false,
        }
    }
}

impl Settings {
    /// Validates what was typed. A blank attribute or time zone becomes the default.
    pub fn parse(
        language: Language,
        time_zone: &str,
        attribute: &str,
        viewers_see_answers: bool,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let time_zone = problems.keep(Field::TimeZone, parse_zone(time_zone)).unwrap_or_default();
        let attribute = match text::trimmed(attribute) {
            "" => SUBSTATUS,
            typed => typed,
        };
        if attribute.chars().count() > 64 || attribute.contains(char::is_whitespace) || !text::is_clean(attribute) {
            problems.add(Field::Substatus, Problem::AttributeInvalid);
        }
        problems.or(Self { language, time_zone, substatus_attribute: attribute.to_owned(), viewers_see_answers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_fields_become_the_defaults() {
        assert_eq!(Settings::parse(Language::En, " ", "", false), Ok(Settings::default()));
    }

    #[test]
    fn an_attribute_is_one_short_word() {
        for wrong in ["two words", "a\u{0}b", "a\u{200b}b", &"x".repeat(65)] {
            let problems = Settings::parse(Language::Uk, "Europe/Kyiv", wrong, false).expect_err("wrong");
            assert_eq!(problems.of(&Field::Substatus), Some(&Problem::AttributeInvalid), "{wrong:?}");
        }
        let problems = Settings::parse(Language::Uk, "Mars/Olympus", "sub_status", false).expect_err("wrong");
        assert_eq!(problems.of(&Field::TimeZone), Some(&Problem::TimeZoneUnknown));
    }
}

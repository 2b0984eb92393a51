//! Extra headers: their names, their values, and which names are refused.

pub mod name;
mod reserved;
pub mod sent_name;

use secrecy::SecretString;

use super::authorization::Credential;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;
use name::HeaderName;

/// Maximum number of extra headers of a webhook.
pub const EXTRA_HEADERS_MAX: usize = 20;

/// Maximum length of the value of an extra header, and of a custom authorization.
const VALUE_BYTES_MAX: usize = 4096;

/// Validates a header value: visible ASCII and spaces on one line, at most [`VALUE_BYTES_MAX`]; trims it.
pub fn parse_value(typed: &str) -> Result<String, Problem> {
    let value = text::trimmed(typed);
    match value {
        "" => Err(Problem::HeaderValueMissing),
        _ if value.len() > VALUE_BYTES_MAX => Err(Problem::HeaderValueTooLong),
        _ if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => Err(Problem::HeaderValueInvalid),
        _ => Ok(value.to_owned()),
    }
}

/// A stored extra header, as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHeader {
    /// In the case that was typed.
    pub name: HeaderName,
    /// The value; `None` if it is hidden.
    pub value: Option<String>,
    /// When the hidden value was stored.
    pub saved_at: Option<Timestamp>,
}

/// A validated extra header.
#[derive(Clone, Debug)]
pub struct NewHeader {
    /// In the case that was typed.
    pub name: HeaderName,
    /// Visible or write-only.
    pub value: NewValue,
}

/// A validated value, visible to everyone who may read the webhook, or write-only.
#[derive(Clone, Debug)]
pub enum NewValue {
    /// Visible.
    Shown(String),
    /// Write-only.
    Hidden(Credential),
}

/// A header to send.
#[derive(Clone, Debug)]
pub struct SentHeader {
    /// The name as typed.
    pub name: String,
    /// Decrypted if it was stored as a secret.
    pub value: SecretString,
    /// The value is replaced in the log.
    pub hidden: bool,
}

#[cfg(test)]
mod tests {
    use super::sent_name::as_sent;
    use super::*;

    #[test]
    fn a_name_keeps_its_case_and_is_compared_without_it() {
        let names = ["X-API-Key", "x-api-key"].map(|name| HeaderName::parse_extra(name).expect("a name"));
        assert_eq!(names[0], names[1]);
        assert_eq!((names[0].as_str(), names[1].as_str()), ("X-API-Key", "x-api-key"));
        assert_eq!(names.map(|name| as_sent(name.as_str())), ["X-Api-Key", "X-Api-Key"]);
        assert_eq!(["x_y-z.a", "-", "a--b", "!x"].map(as_sent), ["X_y-Z.a", "-", "A--B", "!x"]);
    }

    #[test]
    fn authorization_is_a_custom_header_but_not_an_extra_one() {
        assert!(HeaderName::parse_custom("Authorization").is_ok());
        assert!(HeaderName::parse_extra("Authorization").is_err());
    }

    #[test]
    fn a_name_or_value_cannot_break_the_line() {
        for name in ["a b", "a:b", "a\r\nb", "a\0", "ім'я", "a\u{85}b"] {
            assert_eq!(HeaderName::parse_extra(name), Err(Problem::HeaderNameInvalid), "{name:?}");
        }
        for value in ["a\r\nb: c", "a\nb", "a\0b", "a\u{85}b", "ключ", "a\tb", "a\u{200b}b", "a\0"] {
            assert_eq!(parse_value(value), Err(Problem::HeaderValueInvalid), "{value:?}");
        }
        assert_eq!(parse_value("\u{feff} a b \u{ad}"), Ok("a b".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_is_one_header_line(name in ".{0,60}", value in ".{0,60}") {
            if let (Ok(name), Ok(value)) = (HeaderName::parse_extra(&name), parse_value(&value)) {
                let line = format!("{name}: {value}");
                proptest::prop_assert!(line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{line:?}");
                proptest::prop_assert_eq!(line.split(": ").next(), Some(name.as_str()));
            }
        }
    }
}

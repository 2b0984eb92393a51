//! Extra headers: their names, their values, and which of them nobody may set.

mod reserved;

use std::fmt;

use secrecy::SecretString;

use super::authorization::Credential;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

/// At most that many extra headers a webhook.
pub const MOST: usize = 20;

/// A header name (RFC 9110 §5.1 token, at most 128 bytes) that an administrator may set, in the case that was typed.
/// Names that differ in case alone are equal.
#[derive(Clone, Debug)]
pub struct HeaderName(String);

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for HeaderName {}

impl HeaderName {
    /// The name of an extra header. `authorization` is refused here: the form has a section for it.
    pub fn parse_extra(typed: &str) -> Result<Self, Problem> {
        Self::parse(typed, false)
    }

    /// The name of a Custom authorization header, where `authorization` itself is welcome.
    pub fn parse_custom(typed: &str) -> Result<Self, Problem> {
        Self::parse(typed, true)
    }

    fn parse(typed: &str, authorization: bool) -> Result<Self, Problem> {
        let name = text::trimmed(typed);
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() {
            return Err(Problem::HeaderNameMissing);
        }
        if name.len() > 128 {
            return Err(Problem::HeaderNameTooLong);
        }
        if !name.bytes().all(token) {
            return Err(Problem::HeaderNameInvalid);
        }
        match reserved::refusal(name) {
            Some(problem) if !(authorization && name.eq_ignore_ascii_case("authorization")) => Err(problem),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// A stored name of a time when it was not refused yet.
    pub fn is_refused_today(&self) -> bool {
        Self::parse(&self.0, true).is_err()
    }

    /// A name that was checked when it was stored.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name says that its value is a secret.
    pub fn looks_secret(&self) -> bool {
        let name = self.0.to_ascii_lowercase();
        ["auth", "key", "token", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name as it stands in the request: a capital at the beginning and after each `-`, as the HTTP client writes it.
pub fn as_sent(name: &str) -> String {
    let mut before = '-';
    let mut sign = |sign: char| {
        let written = if before == '-' { sign.to_ascii_uppercase() } else { sign.to_ascii_lowercase() };
        before = sign;
        written
    };
    name.chars().map(&mut sign).collect()
}

/// A header value: one line of visible ASCII and blanks, at most 4,096 bytes, trimmed.
pub fn parse_value(typed: &str) -> Result<String, Problem> {
    let value = text::trimmed(typed);
    match value {
        "" => Err(Problem::HeaderValueMissing),
        _ if value.len() > 4096 => Err(Problem::HeaderValueTooLong),
        _ if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => Err(Problem::HeaderValueInvalid),
        _ => Ok(value.to_owned()),
    }
}

/// A stored extra header, as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHeader {
    /// Its name.
    pub name: HeaderName,
    /// Its value; `None` for a hidden one.
    pub value: Option<String>,
    /// When a hidden value was stored.
    pub saved_at: Option<Timestamp>,
}

/// A checked extra header.
#[derive(Clone, Debug)]
pub struct NewHeader {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: NewValue,
}

/// A checked value: shown to everyone who may read the webhook, or write-only.
#[derive(Clone, Debug)]
pub enum NewValue {
    /// Plain to see.
    Shown(String),
    /// Write-only.
    Hidden(Credential),
}

/// A header as it is sent; a hidden value is masked in the log.
#[derive(Clone, Debug)]
pub struct SentHeader {
    /// Its name as typed.
    pub name: String,
    /// Its value.
    pub value: SecretString,
    /// Masked in the log.
    pub hidden: bool,
}

#[cfg(test)]
mod tests {
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
    fn authorization_is_a_custom_header_but_no_extra_one() {
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

//! The name of a header that an administrator may set.

use std::fmt;

use super::reserved;
use crate::domain::problem::Problem;
use crate::domain::text;

/// Maximum length of a header name that an administrator may set.
const NAME_BYTES_MAX: usize = 128;

/// A header name that an administrator may set (RFC 9110 §5.1 token), in the case that was typed.
/// Names that differ only in case are equal.
#[derive(Clone, Debug)]
pub struct HeaderName(String);

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for HeaderName {}

impl HeaderName {
    /// Validates the name of an extra header. Refuses `authorization`, which has its own section in the form.
    pub fn parse_extra(typed: &str) -> Result<Self, Problem> {
        Self::parse(typed, false)
    }

    /// Validates the name of a Custom authorization header; `authorization` is allowed.
    pub fn parse_custom(typed: &str) -> Result<Self, Problem> {
        Self::parse(typed, true)
    }

    fn parse(typed: &str, authorization: bool) -> Result<Self, Problem> {
        let name = text::trimmed(typed);
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() {
            return Err(Problem::HeaderNameMissing);
        }
        if name.len() > NAME_BYTES_MAX {
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

    /// Whether the name was stored before it was refused.
    pub fn is_refused_today(&self) -> bool {
        Self::parse(&self.0, true).is_err()
    }

    /// A name that was validated when it was stored.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

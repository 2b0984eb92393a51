//! Extra headers: their names, their values, and which of them are kept for ourselves.

use std::fmt;

use secrecy::SecretString;

use super::authorization::Credential;
use super::problem::Problem;
use super::timestamp::Timestamp;

/// At most that many extra headers a webhook.
pub const MOST: usize = 20;

/// A header name (RFC 9110 §5.1 token, at most 128 bytes), lower case, that an administrator may set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderName(String);

/// Names that only the server itself sets, or that steer the connection instead of the message.
const RESERVED: [&str; 15] = [
    "host",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "user-agent",
    "date",
    "via",
    "forwarded",
    "cookie",
    "authorization",
];
/// The same by their beginning. The cloud ones would open metadata services that trust a header.
const RESERVED_PREFIXES: [&str; 14] = [
    "content-",
    "proxy-",
    "x-forwarded-",
    "sec-",
    "webhook-",
    "x-hachok-",
    "metadata",
    "x-aws-",
    "x-amz-",
    "x-goog-",
    "x-google-",
    "x-azure-",
    "cookie2",
    "set-cookie",
];

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
        let name = typed.trim().to_ascii_lowercase();
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
        let reserved = RESERVED.contains(&name.as_str()) && !(authorization && name == "authorization")
            || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if reserved {
            return Err(Problem::HeaderNameReserved { name: typed.trim().to_owned() });
        }
        Ok(Self(name))
    }

    /// A name that was checked when it was stored.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name says that its value is a secret.
    pub fn looks_secret(&self) -> bool {
        ["auth", "key", "token", "secret", "cookie", "password"].iter().any(|word| self.0.contains(word))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A header value: one line of visible ASCII and blanks, at most 4,096 bytes, trimmed.
pub fn parse_value(typed: &str) -> Result<String, Problem> {
    let value = typed.trim_matches([' ', '\t']);
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
    /// Its name, lower case.
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
    fn names_that_steer_the_connection_are_refused() {
        for name in [
            "Host",
            "Content-Length",
            "content-type",
            "Transfer-Encoding",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Proxy-Authorization",
            "Accept-Encoding",
            "User-Agent",
            "Date",
            "Via",
            "Forwarded",
            "X-Forwarded-For",
            "Cookie",
            "Sec-Fetch-Site",
            "webhook-id",
            "X-Hachok-Event",
            "Metadata-Flavor",
            "Metadata",
            "X-aws-ec2-metadata-token",
            "X-Amz-Date",
            "X-Goog-Api",
            "X-Google-Metadata-Request",
            "X-Azure-Ref",
        ] {
            assert_eq!(HeaderName::parse_extra(name), Err(Problem::HeaderNameReserved { name: name.into() }));
            assert_eq!(HeaderName::parse_custom(name), Err(Problem::HeaderNameReserved { name: name.into() }));
        }
        for name in ["X-Api-Key", "x-tenant", "X_Y.Z"] {
            assert!(HeaderName::parse_extra(name).is_ok(), "{name}");
        }
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
        for value in ["a\r\nb: c", "a\nb", "a\0b", "a\u{85}b", "ключ", "a\tb"] {
            assert_eq!(parse_value(value), Err(Problem::HeaderValueInvalid), "{value:?}");
        }
        assert_eq!(parse_value(" a b "), Ok("a b".to_owned()));
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

//! How requests to a webhook are authorized: None, Bearer, Basic or Custom.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::header::name::HeaderName;
use crate::domain::problem::Problem;
use crate::domain::string_enum::string_enum;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// The authorization methods.
    Method {
        /// No header is added.
        None = "none",
        /// `authorization: Bearer TOKEN`.
        Bearer = "bearer",
        /// `authorization: Basic …` (RFC 7617, UTF-8).
        Basic = "basic",
        /// A header of the administrator's choice.
        Custom = "custom",
    }
);

/// A method with its secret, for sending.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// No header.
    None,
    /// A static API key or token.
    Bearer(SecretString),
    /// Login and password.
    Basic(String, SecretString),
    /// Header name and value.
    Custom(HeaderName, SecretString),
}

impl Authorization {
    /// The name and value of the header; `None` without authorization.
    pub fn header(&self) -> Option<(String, SecretString)> {
        match self {
            Self::None => None,
            Self::Bearer(token) => Some(("Authorization".into(), format!("Bearer {}", token.expose_secret()).into())),
            Self::Basic(login, password) => {
                let pair = STANDARD.encode(format!("{login}:{}", password.expose_secret()));
                Some(("Authorization".into(), format!("Basic {pair}").into()))
            }
            Self::Custom(name, value) => Some((name.to_string(), value.clone())),
        }
    }
}

/// A method as pages and the API show it: without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAuthorization {
    /// The chosen method.
    pub method: Method,
    /// The login of Basic or the header name of Custom; otherwise empty.
    pub name: String,
    /// When the secret was stored.
    pub saved_at: Option<Timestamp>,
}

/// A submitted secret: the stored one is kept, or replaced by a new one.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Keep the stored secret.
    Keep,
    /// Store this secret instead.
    Set(SecretString),
}

/// A validated method with its submitted secret.
#[derive(Clone, Debug)]
pub enum NewAuthorization {
    /// No header; a stored secret is deleted.
    None,
    /// A token.
    Bearer(Credential),
    /// Login and password.
    Basic(String, Credential),
    /// Header name and value.
    Custom(HeaderName, Credential),
}

impl NewAuthorization {
    /// The chosen method.
    pub const fn method(&self) -> Method {
        match self {
            Self::None => Method::None,
            Self::Bearer(_) => Method::Bearer,
            Self::Basic(..) => Method::Basic,
            Self::Custom(..) => Method::Custom,
        }
    }

    /// The login of Basic or the header name of Custom; otherwise empty.
    pub fn name(&self) -> &str {
        match self {
            Self::None | Self::Bearer(_) => "",
            Self::Basic(login, _) => login,
            Self::Custom(header, _) => header.as_str(),
        }
    }

    /// The secret, if the method has one.
    pub const fn credential(&self) -> Option<&Credential> {
        match self {
            Self::None => None,
            Self::Bearer(credential) | Self::Basic(_, credential) | Self::Custom(_, credential) => Some(credential),
        }
    }
}

/// Maximum length of a Bearer token.
const TOKEN_BYTES_MAX: usize = 4096;
/// Maximum length of a Basic login.
const LOGIN_CHARS_MAX: usize = 255;
/// Maximum length of a Basic password.
const PASSWORD_CHARS_MAX: usize = 1024;

/// Validates a Bearer token: visible ASCII without spaces, at most [`TOKEN_BYTES_MAX`]; removes a pasted `Bearer `.
pub fn parse_token(typed: &str) -> Result<SecretString, Problem> {
    let typed = text::trimmed(typed);
    let token = match typed.split_at_checked(7) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("bearer ") => text::trimmed(rest),
        _ => typed,
    };
    match token {
        "" => Err(Problem::TokenMissing),
        _ if token.len() > TOKEN_BYTES_MAX => Err(Problem::TokenTooLong),
        _ if token.contains(char::is_whitespace) => Err(Problem::TokenHasSpaces),
        _ if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Problem::TokenInvalid),
        _ => Ok(token.into()),
    }
}

/// Validates a Basic login: no colon (RFC 7617 §2), no control characters, at most [`LOGIN_CHARS_MAX`].
pub fn parse_login(typed: &str) -> Result<String, Problem> {
    let login = text::trimmed(typed);
    match login {
        "" => Err(Problem::LoginMissing),
        _ if login.contains(':') => Err(Problem::LoginHasColon),
        _ if login.chars().count() > LOGIN_CHARS_MAX => Err(Problem::LoginTooLong),
        _ if !text::is_clean(login) => Err(Problem::LoginHasControls),
        _ => Ok(login.to_owned()),
    }
}

/// Validates a Basic password: at most [`PASSWORD_CHARS_MAX`], no control characters (RFC 7617 §2). Only hidden characters
/// around it are trimmed.
pub fn parse_password(typed: &str) -> Result<SecretString, Problem> {
    match text::trimmed_password(typed) {
        "" => Err(Problem::PasswordMissing),
        password if password.chars().count() > PASSWORD_CHARS_MAX => Err(Problem::PasswordTooLong),
        password if password.contains(char::is_control) => Err(Problem::PasswordHasControls),
        password => Ok(password.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_bearer_prefix_is_removed() {
        for typed in ["abc", "Bearer abc", "bearer  abc", " abc "] {
            assert_eq!(parse_token(typed).ok().map(|token| token.expose_secret().to_owned()), Some("abc".into()));
        }
        assert_eq!(parse_token("a b").err(), Some(Problem::TokenHasSpaces));
        assert_eq!(parse_token("a\nb").err(), Some(Problem::TokenHasSpaces));
        for wrong in ["ключ", "a\u{200b}b", "a\0b"] {
            assert_eq!(parse_token(wrong).err(), Some(Problem::TokenInvalid), "{wrong:?}");
        }
        assert_eq!(parse_token("").err(), Some(Problem::TokenMissing));
        assert_eq!(parse_token(&"a".repeat(4097)).err(), Some(Problem::TokenTooLong));
    }

    #[test]
    fn basic_is_utf_8_in_base64() {
        let header = Authorization::Basic("test".into(), "123£".into()).header();
        // The example of RFC 7617 §2.1.
        assert_eq!(header.map(|(_, value)| value.expose_secret().to_owned()), Some("Basic dGVzdDoxMjPCow==".into()));
    }

    #[test]
    fn a_login_has_no_colon() {
        assert_eq!(parse_login("a:b"), Err(Problem::LoginHasColon));
        assert_eq!(parse_login(" анна\u{200b} "), Ok("анна".to_owned()));
        assert_eq!(parse_login("a\tb"), Err(Problem::LoginHasControls));
        assert_eq!(parse_login("a\u{ad}b"), Err(Problem::LoginHasControls));
        assert_eq!(parse_login(&"a".repeat(256)), Err(Problem::LoginTooLong));
    }

    #[test]
    fn hidden_characters_around_a_pasted_secret_are_trimmed() {
        let exposed = |secret: Result<SecretString, Problem>| secret.map(|secret| secret.expose_secret().to_owned());
        for around in ["\u{200b}", "\u{feff}", "\u{a0}", "\u{2060}", "\u{200e}", "\u{ad}"] {
            let pasted = |text: &str| format!("{around}{text}{around}");
            assert_eq!(exposed(parse_token(&pasted("abc"))), Ok("abc".into()), "{around:?}");
            assert_eq!(exposed(parse_token(&pasted(&format!("Bearer {around}abc")))), Ok("abc".into()), "{around:?}");
            assert_eq!(exposed(parse_password(&pasted(" пароль "))), Ok(" пароль ".into()), "{around:?}");
            assert_eq!(exposed(parse_token(&pasted(""))), Err(Problem::TokenMissing), "{around:?}");
            assert_eq!(exposed(parse_password(&pasted(""))), Err(Problem::PasswordMissing), "{around:?}");
        }
        assert_eq!(exposed(parse_password("a\tb")), Err(Problem::PasswordHasControls));
        assert_eq!(exposed(parse_password(&"a".repeat(1025))), Err(Problem::PasswordTooLong));
    }
}

//! API tokens: `hk_` and 256 random bits. A token is shown once; only its SHA-256 is stored.

use sha2::{Digest, Sha256};

use crate::domain::hex::hex;
use crate::domain::id::TokenId;
use crate::domain::name;
use crate::domain::problem::Problem;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// A permission of a token.
    Scope {
        /// Send events.
        Ingest = "ingest",
        /// Read everything in the management API but users and tokens.
        Read = "read",
        /// Send tests, resend and cancel deliveries, turn webhooks on and off.
        Operate = "operate",
        /// All of the above, and change everything but users and tokens, which it may read.
        Admin = "admin",
        /// Change users and tokens.
        Accounts = "accounts",
    }
);

/// The permissions of a token: at least one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// One scope.
    pub const fn one(scope: Scope) -> Self {
        Self(1 << scope as u8)
    }

    /// `None` if there are no scopes.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let bits = scopes.into_iter().fold(0, |bits, scope| bits | Self::one(scope).0);
        (bits > 0).then_some(Self(bits))
    }

    /// Parses names with commas or spaces between them. `None` if there is no name or an unknown one.
    pub fn parse(text: &str) -> Option<Self> {
        let names = text.split([',', ' ']).filter(|name| !name.is_empty());
        Self::of(names.map(Scope::parse).collect::<Option<Vec<_>>>()?)
    }

    /// The scopes, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.has(*scope))
    }

    /// Whether this scope was given to the token.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & Self::one(scope).0 != 0
    }

    /// Whether the token may do what needs this scope: `admin` is also `ingest`, `read` and `operate`.
    pub const fn allow(self, scope: Scope) -> bool {
        self.has(scope) || self.has(Scope::Admin) && !matches!(scope, Scope::Accounts)
    }

    /// The names with `separator` between them.
    pub fn joined(self, separator: &str) -> String {
        self.iter().map(Scope::as_str).collect::<Vec<_>>().join(separator)
    }
}

impl serde::Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Unique in this installation; shown in `hachok token list`.
    pub id: TokenId,
    /// A name for people: 1 to [`name::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The permissions of the token.
    pub scopes: Scopes,
    /// Its first characters, which identify it in lists.
    pub prefix: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The end of its lifetime; `None` if it is unlimited.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, with a precision of a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is neither revoked nor expired.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

string_enum!(
    /// The lifetime of a new token.
    Lifetime {
        /// Until it is revoked.
        Unlimited = "never",
        /// 30 days.
        Month = "30",
        /// 90 days.
        Quarter = "90",
        /// 365 days.
        Year = "365",
    }
);

impl Lifetime {
    /// The end of the lifetime of a token that is created at `now`; `None` if it is unlimited.
    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        let days = self.as_str().parse::<u64>().ok()?;
        Some(now.after(std::time::Duration::from_secs(days * 24 * 3600)))
    }
}

/// Validates the name of a token.
pub fn parse_name(typed: &str) -> Result<String, Problem> {
    name::parse_name(typed)?.ok_or(Problem::TokenNameMissing)
}

/// A new token from 256 random bits: `hk_` and 64 hexadecimal digits.
pub fn from_random(bytes: [u8; 32]) -> String {
    format!("hk_{}", hex(&bytes))
}

/// The stored hash (SHA-256) of a token, a session id or a one-time link.
pub fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_parsed_in_any_order_and_written_in_one() {
        for (text, joined) in [
            ("ingest", Some("ingest")),
            ("read,ingest", Some("ingest read")),
            ("accounts operate  read, ,read", Some("read operate accounts")),
            ("", None),
            (" , ", None),
            ("root", None),
            ("read,Root", None),
            ("READ", None),
        ] {
            assert_eq!(Scopes::parse(text).map(|scopes| scopes.joined(" ")).as_deref(), joined, "{text:?}");
        }
    }

    #[test]
    fn admin_is_every_scope_but_accounts_and_no_other_scope_is_another() {
        for given in Scope::ALL {
            for needed in Scope::ALL {
                let expected = given == needed || *given == Scope::Admin && *needed != Scope::Accounts;
                assert_eq!(Scopes::one(*given).allow(*needed), expected, "{given:?} for {needed:?}");
            }
        }
    }

    #[test]
    fn a_token_ends_after_its_days_or_never() {
        let now = Timestamp::from_seconds(1000);
        let end = |lifetime: Lifetime| lifetime.end(now).map(Timestamp::seconds);
        assert_eq!(end(Lifetime::Unlimited), None);
        assert_eq!(end(Lifetime::Month), Some(1000 + 30 * 86_400));
        assert_eq!(end(Lifetime::Year), Some(1000 + 365 * 86_400));
    }
}

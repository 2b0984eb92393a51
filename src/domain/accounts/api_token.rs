//! API tokens: `hk_` and 256 random bits. A token is shown once; only its SHA-256 is stored.

use sha2::{Digest, Sha256};

use crate::domain::hex::hex;
use crate::domain::id::TokenId;
use crate::domain::name;
use crate::domain::problem::Problem;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

string_enum!(
    /// The permissions of a token.
    Scope {
        /// Send events, nothing else.
        Ingest = "ingest",
        /// Read everything in the management API.
        Read = "read",
        /// Send events, and read and change everything in the management API.
        Admin = "admin",
    }
);

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Unique in this installation; shown in `hachok token list`.
    pub id: TokenId,
    /// A name for people: 1 to [`name::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The permissions of the token.
    pub scope: Scope,
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
    fn a_token_ends_after_its_days_or_never() {
        let now = Timestamp::from_seconds(1000);
        let end = |lifetime: Lifetime| lifetime.end(now).map(Timestamp::seconds);
        assert_eq!(end(Lifetime::Unlimited), None);
        assert_eq!(end(Lifetime::Month), Some(1000 + 30 * 86_400));
        assert_eq!(end(Lifetime::Year), Some(1000 + 365 * 86_400));
    }
}

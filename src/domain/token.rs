//! API tokens: `hk_` and 256 bits, shown once; only their SHA-256 is stored.

use sha2::{Digest, Sha256};

use super::cause::named;
use super::id::TokenId;
use super::timestamp::Timestamp;

named!(
    /// What a token may do.
    Scope {
        /// Send events, nothing else.
        Ingest = "ingest",
        /// Read everything the management API shows.
        Read = "read",
        /// Everything.
        Admin = "admin",
    }
);

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// Its first characters, to tell it from others.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Since then it is refused.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Not revoked, not expired.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A text with 256 bits of chance: `hk_` and 64 hexadecimal digits.
pub fn from_random(bytes: [u8; 32]) -> String {
    format!("hk_{}", hex(&bytes))
}

/// What is stored of a token, a session id or a one-time link.
pub fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

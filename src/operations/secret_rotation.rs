//! Replaces the signing secret of a webhook.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the old secret stays valid after a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It ends at once.
    None,
    /// Requests carry signatures of both secrets for this time.
    For(Duration),
}

impl Overlap {
    /// The overlap if a client names none.
    pub const DEFAULT: Self = Self::For(DAY);

    /// `0`, `24h` or `7d`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "0" => Some(Self::None),
            "24h" => Some(Self::For(DAY)),
            "7d" => Some(Self::For(7 * DAY)),
            _ => None,
        }
    }

    /// When the old secret ends, if not at once.
    pub fn until(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::For(span) => Some(now.after(span)),
        }
    }
}

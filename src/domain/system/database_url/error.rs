//! Why a database URL is refused.

/// Why a database URL is refused, without any part of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(pub(crate) String);

pub(crate) fn bad<T>(reason: impl Into<String>) -> Result<T, BadUrl> {
    Err(BadUrl(reason.into()))
}

/// Whether each % is followed by two hexadecimal digits.
pub(crate) fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.next().is_some() && digits.next().is_some()
    })
}

//! Where a webhook's requests go.

use url::Url;

use super::address::AddressPolicy;
use super::problem::Problem;

/// An address that was checked when it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl(Url);

impl TargetUrl {
    /// Checks what was typed.
    pub fn parse(typed: &str, _policy: &AddressPolicy) -> Result<Self, Problem> {
        Url::parse(typed.trim()).map(Self).map_err(|_| Problem::UrlIncomplete)
    }

    /// An address that was checked when it was stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        Url::parse(text).ok().map(Self)
    }

    /// As stored and sent: an international host in punycode.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host as people read it: an international one in Unicode.
    pub fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().to_owned()
    }

    /// Scheme, host and port: what a stored credential belongs to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

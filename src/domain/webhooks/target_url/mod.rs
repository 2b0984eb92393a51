//! Where a webhook's requests go.
//!
//! The `url` crate repairs much of what is mistyped (`https:host`, `https:///host`, `127.1`, tabs
//! inside), as browsers do. Whoever types an address must mean what will be called, so what it would
//! repair is refused here, and what it gives out is the only thing that is stored and sent.

mod host;
mod port;

use url::{Host, Position, Url};

use super::address::AddressPolicy;
use crate::domain::problem::Problem;
use crate::domain::text;

/// Bytes an address may have, as typed and as stored.
const LONGEST: usize = 2048;

/// An address that was checked when it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl(Url);

impl TargetUrl {
    /// Checks what was typed. No name is looked up: the answer would be stale by the time of the
    /// request, and would tell strangers about our network.
    pub fn parse(typed: &str, policy: &AddressPolicy) -> Result<Self, Problem> {
        let typed = clean(typed)?;
        let authority = authority(typed, policy)?;
        let url = Url::parse(typed).map_err(|_| Problem::UrlIncomplete)?;
        if url.as_str().len() > LONGEST {
            return Err(Problem::UrlTooLong);
        }
        host::check(&url, host::typed_in(authority), policy)?;
        let port = port::check(&url)?;
        match url.host() {
            Some(host) if policy.is_own(&host, port) => Err(Problem::UrlIsOurs),
            Some(_) => Ok(Self(url)),
            None => Err(Problem::UrlIncomplete),
        }
    }

    /// Checks a stored address against the rules of today: the operator's lists may have changed.
    pub fn check_again(&self, policy: &AddressPolicy) -> Result<(), Problem> {
        Self::parse(self.as_str(), policy).map(drop)
    }

    /// An address that was checked when it was stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host()).map(Self)
    }

    /// As stored and sent: an international host in punycode.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host as people read it: an international one in Unicode, an IP address as in the URL.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.host() {
            Some(Host::Domain(name)) => Some(url::quirks::domain_to_unicode(name)).filter(|name| !name.is_empty()),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => None,
        }
        .unwrap_or_else(|| host.to_owned())
    }

    /// Scheme, host and port: what a stored credential belongs to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// It has neither path nor query, which some services give out instead of a password.
    pub fn is_bare(&self) -> bool {
        self.0.path() == "/" && self.0.query().is_none()
    }

    /// For those who may not use it: without path and query.
    pub fn masked(&self) -> String {
        format!("{}/{}", self.origin(), if self.is_bare() { "" } else { "…" })
    }

    /// A text for the same readers: receivers repeat the path in redirects and in error messages.
    pub fn hide_in(&self, text: &str) -> String {
        let parts = [&self.0[Position::BeforePath..], self.0.path()];
        parts.iter().filter(|part| part.len() > 1).fold(text.to_owned(), |text, part| text.replace(part, "/…"))
    }

    /// The request is protected by TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// For the HTTP client.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

/// Without what was pasted around it; nothing inside that a parser would drop or turn round, or that nobody sees.
fn clean(typed: &str) -> Result<&str, Problem> {
    let typed = text::trimmed(typed);
    match typed {
        "" => Err(Problem::UrlMissing),
        _ if typed.len() > LONGEST => Err(Problem::UrlTooLong),
        _ if !text::is_clean(typed) => Err(Problem::UrlHasControls),
        _ if typed.contains(|c: char| c.is_whitespace() || c == '\\') => Err(Problem::UrlIncomplete),
        _ if typed.contains('#') => Err(Problem::UrlHasFragment),
        _ => Ok(typed),
    }
}

/// What stands between the scheme and the path: a host, perhaps a port, nothing else.
fn authority<'typed>(typed: &'typed str, policy: &AddressPolicy) -> Result<&'typed str, Problem> {
    let (scheme, rest) = typed.split_once("://").ok_or(Problem::UrlIncomplete)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http" if policy.allows_http() || policy.has_allow_list() => {}
        "" => return Err(Problem::UrlIncomplete),
        _ => return Err(Problem::UrlNotHttps),
    }
    match rest.split(['/', '?']).next().unwrap_or_default() {
        "" => Err(Problem::UrlIncomplete),
        authority if authority.contains('@') => Err(Problem::UrlHasCredentials),
        authority if authority.contains('%') => Err(Problem::UrlIncomplete),
        authority => Ok(authority),
    }
}

#[cfg(test)]
mod tests;

//! The URL that a webhook's requests are sent to.
//!
//! The `url` crate, like browsers, repairs many typing errors (`https:host`, `https:///host`, `127.1`, tabs inside).
//! What a person types must be what is called, so input that the crate would repair is refused, and only its
//! serialization is stored and used.

mod host;
mod port;

use url::{Host, Position, Url};

use super::address::AddressPolicy;
use crate::domain::problem::Problem;
use crate::domain::text;

/// Maximum length of a URL, as typed and as stored.
const URL_BYTES_MAX: usize = 2048;

/// A URL that was validated when it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl(Url);

impl TargetUrl {
    /// Validates what was typed. Does not resolve names: the result would be stale when a request is sent, and would
    /// reveal the internal network.
    pub fn parse(typed: &str, policy: &AddressPolicy) -> Result<Self, Problem> {
        let typed = clean(typed)?;
        let authority = authority(typed, policy)?;
        let url = Url::parse(typed).map_err(|_| Problem::UrlIncomplete)?;
        if url.as_str().len() > URL_BYTES_MAX {
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

    /// Validates a stored URL against the current rules: the operator's lists may have changed.
    pub fn check_again(&self, policy: &AddressPolicy) -> Result<(), Problem> {
        Self::parse(self.as_str(), policy).map(drop)
    }

    /// A URL that was validated when it was stored; `None` if it is not an http(s) URL with a host.
    pub fn from_stored(text: &str) -> Option<Self> {
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host()).map(Self)
    }

    /// The URL as stored and sent: an international host in Punycode.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host for display: an international host in Unicode, an IP address as in the URL.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.host() {
            Some(Host::Domain(name)) => Some(url::quirks::domain_to_unicode(name)).filter(|name| !name.is_empty()),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => None,
        }
        .unwrap_or_else(|| host.to_owned())
    }

    /// Scheme, host and port: a stored credential is valid only for these.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether it has neither path nor query. Some services use these as credentials.
    pub fn is_bare(&self) -> bool {
        self.0.path() == "/" && self.0.query().is_none()
    }

    /// The URL for viewers: without path and query.
    pub fn masked(&self) -> String {
        format!("{}/{}", self.origin(), if self.is_bare() { "" } else { "…" })
    }

    /// Replaces path and query in a text for viewers: receivers repeat them in redirects and error messages.
    pub fn hide_in(&self, text: &str) -> String {
        let parts = [&self.0[Position::BeforePath..], self.0.path()];
        parts.iter().filter(|part| part.len() > 1).fold(text.to_owned(), |text, part| text.replace(part, "/…"))
    }

    /// Whether requests are protected by TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The parsed URL.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

/// Trims the typed text; refuses characters that a parser would drop or replace, and hidden ones.
fn clean(typed: &str) -> Result<&str, Problem> {
    let typed = text::trimmed(typed);
    match typed {
        "" => Err(Problem::UrlMissing),
        _ if typed.len() > URL_BYTES_MAX => Err(Problem::UrlTooLong),
        _ if !text::is_clean(typed) => Err(Problem::UrlHasControls),
        _ if typed.contains(|c: char| c.is_whitespace() || c == '\\') => Err(Problem::UrlIncomplete),
        _ if typed.contains('#') => Err(Problem::UrlHasFragment),
        _ => Ok(typed),
    }
}

/// The part between scheme and path: a host and optionally a port.
fn authority<'typed>(typed: &'typed str, policy: &AddressPolicy) -> Result<&'typed str, Problem> {
    let (scheme, rest) = typed.split_once("://").ok_or(Problem::UrlIncomplete)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http" if policy.allows_http() || policy.has_allow_list() => {}
        "" => return Err(Problem::UrlIncomplete),
        "http" if is_private(rest, policy) => return Err(Problem::UrlPrivate),
        _ => return Err(Problem::UrlNotHttps),
    }
    match rest.split(['/', '?']).next().unwrap_or_default() {
        "" => Err(Problem::UrlIncomplete),
        authority if authority.contains('@') => Err(Problem::UrlHasCredentials),
        authority if authority.contains('%') => Err(Problem::UrlIncomplete),
        authority => Ok(authority),
    }
}

/// Whether the address would be refused with TLS, too, because it is private: then *https* is not what is missing.
fn is_private(rest: &str, policy: &AddressPolicy) -> bool {
    let url = Url::parse(&format!("https://{rest}"));
    url.is_ok_and(|url| host::check(&url, url.host_str().unwrap_or_default(), policy) == Err(Problem::UrlPrivate))
}

#[cfg(test)]
mod tests;

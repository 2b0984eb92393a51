//! The address guard's rules: the IP addresses to which requests may be sent.

mod ranges;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::Host;

/// What the rules say about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Public: any webhook may reach it.
    Public,
    /// Private, and in the operator's allow list.
    Allowed,
    /// No request may be sent there.
    Blocked,
}

/// An entry of the allow list outside the ranges that an operator may open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} cannot be allowed: entries must be within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, \
     100.64.0.0/10, 127.0.0.0/8, ::1 or fc00::/7"
)]
pub struct InvalidAllowEntry(pub IpNet);

/// The operator's lists, in addition to the fixed rules. The default has empty lists.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
    allow_http: bool,
    own: Option<(Host, u16)>,
}

impl AddressPolicy {
    /// `allow_http`: whether http without TLS may go to public addresses. Fails for an entry of `allow` outside the
    /// private ranges.
    pub fn new(allow: Vec<IpNet>, deny: Vec<IpNet>, allow_http: bool) -> Result<Self, InvalidAllowEntry> {
        let may_open = |entry: &IpNet| ranges::ALLOWABLE.iter().any(|range| range.contains(entry));
        match allow.iter().find(|entry| !may_open(entry)) {
            Some(entry) => Err(InvalidAllowEntry(*entry)),
            None => Ok(Self { allow, deny, allow_http, own: None }),
        }
    }

    /// Refuses this server's own host and port as a target, so that events do not loop.
    #[must_use]
    pub fn with_own(mut self, host: &str, port: u16) -> Self {
        let host = match host.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(ip)) => Host::Ipv4(ip),
            Ok(IpAddr::V6(ip)) => Host::Ipv6(ip),
            Err(_) => Host::parse(host).unwrap_or_else(|_| Host::Domain(host.to_ascii_lowercase())),
        };
        self.own = Some((host, port));
        self
    }

    /// The verdict on an address; the first rule that matches decides.
    pub fn verdict(&self, ip: IpAddr) -> Verdict {
        if never(ip) || self.deny.iter().any(|net| net.contains(&ip)) {
            return Verdict::Blocked;
        }
        if let Some(inner) = behind_nat64(ip) {
            // Only public addresses: the allow list is about the operator's network, not the translator's.
            return match self.verdict(IpAddr::V4(inner)) {
                Verdict::Public => Verdict::Public,
                Verdict::Allowed | Verdict::Blocked => Verdict::Blocked,
            };
        }
        if self.allow.iter().any(|net| net.contains(&ip)) {
            return Verdict::Allowed;
        }
        if is_public(ip) { Verdict::Public } else { Verdict::Blocked }
    }

    /// Whether a request may be sent there. Without TLS only allowed addresses may be reached, unless the operator
    /// permits more.
    pub fn admits(&self, ip: IpAddr, https: bool) -> bool {
        match self.verdict(ip) {
            Verdict::Public => https || self.allow_http,
            Verdict::Allowed => true,
            Verdict::Blocked => false,
        }
    }

    /// Whether http without TLS may go to public addresses.
    pub const fn allows_http(&self) -> bool {
        self.allow_http
    }

    /// Whether the operator opened a private network: then local names and http without TLS are possible targets.
    pub const fn has_allow_list(&self) -> bool {
        !self.allow.is_empty()
    }

    /// Whether this is the server's own host and port.
    pub fn is_own<S: AsRef<str>>(&self, host: &Host<S>, port: u16) -> bool {
        self.own.as_ref().is_some_and(|(own, at)| *at == port && same(own, host))
    }
}

fn same<S: AsRef<str>>(own: &Host, other: &Host<S>) -> bool {
    match (own, other) {
        (Host::Domain(own), Host::Domain(other)) => own == other.as_ref(),
        (Host::Ipv4(own), Host::Ipv4(other)) => own == other,
        (Host::Ipv6(own), Host::Ipv6(other)) => own == other,
        (Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_), _) => false,
    }
}

fn never(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ranges::NEVER_V4.iter().any(|net| net.contains(&ip)),
        IpAddr::V6(ip) => ranges::NEVER_V6.iter().any(|net| net.contains(&ip)),
    }
}

fn behind_nat64(ip: IpAddr) -> Option<Ipv4Addr> {
    let is_nat64 = |ip: &Ipv6Addr| ranges::NAT64.contains(ip);
    match ip {
        IpAddr::V4(_) => None,
        IpAddr::V6(ip) => {
            let [.., a, b, c, d] = ip.octets();
            is_nat64(&ip).then_some(Ipv4Addr::new(a, b, c, d))
        }
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ranges::NOT_PUBLIC_V4.iter().any(|net| net.contains(&ip)),
        IpAddr::V6(ip) => ranges::GLOBAL_V6.contains(&ip) && !ranges::NOT_PUBLIC_V6.iter().any(|net| net.contains(&ip)),
    }
}

#[cfg(test)]
mod tests;

//! The rules for the host of a target address.

use std::net::IpAddr;

use url::{Host, Url};

use crate::domain::problem::Problem;
use crate::domain::webhooks::address::{AddressPolicy, Verdict};

/// Names that are never resolved on the public internet (RFC 6761, RFC 6762, RFC 8375 and common use).
const LOCAL: [&str; 12] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "home.arpa",
    "onion",
    "invalid",
    "test",
    "lan",
    "intranet",
    "corp",
    "home",
];

/// The host in `host:port`, as typed.
pub(super) fn typed_in(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        // A colon within the brackets of an IPv6 address is not followed by a port.
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// Checks that the parsed host is the typed one, and that the rules allow it as far as it can be known now.
pub(super) fn check(url: &Url, typed: &str, policy: &AddressPolicy) -> Result<(), Problem> {
    match url.host().ok_or(Problem::UrlIncomplete)? {
        Host::Domain(name) => {
            check_labels(name)?;
            check_spelling(name, typed)?;
            if is_local(name) && !policy.has_allow_list() { Err(Problem::UrlPrivate) } else { Ok(()) }
        }
        Host::Ipv4(ip) => {
            check_address(ip.into(), url, policy)?;
            // Some parsers take `127.1`, `0x7f000001` and `①②⑦.⓪.⓪.①` for addresses, others for names.
            if typed == ip.to_string() { Ok(()) } else { Err(Problem::UrlIncomplete) }
        }
        Host::Ipv6(ip) => check_address(ip.into(), url, policy),
    }
}

fn check_address(ip: IpAddr, url: &Url, policy: &AddressPolicy) -> Result<(), Problem> {
    match policy.verdict(ip) {
        Verdict::Blocked => Err(Problem::UrlPrivate),
        _ if policy.admits(ip, url.scheme() == "https") => Ok(()),
        Verdict::Public | Verdict::Allowed => Err(Problem::UrlNotHttps),
    }
}

fn check_labels(name: &str) -> Result<(), Problem> {
    let good = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // An empty last label comes from a trailing dot, which certificates and SNI do not have.
    if name.len() <= 253 && name.split('.').all(good) { Ok(()) } else { Err(Problem::UrlIncomplete) }
}

/// Compares label by label: ASCII must stay the same, Unicode must become Punycode. Refuses characters that normalize
/// to ASCII (full-width letters, circled digits, other dots, soft hyphens).
fn check_spelling(name: &str, typed: &str) -> Result<(), Problem> {
    let honest = |(typed, name): (&str, &str)| {
        if typed.is_ascii() { typed.eq_ignore_ascii_case(name) } else { name.starts_with("xn--") }
    };
    let as_many = typed.split('.').count() == name.split('.').count();
    if as_many && typed.split('.').zip(name.split('.')).all(honest) { Ok(()) } else { Err(Problem::UrlIncomplete) }
}

fn is_local(name: &str) -> bool {
    let under = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.') || LOCAL.iter().any(|suffix| name == *suffix || under(suffix))
}

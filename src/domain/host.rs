//! The host of a request (`Host`, RFC 9110 §7.2), and the hosts under which pages may be opened.
//!
//! A page that is served under every name is open to DNS rebinding: a foreign site points its own name at this server,
//! and its scripts can then read the responses. An IP address has no name that could be rebound.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Limits of a name and of each of its labels (RFC 1035 §2.3.4).
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// The host in a `Host` header, without its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An IP address literal.
    Address(IpAddr),
    /// A name in lower case, without a trailing dot.
    Name(String),
}

/// Parses the value of a `Host` header or the authority of a request target; `None` if it is invalid.
pub fn parse(text: &str) -> Option<Host> {
    if let Some(inside) = text.strip_prefix('[') {
        let (address, port) = inside.split_once(']')?;
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        return address.parse::<Ipv6Addr>().ok().filter(|_| port_fits).map(|address| Host::Address(address.into()));
    }
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    if !is_port(port) {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    match name.parse::<Ipv4Addr>() {
        Ok(address) => Some(Host::Address(address.into())),
        Err(_) => is_name(&name).then_some(Host::Name(name)),
    }
}

/// Digits or nothing: a port may be empty (RFC 3986 §3.2.3).
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text.is_empty() || text.parse::<u16>().is_ok())
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= NAME_BYTES_MAX && text.split('.').all(is_label)
}

/// Parses an allowed host of the settings: a name in any script, or an address; without scheme and port.
pub fn parse_allowed(text: &str) -> Option<String> {
    let ascii = match url::Host::parse(text.trim()).ok()? {
        url::Host::Domain(name) => name,
        address => address.to_string(),
    };
    match parse(&ascii)? {
        Host::Name(name) => Some(name),
        Host::Address(_) => Some(ascii),
    }
}

/// The hosts under which pages may be opened.
#[derive(Clone, Debug)]
pub struct AllowedHosts(BTreeSet<String>);

impl AllowedHosts {
    /// Allows `localhost`, the host of the public URL, and the hosts of the settings; invalid ones are ignored.
    pub fn new<'a>(public: Option<&'a str>, named: impl IntoIterator<Item = &'a str>) -> Self {
        let names = ["localhost"].into_iter().chain(public).chain(named);
        Self(names.filter_map(parse_allowed).collect())
    }

    /// Whether pages may be opened under this host. IP addresses are always allowed.
    pub fn allow(&self, host: &Host) -> bool {
        match host {
            Host::Address(_) => true,
            Host::Name(name) => self.0.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_host_is_an_address_or_a_name_with_or_without_a_port() {
        let address = |text: &str| Some(Host::Address(text.parse().expect(text)));
        let name = |text: &str| Some(Host::Name(text.into()));
        for (text, expected) in [
            ("hooks.example.com", name("hooks.example.com")),
            ("HOOKS.Example.com:443", name("hooks.example.com")),
            ("hooks.example.com.", name("hooks.example.com")),
            ("hooks.example.com.:8080", name("hooks.example.com")),
            ("hooks.example.com:", name("hooks.example.com")),
            ("localhost", name("localhost")),
            ("my_host-1", name("my_host-1")),
            ("xn--80ak6aa92e.com", name("xn--80ak6aa92e.com")),
            ("192.0.2.1", address("192.0.2.1")),
            ("192.0.2.1:8080", address("192.0.2.1")),
            ("192.0.2.1.", address("192.0.2.1")),
            ("[::1]", address("::1")),
            ("[2001:DB8::1]:8080", address("2001:db8::1")),
            ("[fe80::1%25eth0]:80", address("fe80::1")),
            ("[::ffff:192.0.2.1]", address("::ffff:192.0.2.1")),
            // Other spellings of addresses are taken for names; browsers never send them.
            ("127.1", name("127.1")),
            ("0x7f000001", name("0x7f000001")),
            ("2130706433", name("2130706433")),
            ("", None),
            (".", None),
            (":80", None),
            ("a..b", None),
            (".a", None),
            ("a.b..", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[::1]:x", None),
            ("[localhost]", None),
            ("[v1.x]", None),
            ("a:b", None),
            ("a:80:80", None),
            ("a:65536", None),
            ("a:-1", None),
            ("a b", None),
            ("user@hooks.example.com", None),
            ("hooks.example.com/", None),
            ("hooks.example.com, evil.example", None),
            ("hooks%2eexample.com", None),
            ("хук.укр", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
        assert_eq!(parse(&"a".repeat(64)), None);
        assert_eq!(parse(&vec!["a".repeat(60); 5].join(".")), None);
    }

    #[test]
    fn names_are_allowed_one_by_one_and_addresses_always() {
        let allowed = AllowedHosts::new(Some("hooks.example.com"), ["Desk.LAN.", "хук.укр", "192.0.2.7"]);
        let allows = |text: &str| allowed.allow(&parse(text).expect(text));
        for known in
            ["hooks.example.com:7143", "localhost:8080", "desk.lan", "xn--j1arf.xn--j1amh", "192.0.2.1", "[::1]"]
        {
            assert!(allows(known), "{known}");
        }
        for unknown in ["evil.example", "example.com", "a.hooks.example.com", "hooks.example.com.evil", "127.1", "desk"]
        {
            assert!(!allows(unknown), "{unknown}");
        }
        assert!(!AllowedHosts::new(None, []).allow(&Host::Name("hooks.example.com".into())));
    }

    #[test]
    fn what_is_allowed_is_a_name_alone() {
        for good in ["hooks.example.com", " hooks.example.com ", "HOOKS", "хук.укр", "192.0.2.1", "[::1]", "a.b."]
        {
            assert!(parse_allowed(good).is_some(), "{good}");
        }
        for bad in
            ["", " ", "https://hooks.example.com", "hooks.example.com:443", "a/b", "*.example.com", "*", "a b", "a@b"]
        {
            assert_eq!(parse_allowed(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_a_name_reads_as_itself(text in "\\PC{0,80}") {
            if let Some(Host::Name(name)) = parse(&text) {
                prop_assert_eq!(parse(&name), Some(Host::Name(name.clone())));
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}

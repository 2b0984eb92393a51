//! The address of a client: the peer's, or the one that trusted proxies report in `X-Forwarded-For`.
//!
//! Every address that is compared, counted or stored is first made [`canonical`], and is counted by its [`group`],
//! because the owner of an IPv6 subnet has 2^64 addresses (RFC 4291 §2.5.1).

use std::net::{IpAddr, SocketAddrV4};

use ipnet::{IpNet, Ipv6Net};

/// Bits of an IPv6 address that identify a subnet; the client chooses the rest.
const IPV6_GROUP_PREFIX_BITS: u8 = 64;

/// The canonical form of an address: an IPv4-mapped IPv6 address becomes the IPv4 address (RFC 4291 §2.5.5.2). A socket
/// bound to `[::]` reports all IPv4 peers as mapped addresses.
pub const fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The unit in which addresses are counted: an IPv4 address, or the /64 of an IPv6 address.
pub fn group(address: IpAddr) -> IpNet {
    match canonical(address) {
        IpAddr::V4(address) => IpAddr::V4(address).into(),
        IpAddr::V6(address) => Ipv6Net::new(address, IPV6_GROUP_PREFIX_BITS)
            .map_or_else(|_| IpAddr::V6(address).into(), |net| net.trunc().into()),
    }
}

/// The proxies whose `X-Forwarded-For` is used.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// `networks` may contain IPv4 networks in mapped form.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address belongs to a trusted proxy.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        let mapped = match address {
            IpAddr::V4(address) => IpAddr::V6(address.to_ipv6_mapped()),
            IpAddr::V6(_) => address,
        };
        self.0.iter().any(|network| network.contains(&address) || network.contains(&mapped))
    }
}

/// The client of a request from `peer`; `lines` are the `X-Forwarded-For` headers in their order.
///
/// Several headers form one list (RFC 9110 §5.3). Each proxy appends the address of its peer, so the list is read from
/// the right: the first hop that is not a trusted proxy is the client. The hops left of it were written by the client
/// and are ignored.
///
/// If there is no such hop, because one cannot be parsed or all are trusted, only the hop that the peer itself appended
/// is reliable: the rightmost hop, or the peer if that hop cannot be parsed. Hops further to the left may have been
/// written by a client inside a trusted network.
pub fn client<'a>(peer: IpAddr, lines: impl IntoIterator<Item = &'a str>, trusted: &TrustedProxies) -> IpAddr {
    let peer = canonical(peer);
    if !trusted.contain(peer) {
        return peer;
    }
    let lines: Vec<&str> = lines.into_iter().collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(hop).peekable();
    let appended_by_peer = hops.peek().copied().flatten();
    for hop in hops {
        match hop {
            Some(address) if trusted.contain(address) => {}
            Some(address) => return address,
            None => break,
        }
    }
    appended_by_peer.unwrap_or(peer)
}

/// Parses one element of the list: an address with or without a port, in the forms that proxies write: `192.0.2.1`,
/// `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, in quotes, with a zone (`fe80::1%eth0`).
/// Returns `None` for anything else, such as `unknown` and `_hidden` (RFC 7239 §6).
pub fn hop(text: &str) -> Option<IpAddr> {
    let blank = [' ', '\t'];
    let text = text.trim_matches(blank);
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).trim_matches(blank);
    if let Some(inside) = text.strip_prefix('[') {
        let (address, port) = inside.split_once(']')?;
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return if port_fits { ipv6(address) } else { None };
    }
    match text.parse::<SocketAddrV4>() {
        Ok(address) => Some(IpAddr::V4(*address.ip())),
        Err(_) => text.parse().map(canonical).ok().or_else(|| ipv6(text)),
    }
}

/// Parses an IPv6 address; its zone names a network interface of the proxy and is dropped.
fn ipv6(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((address, zone)) if !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_graphic()) => address,
        Some(_) => return None,
        None => text,
    };
    address.parse().ok().map(|address| canonical(IpAddr::V6(address)))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    fn proxies(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|network| network.parse().expect("a network")).collect())
    }

    #[test]
    fn a_hop_is_an_address_with_or_without_a_port() {
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1\t", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("192.0.2.1:0", "192.0.2.1"),
            ("\"192.0.2.1:4711\"", "192.0.2.1"),
            ("\" 192.0.2.1 \"", "192.0.2.1"),
            ("[192.0.2.1]", "?"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:80", "fe80::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:4711", "192.0.2.1"),
            ("", "?"),
            (" ", "?"),
            ("\"\"", "?"),
            ("unknown", "?"),
            ("_hidden", "?"),
            ("localhost", "?"),
            ("for=192.0.2.1", "?"),
            ("192.0.2.1:", "?"),
            ("192.0.2.1:_x", "?"),
            ("192.0.2.1:+80", "?"),
            ("192.0.2.1:65536", "?"),
            ("192.0.2.1 192.0.2.2", "?"),
            ("192.0.2.01", "?"),
            ("192.0.2", "?"),
            ("3221225985", "?"),
            ("0x7f.1", "?"),
            ("[2001:db8::1", "?"),
            ("2001:db8::1]", "?"),
            ("[2001:db8::1]4711", "?"),
            ("[2001:db8::1]:", "?"),
            ("[]", "?"),
            ("fe80::1%", "?"),
            ("\"192.0.2.1", "?"),
            ("192.0.2.1\u{a0}", "?"),
            ("١٩٢.0.2.1", "?"),
        ] {
            let expected = if address == "?" { None } else { Some(ip(address)) };
            assert_eq!(hop(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_list_is_read_from_the_right_up_to_the_first_hop_that_is_no_proxy() {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8", "::ffff:172.16.0.0/108", "2001:db8:ffff::/48"];
        for (peer, lines, expected) in [
            // The headers of an untrusted peer are ignored.
            ("203.0.113.9", &["6.6.6.6"][..], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["6.6.6.6"], "203.0.113.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:127.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("172.16.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:172.16.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("2001:db8:ffff::1", &["2001:db8::7"], "2001:db8::7"),
            // Hops on the left were written by the client.
            ("127.0.0.1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.9:4711"], "203.0.113.9"),
            ("127.0.0.1", &["6.6.6.6,203.0.113.9 , 10.0.0.2"], "203.0.113.9"),
            // Several headers are one list.
            ("127.0.0.1", &["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.9", "10.0.0.2, 10.0.0.3"], "203.0.113.9"),
            // A hop that cannot be parsed ends the search.
            ("127.0.0.1", &["6.6.6.6, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, _hidden"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6,"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6", ""], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, \u{fffd}"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &["6.6.6.6, unknown, 10.0.0.66, 10.0.0.2"], "10.0.0.2"),
            // A client in a trusted network cannot choose its address, either.
            ("127.0.0.1", &["10.0.0.66, 10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &["10.0.0.2"], "10.0.0.2"),
        ] {
            let found = client(ip(peer), lines.iter().copied(), &proxies(&trusted));
            assert_eq!(found, ip(expected), "{peer} {lines:?}");
        }
    }

    #[test]
    fn ipv6_is_counted_by_the_subnet_and_mapped_ipv4_as_ipv4() {
        for (address, counted) in [
            ("192.0.2.1", "192.0.2.1/32"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::", "2001:db8:1:3::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(group(ip(address)).to_string(), counted, "{address}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_client_writes_changes_nothing(left in "\\PC{0,60}", address: [u8; 4], port: u16) {
            let trusted = proxies(&["127.0.0.1/32"]);
            let real = IpAddr::from(address);
            prop_assume!(!trusted.contain(real));
            let line = format!("{left}, {real}:{port}");
            prop_assert_eq!(client(ip("127.0.0.1"), [line.as_str()], &trusted), real);
            let two = [left.as_str(), &real.to_string()];
            prop_assert_eq!(client(ip("127.0.0.1"), two, &trusted), real);
        }

        #[test]
        fn an_unreadable_last_hop_leaves_the_peer(left in "\\PC{0,60}", last in "[^,:0-9]{0,20}") {
            prop_assume!(hop(&last).is_none());
            let line = format!("{left},{last}");
            let found = client(ip("127.0.0.1"), [line.as_str()], &proxies(&["127.0.0.1/32"]));
            prop_assert_eq!(found, ip("127.0.0.1"));
        }

        #[test]
        fn each_spelling_of_an_address_is_the_same_hop(address: [u16; 8], port: u16) {
            let address = std::net::Ipv6Addr::from(address);
            let expected = Some(canonical(address.into()));
            let long = address.segments().map(|segment| format!("{segment:04X}")).join(":");
            for text in [format!("{address}"), format!("[{address}]"), format!("[{address}]:{port}"), long] {
                prop_assert_eq!(hop(&text), expected);
            }
            let socket = SocketAddrV6::new(address, port, 0, 0).to_string();
            prop_assert_eq!(hop(&socket), expected);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            let found = client(ip("127.0.0.1"), [text.as_str()], &proxies(&["127.0.0.1/32"]));
            prop_assert_eq!(found, canonical(found));
        }
    }
}

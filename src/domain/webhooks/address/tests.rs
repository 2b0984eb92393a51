use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::prelude::*;

use super::{AddressPolicy, Verdict, ranges};

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A policy that opens everything that can be opened.
fn generous() -> AddressPolicy {
    AddressPolicy::new(ranges::ALLOWABLE.to_vec(), Vec::new(), true).unwrap()
}

/// `ip` in the forms that embed it in IPv6: mapped, compatible, SIIT, ISATAP, 6to4, local NAT64.
fn wrapped(ip: Ipv4Addr) -> [Ipv6Addr; 7] {
    let bits = u128::from(ip.to_bits());
    [
        ip.to_ipv6_mapped(),
        Ipv6Addr::from_bits(bits),
        Ipv6Addr::from_bits(0xffff << 48 | bits),
        Ipv6Addr::from_bits(0x5efe << 32 | bits),
        Ipv6Addr::from_bits(0x0200_5efe << 32 | bits),
        Ipv6Addr::from_bits(0x2002 << 112 | bits << 80 | 1),
        Ipv6Addr::from_bits(0x0064_ff9b_0001 << 80 | bits),
    ]
}

fn nat64(ip: Ipv4Addr) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(0x0064_ff9b << 96 | u128::from(ip.to_bits())))
}

fn inside(net: IpNet) -> BoxedStrategy<IpAddr> {
    match net {
        IpNet::V4(net) => {
            (u32::from(net.network())..=u32::from(net.broadcast())).prop_map(|bits| Ipv4Addr::from(bits).into()).boxed()
        }
        IpNet::V6(net) => (u128::from(net.network())..=u128::from(net.broadcast()))
            .prop_map(|bits| Ipv6Addr::from(bits).into())
            .boxed(),
    }
}

fn inside_any(nets: Vec<IpNet>) -> impl Strategy<Value = IpAddr> {
    proptest::sample::select(nets).prop_flat_map(inside)
}

fn never() -> Vec<IpNet> {
    ranges::NEVER_V4.map(IpNet::V4).into_iter().chain(ranges::NEVER_V6.map(IpNet::V6)).collect()
}

proptest! {
    #[test]
    fn private_ipv4_is_blocked_in_every_spelling(ip in inside_any(ranges::NOT_PUBLIC_V4.map(IpNet::V4).to_vec())) {
        let policy = AddressPolicy::default();
        prop_assert_eq!(policy.verdict(ip), Verdict::Blocked);
        let IpAddr::V4(ip) = ip else { unreachable!() };
        prop_assert_eq!(policy.verdict(nat64(ip)), Verdict::Blocked);
        for spelling in wrapped(ip) {
            prop_assert_eq!(policy.verdict(spelling.into()), Verdict::Blocked, "{}", spelling);
        }
    }

    #[test]
    fn no_embedded_ipv4_passes_with_the_most_generous_lists(bits: u32) {
        for spelling in wrapped(bits.into()) {
            // `::1` is the only address in that block with another meaning.
            if spelling != Ipv6Addr::LOCALHOST {
                prop_assert_eq!(generous().verdict(spelling.into()), Verdict::Blocked, "{}", spelling);
            }
        }
    }

    #[test]
    fn no_list_opens_what_is_never_open(ip in inside_any(never())) {
        prop_assert_eq!(generous().verdict(ip), Verdict::Blocked);
    }

    #[test]
    fn nat64_passes_exactly_the_public_ipv4(bits: u32) {
        let public = AddressPolicy::default().verdict(Ipv4Addr::from(bits).into());
        prop_assert_eq!(AddressPolicy::default().verdict(nat64(bits.into())), public);
        prop_assert_eq!(generous().verdict(nat64(bits.into())), public);
    }

    #[test]
    fn deny_beats_allow(ip in inside_any(ranges::ALLOWABLE.to_vec())) {
        let both = AddressPolicy::new(vec![ip.into()], vec![ip.into()], true).unwrap();
        prop_assert_eq!(both.verdict(ip), Verdict::Blocked);
    }

    #[test]
    fn an_allow_list_opens_nothing_but_its_entries(bits: u128, short: u32) {
        let policy = AddressPolicy::new(nets(&["10.20.0.0/16", "fd12:3456::/32"]), Vec::new(), false).unwrap();
        for ip in [IpAddr::V6(bits.into()), IpAddr::V4(short.into())] {
            let listed = nets(&["10.20.0.0/16", "fd12:3456::/32"]).iter().any(|net| net.contains(&ip));
            let plain = AddressPolicy::default().verdict(ip);
            prop_assert_eq!(policy.verdict(ip), if listed { Verdict::Allowed } else { plain });
        }
    }

    #[test]
    fn outside_2000_3_no_ipv6_is_public(bits: u128) {
        let ip = Ipv6Addr::from_bits(bits);
        let global = bits >> 125 == 1 || ranges::NAT64.contains(&ip);
        prop_assert!(global || generous().verdict(ip.into()) != Verdict::Public);
    }
}

#[test]
fn an_entry_outside_the_private_ranges_is_refused_by_name() {
    for entry in ["0.0.0.0/0", "::/0", "8.8.8.0/24", "10.0.0.0/7", "169.254.169.254/32", "::ffff:10.0.0.0/104"] {
        let refused = AddressPolicy::new(nets(&["10.0.0.0/8", entry]), Vec::new(), false);
        assert!(refused.unwrap_err().to_string().starts_with(entry));
    }
    assert!(AddressPolicy::new(nets(&["127.0.0.1/32", "::1/128", "fd00::/8"]), Vec::new(), false).is_ok());
}

#[test]
fn plain_http_goes_only_to_allowed_addresses() {
    let public = "93.184.216.34".parse().unwrap();
    let lan = "10.1.2.3".parse().unwrap();
    let listed = AddressPolicy::new(nets(&["10.0.0.0/8"]), Vec::new(), false).unwrap();
    assert!(!listed.admits(public, false) && listed.admits(public, true) && listed.admits(lan, false));
    assert!(generous().admits(public, false));
    assert!(!AddressPolicy::default().admits(lan, true));
}

#[test]
fn the_edges_of_the_ranges_are_exact() {
    let verdict = |text: &str| AddressPolicy::default().verdict(text.parse().unwrap());
    for open in ["9.255.255.255", "11.0.0.0", "172.32.0.0", "2001:200::1", "2003::1", "3ffe:ffff::1", "168.63.129.17"] {
        assert_eq!(verdict(open), Verdict::Public, "{open}");
    }
    for shut in ["10.255.255.255", "172.16.0.0", "2001:1ff:ffff::1", "3fff:fff::1", "4000::1", "::", "::1"] {
        assert_eq!(verdict(shut), Verdict::Blocked, "{shut}");
    }
}

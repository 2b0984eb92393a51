//! The address ranges of the address guard.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)
}

/// IPv4 ranges that no allow list can open: this host, link-local, metadata services, multicast, reserved.
pub(super) const NEVER_V4: [Ipv4Net; 7] = [
    v4([0, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    // Azure's wire server has a public address.
    v4([168, 63, 129, 16], 32),
    // Alibaba's metadata service is in the range for carrier-grade NAT.
    v4([100, 100, 100, 200], 32),
    v4([192, 0, 0, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// IPv6 ranges that no allow list can open: the unspecified address, link-local, site-local, multicast, metadata
/// services, discard-only, and all forms that embed an IPv4 address at a place that cannot be known.
pub(super) const NEVER_V6: [Ipv6Net; 13] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    // Metadata services of AWS, Google and Scaleway: within fc00::/7, which an operator may allow.
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
    v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128),
    // 6to4 and Teredo.
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64),
    // Local-use NAT64: the operator chose the position of the IPv4 address (RFC 8215).
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    // Mapped IPv4 (`::ffff:a.b.c.d`): the system would connect over IPv4 and bypass the IPv4 rules.
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
];

/// The well-known prefix of NAT64: the last 32 bits are the IPv4 address (RFC 6052).
pub(super) const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// The only ranges that an operator may allow.
pub(super) const ALLOWABLE: [IpNet; 7] = [
    IpNet::V4(v4([10, 0, 0, 0], 8)),
    IpNet::V4(v4([172, 16, 0, 0], 12)),
    IpNet::V4(v4([192, 168, 0, 0], 16)),
    IpNet::V4(v4([100, 64, 0, 0], 10)),
    IpNet::V4(v4([127, 0, 0, 0], 8)),
    IpNet::V6(v6([0, 0, 0, 0, 0, 0, 0, 1], 128)),
    IpNet::V6(v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7)),
];

/// IPv4 ranges that are not public: private, shared, loopback, documentation, 6to4 relays, benchmarking.
pub(super) const NOT_PUBLIC_V4: [Ipv4Net; 10] = [
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
];

/// The range of public IPv6 addresses. Everything else is blocked, so no list of embedding forms has to be complete.
pub(super) const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Exceptions in that range: IETF protocols, documentation, 6to4.
pub(super) const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

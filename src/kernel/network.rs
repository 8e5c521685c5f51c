//! Addresses that requests on somebody's behalf may go to (S14, W5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of the registry, known when this is compiled.
struct Range {
    address: IpAddr,
    prefix: u8,
}

impl Range {
    const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), prefix }
    }

    const fn v6(a: u16, b: u16, prefix: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)), prefix }
    }

    /// A v4 address written as a v6 one lies in no v4 range.
    fn contains(&self, address: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (u128::from(a.to_bits()), u128::from(b.to_bits()), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            _ => return false,
        };
        let rest = width - u32::from(self.prefix);
        ours.checked_shr(rest).unwrap_or(0) == theirs.checked_shr(rest).unwrap_or(0)
    }
}

/// IPv4 that is no public unicast: the IANA special-purpose registry, multicast, and what is reserved.
const V4_SPECIAL: [Range; 16] = [
    Range::v4(0, 0, 0, 8),
    Range::v4(10, 0, 0, 8),
    // Carrier-grade NAT; 100.100.100.200 is Alibaba Cloud's metadata service.
    Range::v4(100, 64, 0, 10),
    Range::v4(127, 0, 0, 8),
    // Link-local; 169.254.169.254 is the metadata service of most clouds.
    Range::v4(169, 254, 0, 16),
    Range::v4(172, 16, 0, 12),
    Range::v4(192, 0, 0, 24),
    Range::v4(192, 0, 2, 24),
    Range::v4(192, 31, 196, 24),
    Range::v4(192, 52, 193, 24),
    Range::v4(192, 88, 99, 24),
    Range::v4(192, 168, 0, 16),
    Range::v4(198, 18, 0, 15),
    Range::v4(198, 51, 100, 24),
    Range::v4(203, 0, 113, 24),
    Range::v4(224, 0, 0, 3),
];

/// IPv6 outside of global unicast is refused as a whole; these are the special ranges inside it.
const V6_GLOBAL: Range = Range::v6(0x2000, 0, 3);
const V6_SPECIAL: [Range; 4] = [
    // IETF protocols: Teredo, ORCHID, benchmarks.
    Range::v6(0x2001, 0, 23),
    Range::v6(0x2001, 0xdb8, 32),
    // 6to4 carries any v4 address inside.
    Range::v6(0x2002, 0, 16),
    Range::v6(0x3fff, 0, 20),
];

/// Whether an address belongs to the public internet. Loopback, private, link-local, shared, mapped, translated
/// (NAT64, 6to4), documentation, multicast and reserved ones do not.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => !V4_SPECIAL.iter().any(|range| range.contains(address)),
        IpAddr::V6(_) => {
            V6_GLOBAL.contains(address) && !V6_SPECIAL.iter().any(|range| range.contains(address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in
            ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1"]
                .into_iter()
                .chain([
                    "192.0.1.1",
                    "198.17.0.1",
                    "223.255.255.255",
                    "2400:3200::1",
                    "2606:4700::1",
                ])
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}

//! Networks as operators write them: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A network of IPv4 or IPv6; an IPv4 address written as IPv6 (`::ffff:…`) counts as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    base: IpAddr,
    bits: u8,
}

/// Text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCidr {
    /// Not of the form.
    #[error("an address or a network such as 10.0.0.0/8 is expected")]
    Form,
    /// Bits are set behind the prefix: one of the two is a slip.
    #[error("the address has bits behind the prefix: write the first address of the network")]
    HostBits,
}

impl Cidr {
    /// Whether `address` is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
                first(address.to_canonical(), self.bits) == self.base
            }
            _ => false,
        }
    }

    /// Whether it is every address there is.
    #[must_use]
    pub const fn is_everywhere(&self) -> bool {
        self.bits == 0
    }
}

/// The first address of the network of `bits` that `address` is in.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Ipv4Addr::from_bits(ip.to_bits() & mask).into()
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            Ipv6Addr::from_bits(ip.to_bits() & mask).into()
        }
    }
}

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(text: &str) -> Result<Self, BadCidr> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let base: IpAddr = address.parse().map_err(|_| BadCidr::Form)?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let plain = |bits: &str| !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
        let bits: u8 = match bits {
            None => most,
            Some(bits) if plain(bits) => bits.parse().map_err(|_| BadCidr::Form)?,
            Some(_) => return Err(BadCidr::Form),
        };
        if bits > most {
            return Err(BadCidr::Form);
        }
        if first(base, bits) != base {
            return Err(BadCidr::HostBits);
        }
        match (base, base.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(v4)) if bits >= 96 => {
                Ok(Self { base: v4.into(), bits: bits - 96 })
            }
            _ => Ok(Self { base, bits }),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// Several networks, as a list or as one text with commas, which is what an environment variable can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cidrs(pub Vec<Cidr>);

impl Cidrs {
    /// Whether `address` is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// As they are written.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

struct Reader;

fn read<E: de::Error>(text: &str) -> Result<Cidr, E> {
    text.trim().parse().map_err(|why| E::custom(format!("{:?}: {why}", text.trim())))
}

impl<'de> Visitor<'de> for Reader {
    type Value = Cidrs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("networks, as a list or separated by commas")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cidrs, E> {
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts.map(read).collect::<Result<_, E>>().map(Cidrs)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cidrs, A::Error> {
        let mut networks = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            networks.push(read(&text)?);
        }
        Ok(Cidrs(networks))
    }
}

impl<'de> Deserialize<'de> for Cidrs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Cidr>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("192.168.4.0/22", "192.168.7.255", true),
            ("192.168.4.0/22", "192.168.8.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "1.2.3.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
        ] {
            assert_eq!(contains(network, address), inside, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/+8", "x"] {
            assert_eq!(bad.parse::<Cidr>(), Err(BadCidr::Form), "{bad}");
        }
        for slip in ["10.0.0.1/8", "2001:db8::1/32"] {
            assert_eq!(slip.parse::<Cidr>(), Err(BadCidr::HostBits), "{slip}");
        }
    }

    #[test]
    fn networks_are_read_from_a_list_or_a_text() {
        let list: Cidrs = serde_json::from_str(r#"["10.0.0.0/8","::1"]"#).unwrap();
        let text: Cidrs = serde_json::from_str(r#""10.0.0.0/8, ::1""#).unwrap();
        assert_eq!(list, text);
        assert_eq!(list.texts(), ["10.0.0.0/8", "::1/128"]);
        assert_eq!(serde_json::from_str::<Cidrs>(r#""""#).unwrap(), Cidrs::default());
        let error = serde_json::from_str::<Cidrs>(r#"["10.0.0.1/8"]"#).unwrap_err();
        assert!(error.to_string().contains("10.0.0.1/8"), "{error}");
    }
}

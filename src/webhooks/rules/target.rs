//! Where deliveries may go (S14, W5). A name is looked at again when it is resolved, at each connection.

use std::net::IpAddr;

use reqwest::Url;

use crate::kernel::cidr::Cidrs;
use crate::kernel::network::is_public;

/// The longest URL, in bytes.
pub const LONGEST_URL: usize = 2_000;

/// What the installation allows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Ports; none is any.
    pub ports: Vec<u16>,
    /// Private ranges that are allowed all the same.
    pub networks: Cidrs,
    /// Which schemes.
    pub schemes: Schemes,
}

/// Schemes of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// https only.
    Secure,
    /// http too, for developers.
    Plain,
}

/// Why nothing is delivered to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// No URL, or one with a login or a fragment.
    Malformed,
    /// Another scheme.
    Scheme,
    /// Another port.
    Port,
    /// An address that is not public.
    Address,
}

impl Forbidden {
    /// The same in words, Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => {
                ("须为不含账号和片段的完整网址", "a whole URL without login or fragment is needed")
            }
            Self::Scheme => ("须使用 https", "https is needed"),
            Self::Port => ("不允许该端口", "the port is not allowed"),
            Self::Address => {
                ("不允许内网或保留地址", "private and reserved addresses are not allowed")
            }
        }
    }
}

impl Policy {
    /// Whether deliveries may go to an address.
    #[must_use]
    pub fn reaches(&self, address: IpAddr) -> bool {
        is_public(address) || self.networks.contain(address)
    }

    /// Reads the URL of an endpoint. Whatever way an address is spelt in, it is seen as the one it is; a name is
    /// looked at when it is resolved.
    ///
    /// # Errors
    /// Why nothing may be delivered there.
    pub fn read(&self, text: &str) -> Result<Url, Forbidden> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if text.len() > LONGEST_URL || text.contains(odd) || !text.contains("://") {
            return Err(Forbidden::Malformed);
        }
        let url = Url::parse(text).map_err(|_| Forbidden::Malformed)?;
        match (url.scheme(), self.schemes) {
            ("https", _) | ("http", Schemes::Plain) => {}
            _ => return Err(Forbidden::Scheme),
        }
        let login = !url.username().is_empty() || url.password().is_some();
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Forbidden::Malformed)?;
        // An empty login is one too: `https://@host` is only ever written to mislead.
        let authority = text.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
        if login || url.fragment().is_some() || authority.is_some_and(|it| it.contains('@')) {
            return Err(Forbidden::Malformed);
        }
        let port = url.port_or_known_default().ok_or(Forbidden::Port)?;
        if !self.ports.is_empty() && !self.ports.contains(&port) {
            return Err(Forbidden::Port);
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|address| !self.reaches(address)) {
            return Err(Forbidden::Address);
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict() -> Policy {
        Policy { ports: vec![443, 8443], networks: Cidrs::default(), schemes: Schemes::Secure }
    }

    #[test]
    fn ordinary_addresses_are_taken() {
        for good in [
            "https://erp.example.com/hooks",
            "https://erp.example.com:8443/hooks?shop=1",
            "https://例子.测试/钩子",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "HTTPS://ERP.EXAMPLE.COM",
        ] {
            assert!(strict().read(good).is_ok(), "{good}");
        }
    }

    /// W5: whatever is written to reach a private address.
    #[test]
    fn hostile_addresses_are_refused() {
        use Forbidden::{Address, Malformed, Port, Scheme};
        let hostile: &[(&str, Forbidden)] = &[
            ("https://127.0.0.1/", Address),
            ("https://127.1/", Address),
            ("https://127.0.1/", Address),
            ("https://2130706433/", Address),
            ("https://0x7f000001/", Address),
            ("https://0x7f.0.0.1/", Address),
            ("https://0x7f.0x0.0x0.0x1/", Address),
            ("https://0177.0.0.1/", Address),
            ("https://017700000001/", Address),
            ("https://0177.0x0.0.1/", Address),
            ("https://127.0.0.1./", Address),
            ("https://0/", Address),
            ("https://0.0.0.0/", Address),
            ("https://10.0.0.1/", Address),
            ("https://167772161/", Address),
            ("https://012.0.0.1/", Address),
            ("https://172.16.0.1/", Address),
            ("https://172.31.255.255/", Address),
            ("https://192.168.1.1/", Address),
            ("https://0xc0a80101/", Address),
            ("https://169.254.169.254/latest/meta-data/", Address),
            ("https://2852039166/latest/meta-data/", Address),
            ("https://0xa9fea9fe/", Address),
            ("https://0251.0376.0251.0376/", Address),
            ("https://169.16689662/", Address),
            ("https://100.100.100.200/latest/meta-data/", Address),
            ("https://100.64.0.1/", Address),
            ("https://192.0.0.192/", Address),
            ("https://198.18.0.1/", Address),
            ("https://224.0.0.1/", Address),
            ("https://255.255.255.255/", Address),
            ("https://[::]/", Address),
            ("https://[::1]/", Address),
            ("https://[0:0:0:0:0:0:0:1]/", Address),
            ("https://[::ffff:127.0.0.1]/", Address),
            ("https://[::ffff:7f00:1]/", Address),
            ("https://[::ffff:169.254.169.254]/", Address),
            ("https://[::127.0.0.1]/", Address),
            ("https://[64:ff9b::127.0.0.1]/", Address),
            ("https://[64:ff9b::a9fe:a9fe]/", Address),
            ("https://[2002:7f00:1::]/", Address),
            ("https://[2002:a9fe:a9fe::]/", Address),
            ("https://[2001:0:7f00:1::]/", Address),
            ("https://[fe80::1]/", Address),
            ("https://[fc00::1]/", Address),
            ("https://[fd00:ec2::254]/", Address),
            ("https://[ff02::1]/", Address),
            ("https://①②⑦.⓪.⓪.①/", Address),
            ("https://１２７.０.０.１/", Address),
            ("https://127。0。0。1/", Address),
            ("https://%31%32%37.0.0.1/", Address),
            ("https://erp.example.com@127.0.0.1/", Malformed),
            ("https://user:pass@erp.example.com/", Malformed),
            ("https://@erp.example.com/", Malformed),
            ("https://127.0.0.1\\@erp.example.com/", Malformed),
            ("https://erp.example.com#@127.0.0.1/", Malformed),
            ("https://erp.example.com/\r\nhost: x", Malformed),
            ("https://erp.example.com/\thooks", Malformed),
            ("https://[::1%25lo]/", Malformed),
            ("https:///127.0.0.1/", Address),
            ("https://", Malformed),
            ("https:127.0.0.1", Malformed),
            ("//erp.example.com/", Malformed),
            ("", Malformed),
            ("https://999.1.1.1/", Malformed),
            ("http://erp.example.com/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("gopher://127.0.0.1:6379/_FLUSHALL", Scheme),
            ("ftp://erp.example.com/", Scheme),
            ("wss://erp.example.com/", Scheme),
            ("https://erp.example.com:22/", Port),
            ("https://erp.example.com:6379/", Port),
            ("https://erp.example.com:80/", Port),
            ("https://erp.example.com:0/", Port),
        ];
        assert!(hostile.len() >= 60);
        for (url, why) in hostile {
            match strict().read(url) {
                Ok(read) => panic!("{url} was taken as {read}"),
                // How a spelling is refused is the parser's choice; that it is, is ours.
                Err(Malformed) if *why == Address => {}
                Err(found) => assert_eq!(found, *why, "{url}"),
            }
        }
        let long = format!("https://erp.example.com/{}", "x".repeat(LONGEST_URL));
        assert_eq!(strict().read(&long).unwrap_err(), Malformed);
    }

    #[test]
    fn what_is_allowed_by_name_is_allowed() {
        let mut policy = strict();
        policy.networks = Cidrs(vec!["127.0.0.1".parse().unwrap()]);
        policy.schemes = Schemes::Plain;
        policy.ports = Vec::new();
        assert!(policy.read("http://127.0.0.1:4711/x").is_ok());
        assert_eq!(policy.read("http://127.0.0.2:4711/x"), Err(Forbidden::Address));
        assert_eq!(policy.read("file:///x"), Err(Forbidden::Scheme));
    }
}

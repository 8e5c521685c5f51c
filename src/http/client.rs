//! Where a request comes from.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use actix_web::{FromRequest, HttpRequest};

use super::body::app;
use super::{Error, Result};
use crate::kernel::cidr::Cidrs;

/// The address of the client: of the peer, or, where that is a trusted proxy, of the last one in `X-Forwarded-For` that
/// is none (S22). What a client claims about itself stands further left and is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// The client of `request`.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        // A Unix socket has no address: its callers share one.
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let peer = request.peer_addr().map_or(unknown, |peer| peer.ip());
        let Ok(app) = app(request) else { return Self(peer) };
        Self(client(peer, request.headers(), &app.config.server.trusted_proxies))
    }

    /// The network it is likely to share with its neighbours: /24, or /48 of IPv6.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Ipv4Addr::new(a, b, c, 0).into()
            }
            IpAddr::V6(ip) => {
                let [a, b, c, ..] = ip.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
            }
        }
    }
}

impl FromRequest for ClientIp {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Walks from the peer to the left while the hop that told us is trusted. An entry that is no address ends the walk at
/// the proxy that passed it on: nothing further left can be believed.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &Cidrs) -> IpAddr {
    let mut known = peer.to_canonical();
    if !trusted.contain(known) {
        return known;
    }
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    // As bytes: what a client wrote into the line must not hide what the proxy added to it.
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        let next = std::str::from_utf8(entry).ok().and_then(|text| address(text.trim()));
        let Some(next) = next else { return known };
        known = next;
        if !trusted.contain(known) {
            return known;
        }
    }
    known
}

/// An address as proxies write it, some of them with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let plain = bare.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    plain.or_else(with_port).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn neighbours_share_a_network() {
        let network = |text: &str| ClientIp(text.parse().unwrap()).network().to_string();
        assert_eq!(network("203.0.113.77"), "203.0.113.0");
        assert_eq!(network("::ffff:203.0.113.77"), "203.0.113.0");
        assert_eq!(network("2001:db8:1:2:3::4"), "2001:db8:1::");
    }

    /// The client behind `peer`, which sent these lines, where `trusted` stand before us.
    fn check(trusted: &str, peer: &str, lines: &[&str], expect: &str) {
        let trusted = if trusted.is_empty() { Vec::new() } else { trusted.split(' ').collect() };
        let trusted = Cidrs(trusted.into_iter().map(|text| text.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let found = client(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found.to_string(), expect, "{trusted:?} {peer} {lines:?}");
    }

    /// S22, row by row.
    #[test]
    fn the_client_is_the_last_hop_that_is_not_trusted() {
        let one = "10.0.0.0/8";
        // Nobody is trusted, or not the peer: headers say nothing.
        check("", "10.0.0.1", &["203.0.113.7"], "10.0.0.1");
        check(one, "203.0.113.9", &["198.51.100.1"], "203.0.113.9");
        check(one, "203.0.113.9", &[], "203.0.113.9");
        // One proxy: what it appended, however much was claimed before.
        check(one, "10.0.0.1", &["203.0.113.7"], "203.0.113.7");
        check(one, "10.0.0.1", &["1.1.1.1, 2.2.2.2,203.0.113.7"], "203.0.113.7");
        check(one, "10.0.0.1", &["10.9.9.9, 203.0.113.7"], "203.0.113.7");
        // Two proxies, in one line or two.
        check(one, "10.0.0.1", &["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7");
        check(one, "10.0.0.1", &["1.1.1.1, 203.0.113.7", "10.0.0.2"], "203.0.113.7");
        check("10.0.0.1 10.0.0.2", "10.0.0.1", &["1.1.1.1, 10.0.0.3, 10.0.0.2"], "10.0.0.3");
        // All of them trusted: the first one, which is as far as anybody knows.
        check(one, "10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
        check(one, "10.0.0.1", &[], "10.0.0.1");
        // What is no address ends the walk.
        check(one, "10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1");
        check(one, "10.0.0.1", &["203.0.113.7, "], "10.0.0.1");
        check(one, "10.0.0.1", &["203.0.113.7, 会, 10.0.0.2"], "10.0.0.2");
        check(one, "10.0.0.1", &["会, 203.0.113.7"], "203.0.113.7");
        check(one, "10.0.0.1", &["203.0.113.7", "\u{e9}"], "10.0.0.1");
        // With ports, in brackets, as IPv6, as IPv4 in IPv6.
        check(one, "10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7");
        check(one, "10.0.0.1", &["[2001:db8::7]:443"], "2001:db8::7");
        check(one, "10.0.0.1", &["[2001:db8::7]"], "2001:db8::7");
        check(one, "10.0.0.1", &["2001:db8::7"], "2001:db8::7");
        check(one, "::ffff:10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7");
        check("2001:db8::/32", "2001:db8::1", &["203.0.113.7, 2001:db8::2"], "203.0.113.7");
    }
}

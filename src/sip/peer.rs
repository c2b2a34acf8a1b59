//! From which addresses a carrier sends calls.

use std::net::{IpAddr, SocketAddr};

/// An address, a prefix, or an address with a port (compared for UDP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Prefix(Prefix),
    Exactly(SocketAddr),
}

/// A network prefix such as 192.0.2.0/24; a lone address is /32 or /128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub address: IpAddr,
    pub length: u8,
}

impl Prefix {
    /// `192.0.2.0/24`, or a lone address, which is all of its bits. Bits behind the length are ignored.
    pub fn parse(text: &str) -> Option<Prefix> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse().ok().filter(|length| *length <= bits)?,
            None => bits,
        };
        Some(Prefix { address, length })
    }

    /// Whether `ip` lies in this network. An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) counts as what it is.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                let beside = 32 - u32::from(self.length.min(32));
                (network.to_bits() ^ ip.to_bits()).checked_shr(beside).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                let beside = 128 - u32::from(self.length.min(128));
                (network.to_bits() ^ ip.to_bits()).checked_shr(beside).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl Peer {
    /// The one address it is, with its port; `None` for a network of several.
    pub fn single(&self) -> Option<(IpAddr, u16)> {
        match self {
            Peer::Exactly(address) => Some((address.ip(), address.port())),
            Peer::Prefix(Prefix { address, length }) => {
                let whole = if address.is_ipv4() { 32 } else { 128 };
                (*length == whole).then_some((*address, 5060))
            }
        }
    }

    /// `203.0.113.0/24`, `203.0.113.7`, `203.0.113.7:5060` or `[2001:db8::7]:5060`.
    pub fn parse(text: &str) -> Option<Peer> {
        match Prefix::parse(text) {
            Some(prefix) => Some(Peer::Prefix(prefix)),
            None => text.parse().ok().map(Peer::Exactly),
        }
    }

    /// Whether a stream connection from there is this peer's: the port it calls from is any free one.
    pub fn matches_stream(&self, from: SocketAddr) -> bool {
        match self {
            Peer::Prefix(prefix) => prefix.contains(from.ip()),
            Peer::Exactly(address) => address.ip().to_canonical() == from.ip().to_canonical(),
        }
    }

    /// Whether a datagram from there is this peer's.
    pub fn matches(&self, from: SocketAddr) -> bool {
        match self {
            Peer::Prefix(prefix) => prefix.contains(from.ip()),
            Peer::Exactly(address) => {
                address.port() == from.port() && address.ip().to_canonical() == from.ip().to_canonical()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_contains_its_network() {
        for (prefix, ip, within) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("198.51.100.7", "198.51.100.7", true),
            ("198.51.100.7", "198.51.100.6", false),
            ("198.51.100.77/24", "198.51.100.7", true),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("fc00::/7", "fd12::1", true),
            ("fc00::/7", "fe80::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
        ] {
            assert_eq!(Prefix::parse(prefix).unwrap().contains(ip.parse().unwrap()), within, "{ip} in {prefix}");
        }
        for wrong in ["", "10.0.0.0/", "10.0.0.0/33", "fc00::/129", "10.0.0/8", "carrier.example"] {
            assert_eq!(Prefix::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_peer_with_a_port_is_only_that_port() {
        for (peer, from, matches) in [
            ("203.0.113.0/24", "203.0.113.9:5080", true),
            ("203.0.113.0/24", "203.0.114.9:5080", false),
            ("198.51.100.7:5060", "198.51.100.7:5060", true),
            ("198.51.100.7:5060", "198.51.100.7:5061", false),
            ("198.51.100.7:5060", "[::ffff:198.51.100.7]:5060", true),
            ("[2001:db8::7]:5060", "[2001:db8::7]:5060", true),
            ("[2001:db8::7]:5060", "[2001:db8::8]:5060", false),
        ] {
            assert_eq!(Peer::parse(peer).unwrap().matches(from.parse().unwrap()), matches, "{from} by {peer}");
        }
    }
}

//! The way to a peer, and what we call ourselves towards it.

use std::net::{IpAddr, SocketAddr};

use crate::config::Prefix;

/// One of our SIP sockets, in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u8);

/// The next hop: its address, our socket, and our own address as seen from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    pub socket: SocketId,
    pub to: SocketAddr,
    pub local: IpAddr,
}

/// Our sockets and the addresses we give out for them.
#[derive(Clone, Debug)]
pub struct Interfaces {
    /// The bound address of each socket, by [`SocketId`].
    pub sockets: Vec<SocketAddr>,
    /// Where the world outside `local_networks` finds us, when that is not our own address (a router in between).
    pub external_ip: Option<IpAddr>,
    pub local_networks: Vec<Prefix>,
}

impl Interfaces {
    /// The address of ours that `hop.to` can send media or signalling to.
    pub fn ip_towards(&self, hop: &Hop) -> IpAddr {
        match self.external_ip {
            Some(external) if external.is_ipv4() == hop.to.is_ipv4() && !self.is_local(hop.to.ip()) => external,
            _ => hop.local,
        }
    }

    /// That address with the port of the hop's socket: the sent-by of our Via, the host of our Contact.
    pub fn sent_by(&self, hop: &Hop) -> SocketAddr {
        let port = self.sockets.get(usize::from(hop.socket.0)).map_or(5060, SocketAddr::port);
        SocketAddr::new(self.ip_towards(hop), port)
    }

    /// Loopback, or one of the owner's own networks.
    pub fn is_local(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.local_networks.iter().any(|network| network.contains(ip))
    }
}

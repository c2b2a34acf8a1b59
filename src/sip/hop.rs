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

    /// A way that an earlier run has known, over a socket that is there today: the same, or else one of its family. `None`:
    /// there is none.
    pub fn today(&self, hop: Hop) -> Option<Hop> {
        let fits = |socket: &SocketAddr| socket.is_ipv4() == hop.to.is_ipv4();
        let same = self.sockets.get(usize::from(hop.socket.0)).is_some_and(fits);
        let at = if same { usize::from(hop.socket.0) } else { self.sockets.iter().position(fits)? };
        Some(Hop { socket: SocketId(u8::try_from(at).ok()?), ..hop })
    }

    /// Loopback, or one of the owner's own networks.
    pub fn is_local(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.local_networks.iter().any(|network| network.contains(ip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_of_yesterday_is_gone_over_a_socket_of_today() {
        let interfaces = |sockets: &[&str]| Interfaces {
            sockets: sockets.iter().map(|socket| socket.parse().unwrap()).collect(),
            external_ip: None,
            local_networks: Vec::new(),
        };
        let way = |socket: u8| Hop {
            socket: SocketId(socket),
            to: "192.0.2.9:5060".parse().unwrap(),
            local: IpAddr::from([192, 0, 2, 1]),
        };
        let two = interfaces(&["[::]:5060", "0.0.0.0:5060", "0.0.0.0:5070"]);
        assert_eq!(two.today(way(2)), Some(way(2)), "as it was");
        assert_eq!(two.today(way(0)), Some(way(1)), "another family stands there now");
        assert_eq!(two.today(way(7)), Some(way(1)), "nothing stands there now");
        assert_eq!(interfaces(&["[::]:5060"]).today(way(0)), None);
    }
}

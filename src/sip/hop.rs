//! The way to a peer, and what we call ourselves towards it.
//!
//! A request to a UDP peer stays on UDP however long it is. RFC 3261 §18.1.1 wants a stream from 1300 bytes on, but the
//! phones and carriers we meet over UDP do not listen on TCP, and our INVITEs, written anew from an allow-list, stay
//! below that unless a name is absurdly long; such a one arrives in fragments.

use std::net::{IpAddr, SocketAddr};

use super::peer::Prefix;
use super::uri::{Scheme, Uri};

/// One of our SIP sockets, in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u8);

/// One stream connection. A name is never given twice, so that news of a connection that is gone does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowId {
    /// A peer connected to us; named by the shell.
    Accepted(u64),
    /// We connected; named by [`super::flow::Flows`].
    Opened(u64),
}

/// How messages get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams from this socket.
    Udp(SocketId),
    /// A stream connection: this one while it lives, else a new one to the hop's address.
    Tcp(Option<FlowId>),
    /// The same, encrypted (RFC 3261 §26.2.1).
    Tls(Option<FlowId>),
    /// A WebSocket that a peer has opened (RFC 7118): this one or none, since nobody can be called by a new one.
    Ws(Option<FlowId>),
    /// The same, encrypted.
    Wss(Option<FlowId>),
}

/// What a peer is to be reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    Udp,
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket (RFC 7118).
    Ws,
    /// WebSocket over TLS.
    Wss,
}

/// One of the names that whoever looks them up has numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(pub u32);

/// The next hop: how, its address, and our own address as seen from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    pub transport: Transport,
    pub to: SocketAddr,
    pub local: IpAddr,
    /// Whom the peer must prove to be, by TLS. `None`: whoever is there.
    pub server: Option<ServerName>,
}

impl Hop {
    pub fn udp(socket: SocketId, to: SocketAddr, local: IpAddr) -> Hop {
        Hop { transport: Transport::Udp(socket), to, local, server: None }
    }

    pub fn protocol(&self) -> Protocol {
        match self.transport {
            Transport::Udp(_) => Protocol::Udp,
            Transport::Tcp(_) => Protocol::Tcp,
            Transport::Tls(_) => Protocol::Tls,
            Transport::Ws(_) => Protocol::Ws,
            Transport::Wss(_) => Protocol::Wss,
        }
    }

    /// The connection it names, which may be gone by now.
    pub fn flow(&self) -> Option<FlowId> {
        match self.transport {
            Transport::Udp(_) => None,
            Transport::Tcp(flow) | Transport::Tls(flow) | Transport::Ws(flow) | Transport::Wss(flow) => flow,
        }
    }

    /// The same way by whatever connection: the one it named is closed. A datagram's way stays what it was.
    pub fn without_flow(self) -> Hop {
        Hop { transport: self.protocol().by(None).unwrap_or(self.transport), ..self }
    }
}

impl Protocol {
    /// As Via spells it (RFC 3261 §20.42).
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Udp => "UDP",
            Protocol::Tcp => "TCP",
            Protocol::Tls => "TLS",
            Protocol::Ws => "WS",
            Protocol::Wss => "WSS",
        }
    }

    /// What a URI says in `;transport=` to be reached by it; nothing for UDP, which every reader assumes. `tls` is older than
    /// RFC 3261, which deprecates it for `sips:`, but it is what phones write and read.
    pub fn param(self) -> Option<&'static str> {
        match self {
            Protocol::Udp => None,
            Protocol::Tcp => Some("tcp"),
            Protocol::Tls => Some("tls"),
            // RFC 7118 §5.2.1: one word for both.
            Protocol::Ws | Protocol::Wss => Some("ws"),
        }
    }

    /// Where it listens unless told otherwise (RFC 3261 §19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            Protocol::Udp | Protocol::Tcp => 5060,
            Protocol::Tls => 5061,
            Protocol::Ws => 80,
            Protocol::Wss => 443,
        }
    }

    /// Whether nothing is lost on the way, so that nothing is said twice.
    pub fn is_stream(self) -> bool {
        match self {
            Protocol::Udp => false,
            Protocol::Tcp | Protocol::Tls | Protocol::Ws | Protocol::Wss => true,
        }
    }

    /// Whether nobody on the way reads what is said.
    pub fn is_encrypted(self) -> bool {
        match self {
            Protocol::Udp | Protocol::Tcp | Protocol::Ws => false,
            Protocol::Tls | Protocol::Wss => true,
        }
    }

    /// Whether only the peer can begin: browsers and what is like them.
    pub fn is_web_socket(self) -> bool {
        match self {
            Protocol::Udp | Protocol::Tcp | Protocol::Tls => false,
            Protocol::Ws | Protocol::Wss => true,
        }
    }

    /// By this connection. `None`: it knows no connections.
    pub fn by(self, flow: Option<FlowId>) -> Option<Transport> {
        match self {
            Protocol::Udp => None,
            Protocol::Tcp => Some(Transport::Tcp(flow)),
            Protocol::Tls => Some(Transport::Tls(flow)),
            Protocol::Ws => Some(Transport::Ws(flow)),
            Protocol::Wss => Some(Transport::Wss(flow)),
        }
    }

    /// What this URI asks for. `sips:` means TLS, over whatever stream (RFC 3261 §26.2.2). `None`: what we do not speak.
    pub fn asked_by(uri: &Uri) -> Option<Protocol> {
        let protocol = Protocol::of_param(uri.param("transport"))?;
        match uri.scheme {
            Scheme::Sips if protocol.is_stream() || !uri.has_param("transport") => Some(Protocol::Tls),
            Scheme::Sips => None,
            Scheme::Sip | Scheme::Tel | Scheme::Urn => Some(protocol),
        }
    }

    /// What `;transport=` of a URI asks for; UDP when it says nothing (RFC 3261 §19.1.2). `None`: what we do not speak.
    pub fn of_param(param: Option<&str>) -> Option<Protocol> {
        match param {
            None => Some(Protocol::Udp),
            Some(name) if name.eq_ignore_ascii_case("udp") => Some(Protocol::Udp),
            Some(name) if name.eq_ignore_ascii_case("tcp") => Some(Protocol::Tcp),
            Some(name) if name.eq_ignore_ascii_case("tls") => Some(Protocol::Tls),
            Some(_) => None,
        }
    }
}

/// Our sockets and the addresses we give out for them.
#[derive(Clone, Debug)]
pub struct Interfaces {
    /// The bound address of each UDP socket, by [`SocketId`].
    pub sockets: Vec<SocketAddr>,
    /// The bound address of each TCP listener.
    pub tcp: Vec<SocketAddr>,
    /// The bound address of each TLS listener.
    pub tls: Vec<SocketAddr>,
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

    /// That address with the port where we listen: the sent-by of our Via, the host of our Contact.
    pub fn sent_by(&self, hop: &Hop) -> SocketAddr {
        let bound = match hop.transport {
            Transport::Udp(socket) => self.sockets.get(usize::from(socket.0)).copied(),
            Transport::Tcp(_) => best_for(&self.tcp, hop.local).map(|at| self.tcp[at]),
            Transport::Tls(_) => best_for(&self.tls, hop.local).map(|at| self.tls[at]),
            // Where the web is reached from outside is its proxy's business; the peer goes by its connection.
            Transport::Ws(_) | Transport::Wss(_) => None,
        };
        SocketAddr::new(self.ip_towards(hop), bound.map_or(hop.protocol().default_port(), |bound| bound.port()))
    }

    /// The way to a peer that has not spoken first: by the socket or listener bound to `local`, the address that
    /// packets to it leave from; else by one bound to all addresses; else by any of its family. `None` when we do not
    /// speak this protocol in this family: for a stream that is so without a listener, since our Contact would lead nowhere.
    pub fn hop_to(&self, protocol: Protocol, to: SocketAddr, local: IpAddr) -> Option<Hop> {
        let bound = match protocol {
            Protocol::Udp => &self.sockets,
            Protocol::Tcp => &self.tcp,
            Protocol::Tls => &self.tls,
            Protocol::Ws | Protocol::Wss => return None,
        };
        let at = best_for(bound, local)?;
        let ip = bound[at].ip();
        let transport = match protocol {
            Protocol::Udp => Transport::Udp(SocketId(u8::try_from(at).ok()?)),
            Protocol::Tcp => Transport::Tcp(None),
            Protocol::Tls => Transport::Tls(None),
            Protocol::Ws | Protocol::Wss => return None,
        };
        Some(Hop { transport, to, local: if ip.is_unspecified() { local } else { ip }, server: None })
    }

    /// The way to a carrier that we register with. Its calls come by the connection we open, so nobody need be listening where
    /// our Contact says.
    pub fn hop_out(&self, protocol: Protocol, to: SocketAddr, local: IpAddr) -> Option<Hop> {
        let is_spoken = || self.sockets.iter().any(|socket| socket.is_ipv4() == to.is_ipv4());
        let by_connection =
            || Some(Hop { transport: protocol.by(None)?, to, local, server: None }).filter(|_| is_spoken());
        self.hop_to(protocol, to, local).or_else(by_connection)
    }

    /// Whether whoever is at the other end can call us by our Contact: there is a socket or listener for that.
    pub fn is_found_by(&self, hop: &Hop) -> bool {
        self.hop_to(hop.protocol(), hop.to, hop.local).is_some()
    }

    /// A way that an earlier run has known, over a socket that is there today: the same, or else one of its family. `None`:
    /// there is none. Its connections are all closed.
    pub fn today(&self, hop: Hop) -> Option<Hop> {
        let Transport::Udp(SocketId(before)) = hop.transport else {
            return Some(hop.without_flow());
        };
        let fits = |socket: &SocketAddr| socket.is_ipv4() == hop.to.is_ipv4();
        let same = self.sockets.get(usize::from(before)).is_some_and(fits);
        let at = if same { usize::from(before) } else { self.sockets.iter().position(fits)? };
        Some(Hop { transport: Transport::Udp(SocketId(u8::try_from(at).ok()?)), ..hop })
    }

    /// Loopback, or one of the owner's own networks.
    pub fn is_local(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.local_networks.iter().any(|network| network.contains(ip))
    }
}

/// The place of the bound address that `local` belongs to.
fn best_for(bound: &[SocketAddr], local: IpAddr) -> Option<usize> {
    let exactly = bound.iter().position(|bound| bound.ip() == local);
    let family = |bound: &SocketAddr| bound.is_ipv4() == local.is_ipv4();
    let all = || bound.iter().position(|bound| family(bound) && bound.ip().is_unspecified());
    exactly.or_else(all).or_else(|| bound.iter().position(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces() -> Interfaces {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Interfaces {
            sockets: addresses(&["192.168.1.2:5060", "10.0.0.2:5070", "[2001:db8::2]:5060"]),
            tcp: addresses(&["0.0.0.0:5062"]),
            tls: addresses(&["10.0.0.2:5063"]),
            external_ip: None,
            local_networks: Vec::new(),
        }
    }

    #[test]
    fn a_contact_is_reached_by_the_socket_whose_address_fits() {
        for (to, local, socket) in [
            ("10.0.0.9:5060", "10.0.0.2", Some(SocketId(1))),
            ("192.168.1.9:5060", "192.168.1.2", Some(SocketId(0))),
            // No socket is bound there: the first of its family, which the other side then sees us by.
            ("172.16.0.9:5060", "172.16.0.2", Some(SocketId(0))),
            ("[2001:db8::9]:5060", "2001:db8::2", Some(SocketId(2))),
        ] {
            let hop = interfaces().hop_to(Protocol::Udp, to.parse().unwrap(), local.parse().unwrap());
            assert_eq!(hop.map(|hop| hop.transport), socket.map(Transport::Udp), "{to}");
            let sent_by = interfaces().sent_by(&hop.unwrap());
            assert!(interfaces().sockets.contains(&sent_by), "{sent_by} is none of ours");
        }
    }

    #[test]
    fn without_a_listener_of_its_family_nobody_is_reached_by_tcp() {
        let v4 = interfaces().hop_to(Protocol::Tcp, "10.0.0.9:5060".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!(v4.map(|hop| interfaces().sent_by(&hop)), Some("10.0.0.2:5062".parse().unwrap()));
        let v6 = "[2001:db8::9]:5060".parse().unwrap();
        assert_eq!(interfaces().hop_to(Protocol::Tcp, v6, "2001:db8::2".parse().unwrap()), None);
    }

    #[test]
    fn a_registrar_is_reached_without_a_listener_where_its_family_is_spoken() {
        let none = Interfaces { tls: Vec::new(), ..interfaces() };
        let to = "203.0.113.9:5061".parse().unwrap();
        let hop = none.hop_out(Protocol::Tls, to, "10.0.0.2".parse().unwrap()).unwrap();
        assert_eq!((hop.transport, none.is_found_by(&hop)), (Transport::Tls(None), false));
        assert_eq!(none.sent_by(&hop), "10.0.0.2:5061".parse().unwrap());
        let v4_alone = Interfaces { sockets: vec!["10.0.0.2:5060".parse().unwrap()], ..none };
        let v6 = "[2001:db8::9]:5061".parse().unwrap();
        assert_eq!(v4_alone.hop_out(Protocol::Tls, v6, "2001:db8::2".parse().unwrap()), None, "no sound would come");
        let listening = interfaces().hop_out(Protocol::Tls, to, "10.0.0.2".parse().unwrap()).unwrap();
        assert!(interfaces().is_found_by(&listening));
    }

    #[test]
    fn a_uri_that_promises_tls_never_asks_for_less() {
        for (uri, asked) in [
            ("sip:a@b", Some(Protocol::Udp)),
            ("sip:a@b;transport=TCP", Some(Protocol::Tcp)),
            ("sip:a@b;transport=tls", Some(Protocol::Tls)),
            ("sip:a@b;transport=sctp", None),
            ("sips:a@b", Some(Protocol::Tls)),
            ("sips:a@b;transport=tcp", Some(Protocol::Tls)),
            ("sips:a@b;transport=udp", None),
            // Nobody is called by a new WebSocket.
            ("sip:a@b.invalid;transport=ws", None),
        ] {
            assert_eq!(Protocol::asked_by(&Uri::parse(uri).unwrap()), asked, "{uri}");
        }
    }

    #[test]
    fn the_listener_for_tls_is_another_than_for_tcp() {
        let to = "10.0.0.9:5061".parse().unwrap();
        let hop = interfaces().hop_to(Protocol::Tls, to, "10.0.0.2".parse().unwrap()).unwrap();
        assert_eq!((hop.protocol(), hop.flow()), (Protocol::Tls, None));
        assert_eq!(interfaces().sent_by(&hop), "10.0.0.2:5063".parse().unwrap());
        let none = Interfaces { tls: Vec::new(), ..interfaces() };
        assert_eq!(none.hop_to(Protocol::Tls, to, "10.0.0.2".parse().unwrap()), None, "nobody would find our Contact");
    }

    #[test]
    fn a_way_of_yesterday_is_gone_over_a_socket_of_today() {
        let of = |sockets: &[&str]| Interfaces {
            sockets: sockets.iter().map(|socket| socket.parse().unwrap()).collect(),
            ..interfaces()
        };
        let way = |socket| Hop::udp(SocketId(socket), "192.0.2.9:5060".parse().unwrap(), [192, 0, 2, 1].into());
        let two = of(&["[::]:5060", "0.0.0.0:5060", "0.0.0.0:5070"]);
        assert_eq!(two.today(way(2)), Some(way(2)), "as it was");
        assert_eq!(two.today(way(0)), Some(way(1)), "another family stands there now");
        assert_eq!(two.today(way(7)), Some(way(1)), "nothing stands there now");
        assert_eq!(of(&["[::]:5060"]).today(way(0)), None);
    }

    #[test]
    fn a_connection_of_yesterday_is_closed() {
        let way = |flow| Hop { transport: Transport::Tcp(flow), ..Hop::udp(SocketId(0), far(), [192, 0, 2, 1].into()) };
        assert_eq!(interfaces().today(way(Some(FlowId::Accepted(1)))), Some(way(None)));
        let by_tls = |flow| Hop { transport: Transport::Tls(flow), ..way(None) };
        assert_eq!(interfaces().today(by_tls(Some(FlowId::Accepted(1)))), Some(by_tls(None)));
    }

    fn far() -> SocketAddr {
        "192.0.2.9:49152".parse().unwrap()
    }
}

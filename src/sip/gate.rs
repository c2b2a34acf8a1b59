//! Who may speak to us. A request that belongs to nothing is judged by where it comes from; what a stranger sends gets no
//! answer at all, so that there is nothing to find out (DESIGN §5).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use super::hop::{FlowId, Hop, Protocol};
use super::peer::{Peer, Prefix};

/// Where a carrier writes the called number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledIn {
    RequestUri,
    To,
    /// RFC 7315 §4.2.
    PCalledPartyId,
}

/// A carrier, as far as calls come in by it.
#[derive(Clone, Debug)]
pub struct Carrier {
    pub peers: Vec<Peer>,
    /// Where it writes the called number, in order.
    pub called: Vec<CalledIn>,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A peer of this trunk, by its place in the configuration: its calls are customers.
    Trunk(usize),
    /// The address of one of the shop's phones.
    Phone,
    Stranger,
}

/// The known addresses.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    trunks: Vec<Carrier>,
    /// What became known of the trunks that we register with, by the same places.
    registrars: HashMap<usize, Registrar>,
    /// Where they are called, and where they have registered from, by which protocol.
    phones: HashSet<(Protocol, SocketAddr)>,
    /// Where phones are called by a connection. By which port they call from is theirs to choose.
    by_stream: HashSet<(Protocol, IpAddr)>,
    /// Connections by which phones have registered.
    flows: HashSet<FlowId>,
}

/// A registrar, as its registration has found it.
#[derive(Clone, Debug, Default)]
pub struct Registrar {
    /// Its calls come from there, from whatever port, by the protocol that we have registered by: a datagram that bears the
    /// address of one that we asked by TLS is anybody's.
    pub ways: HashSet<(Protocol, IpAddr)>,
    /// The user part of the Contact that it alone was told.
    pub contact_user: String,
}

/// Addresses whose connections are worth a TLS handshake whatever strangers do, before anybody there has said a word: carriers'
/// and phones'. It gives no right but that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acquaintances {
    networks: Vec<Prefix>,
    addresses: BTreeSet<IpAddr>,
}

impl Acquaintances {
    pub fn new(networks: Vec<Prefix>, addresses: impl IntoIterator<Item = IpAddr>) -> Acquaintances {
        Acquaintances { networks, addresses: addresses.into_iter().map(|ip| ip.to_canonical()).collect() }
    }

    pub fn include(&self, ip: IpAddr) -> bool {
        self.addresses.contains(&ip.to_canonical()) || self.networks.iter().any(|network| network.contains(ip))
    }
}

impl Gate {
    pub fn new(trunks: Vec<Carrier>) -> Gate {
        Gate {
            trunks,
            registrars: HashMap::new(),
            phones: HashSet::new(),
            by_stream: HashSet::new(),
            flows: HashSet::new(),
        }
    }

    /// Replaces the addresses of phones, and of those that do not register the ways they are called.
    pub fn set_phones(&mut self, ways: impl Iterator<Item = Hop>, fixed: impl Iterator<Item = Hop>) {
        self.phones = ways.map(|hop| (hop.protocol(), hop.to)).collect();
        let by_stream = fixed.filter(|hop| hop.protocol().is_stream());
        self.by_stream = by_stream.map(|hop| (hop.protocol(), hop.to.ip().to_canonical())).collect();
    }

    /// Replaces the connections by which phones have registered.
    pub fn set_flows(&mut self, flows: impl Iterator<Item = FlowId>) {
        self.flows = flows.collect();
    }

    /// Replaces what is known of this trunk's registrar.
    pub fn set_registrar(&mut self, trunk: usize, registrar: Registrar) {
        self.registrars.insert(trunk, registrar);
    }

    /// The carriers, and these.
    pub fn acquaintances(&self, phones: impl Iterator<Item = IpAddr>) -> Acquaintances {
        let peers = || self.trunks.iter().flat_map(|trunk| &trunk.peers);
        let networks = peers().filter_map(|peer| match peer {
            Peer::Prefix(prefix) => Some(*prefix),
            Peer::Exactly(_) => None,
        });
        let single = peers().filter_map(Peer::single).map(|(ip, _)| ip);
        let registrars = self.registrars.values().flat_map(|registrar| registrar.ways.iter().map(|(_, ip)| *ip));
        Acquaintances::new(networks.collect(), single.chain(registrars).chain(phones))
    }

    /// A phone's exact address goes before a trunk's prefix: a phone may live within it. One that calls by a connection has no
    /// exact address, and so goes behind a trunk's.
    ///
    /// By WebSocket an address says nothing: any page that anybody at that address looks at may open one. There a connection
    /// is a phone's once that has registered by it, and never a carrier's.
    pub fn source(&self, from: &Hop) -> Source {
        if from.protocol().is_web_socket() {
            let registered = from.flow().is_some_and(|flow| self.flows.contains(&flow));
            return if registered { Source::Phone } else { Source::Stranger };
        }
        if self.phones.contains(&(from.protocol(), from.to)) {
            return Source::Phone;
        }
        let ip = from.to.ip().to_canonical();
        let is_peer = |peer: &Peer| match from.protocol() {
            Protocol::Udp => peer.matches(from.to),
            Protocol::Tcp | Protocol::Tls | Protocol::Ws | Protocol::Wss => peer.matches_stream(from.to),
        };
        let is_exact = |peer: &Peer| peer.single().is_some_and(|(peer, _)| peer.to_canonical() == ip);
        let way = (from.protocol(), ip);
        let is_registrar = |at| self.registrars.get(&at).is_some_and(|registrar| registrar.ways.contains(&way));
        let mut trunks = self.trunks.iter().enumerate();
        let is_phone = self.by_stream.contains(&way);
        let counts = |peer: &Peer| is_peer(peer) && (!is_phone || is_exact(peer));
        let trunk = trunks.position(|(at, trunk)| trunk.peers.iter().any(counts) || is_registrar(at));
        match trunk {
            Some(trunk) => Source::Trunk(trunk),
            None if is_phone => Source::Phone,
            None => Source::Stranger,
        }
    }

    /// Where this trunk's carrier writes the called number.
    pub fn called_in(&self, trunk: usize) -> &[CalledIn] {
        self.trunks.get(trunk).map_or(&[], |trunk| &trunk.called)
    }

    /// The trunk whose registrar was told this user part as our Contact: who calls it was told it by that carrier,
    /// whatever address the call comes from.
    pub fn trunk_called(&self, user: &str) -> Option<usize> {
        self.registrars.iter().find(|(_, registrar)| registrar.contact_user == user).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acquaintances_are_addresses_and_networks_however_they_are_written() {
        let network = Prefix::parse("203.0.113.0/24").unwrap();
        let known = Acquaintances::new(vec![network], ["::ffff:192.0.2.9".parse().unwrap()]);
        for (ip, includes) in [
            ("192.0.2.9", true),
            ("::ffff:192.0.2.9", true),
            ("203.0.113.200", true),
            ("192.0.2.10", false),
            ("::1", false),
        ] {
            assert_eq!(known.include(ip.parse().unwrap()), includes, "{ip}");
        }
    }
}

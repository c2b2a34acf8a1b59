//! Who may speak to us. A request that belongs to nothing is judged by where it comes from; what a stranger sends gets no
//! answer at all, so that there is nothing to find out (DESIGN §5).

use std::collections::HashSet;
use std::net::SocketAddr;

use crate::config::Trunk;

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
    trunks: Vec<Trunk>,
    phones: HashSet<SocketAddr>,
}

impl Gate {
    pub fn new(trunks: Vec<Trunk>) -> Gate {
        Gate { trunks, phones: HashSet::new() }
    }

    /// Replaces the addresses of phones.
    pub fn set_phones(&mut self, addresses: impl IntoIterator<Item = SocketAddr>) {
        self.phones = addresses.into_iter().collect();
    }

    /// A phone's exact address goes before a trunk's prefix: a phone may live within it.
    pub fn source(&self, from: SocketAddr) -> Source {
        if self.phones.contains(&from) {
            return Source::Phone;
        }
        let trunk = self.trunks.iter().position(|trunk| trunk.peers.iter().any(|peer| peer.matches(from)));
        trunk.map_or(Source::Stranger, Source::Trunk)
    }
}

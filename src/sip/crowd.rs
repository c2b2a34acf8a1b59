//! The peers that have connected to us: how many there may be, and who has to go when one too many comes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Connections of one address; a shop behind one router has fewer phones. An IPv6 peer counts by its /64: one customer
/// has all of it.
pub const PER_ADDRESS: usize = 32;
/// Connections in all: far more than the phones and carriers of a shop, far fewer than the file descriptors of a process.
pub const IN_ALL: usize = 1000;

/// Who is connected. `T` is what ends a connection when it is dropped or used.
#[derive(Debug)]
pub struct Crowd<T> {
    members: HashMap<u64, Member<T>>,
    per_address: usize,
    in_all: usize,
}

#[derive(Debug)]
struct Member<T> {
    network: IpAddr,
    known: bool,
    end: T,
}

/// What becomes of one who comes.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission<T> {
    /// There is room, or there is by ending this one: the stranger that has been here longest.
    Welcome { evicted: Option<T> },
    /// All who are here are known.
    Full,
}

impl<T> Default for Crowd<T> {
    fn default() -> Crowd<T> {
        Crowd { members: HashMap::new(), per_address: PER_ADDRESS, in_all: IN_ALL }
    }
}

impl<T> Crowd<T> {
    /// Somebody connects; `id` grows with every one. A known one is never evicted, a stranger only when room is needed:
    /// first of its own address.
    pub fn admit(&mut self, id: u64, from: IpAddr, end: impl FnOnce() -> T) -> Admission<T> {
        let network = network(from);
        let here = self.members.values().filter(|member| member.network == network).count();
        let evicted = if here >= self.per_address {
            self.oldest_stranger(|member| member.network == network)
        } else if self.members.len() >= self.in_all {
            self.oldest_stranger(|_| true)
        } else {
            self.members.insert(id, Member { network, known: false, end: end() });
            return Admission::Welcome { evicted: None };
        };
        let Some(evicted) = evicted.and_then(|id| self.members.remove(&id)) else { return Admission::Full };
        self.members.insert(id, Member { network, known: false, end: end() });
        Admission::Welcome { evicted: Some(evicted.end) }
    }

    /// This one is no stranger any more.
    pub fn trust(&mut self, id: u64) {
        if let Some(member) = self.members.get_mut(&id) {
            member.known = true;
        }
    }

    /// This one is gone.
    pub fn leave(&mut self, id: u64) {
        self.members.remove(&id);
    }

    fn oldest_stranger(&self, counts: impl Fn(&Member<T>) -> bool) -> Option<u64> {
        let strangers = self.members.iter().filter(|(_, member)| !member.known && counts(member));
        strangers.map(|(id, _)| *id).min()
    }
}

fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd() -> Crowd<u64> {
        Crowd { per_address: 2, in_all: 3, ..Crowd::default() }
    }

    fn admit(crowd: &mut Crowd<u64>, id: u64, from: &str) -> Admission<u64> {
        crowd.admit(id, from.parse().unwrap(), || id)
    }

    #[test]
    fn one_address_makes_room_among_its_own_strangers() {
        let mut crowd = crowd();
        assert_eq!(admit(&mut crowd, 1, "192.0.2.1"), Admission::Welcome { evicted: None });
        assert_eq!(admit(&mut crowd, 2, "192.0.2.9"), Admission::Welcome { evicted: None });
        assert_eq!(admit(&mut crowd, 3, "192.0.2.9"), Admission::Welcome { evicted: None });
        crowd.trust(2);
        assert_eq!(admit(&mut crowd, 4, "192.0.2.9"), Admission::Welcome { evicted: Some(3) });
        crowd.trust(4);
        assert_eq!(admit(&mut crowd, 5, "192.0.2.9"), Admission::Full);
    }

    #[test]
    fn when_all_places_are_taken_the_oldest_stranger_of_all_goes() {
        let mut crowd = crowd();
        for id in 1..=3 {
            assert_eq!(admit(&mut crowd, id, &format!("192.0.2.{id}")), Admission::Welcome { evicted: None });
        }
        crowd.trust(1);
        assert_eq!(admit(&mut crowd, 4, "192.0.2.4"), Admission::Welcome { evicted: Some(2) });
        crowd.leave(1);
        assert_eq!(admit(&mut crowd, 5, "192.0.2.5"), Admission::Welcome { evicted: None });
    }

    #[test]
    fn an_ipv6_customer_counts_as_one() {
        let mut crowd = crowd();
        for (id, ip) in [(1, "2001:db8::1"), (2, "2001:db8::2")] {
            assert_eq!(admit(&mut crowd, id, ip), Admission::Welcome { evicted: None });
        }
        assert_eq!(admit(&mut crowd, 3, "2001:db8::ffff:3"), Admission::Welcome { evicted: Some(1) });
        assert_eq!(admit(&mut crowd, 4, "2001:db8:0:1::1"), Admission::Welcome { evicted: None });
    }
}

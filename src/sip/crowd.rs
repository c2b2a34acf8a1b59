//! The peers that have connected to us: how many there may be, and who has to go when one too many comes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use super::flow::Standing;

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
    rank: Rank,
    end: T,
}

/// Who has to go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Stranger,
    /// Nobody has proved anything yet, but a carrier or a phone is known to be at this address.
    Acquaintance,
    Known,
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
    /// Somebody connects, from an address of this standing; `id` grows with every one. A known one is never evicted, others
    /// only when room is needed: first of its own address. For a stranger no acquaintance has to go.
    pub fn admit(&mut self, id: u64, from: IpAddr, standing: Standing, end: impl FnOnce() -> T) -> Admission<T> {
        let network = network(from);
        let rank = match standing {
            Standing::Stranger => Rank::Stranger,
            Standing::Known => Rank::Acquaintance,
        };
        let here = self.members.values().filter(|member| member.network == network).count();
        let evicted = if here >= self.per_address {
            self.first_to_go(Rank::Acquaintance, |member| member.network == network)
        } else if self.members.len() >= self.in_all {
            self.first_to_go(rank, |_| true)
        } else {
            self.members.insert(id, Member { network, rank, end: end() });
            return Admission::Welcome { evicted: None };
        };
        let Some(evicted) = evicted.and_then(|id| self.members.remove(&id)) else { return Admission::Full };
        self.members.insert(id, Member { network, rank, end: end() });
        Admission::Welcome { evicted: Some(evicted.end) }
    }

    /// This one is no stranger any more.
    pub fn trust(&mut self, id: u64) {
        if let Some(member) = self.members.get_mut(&id) {
            member.rank = Rank::Known;
        }
    }

    /// This one is gone.
    pub fn leave(&mut self, id: u64) {
        self.members.remove(&id);
    }

    /// The lowest of those up to this rank, and of them the one that has been here longest.
    fn first_to_go(&self, up_to: Rank, counts: impl Fn(&Member<T>) -> bool) -> Option<u64> {
        let may_go = self.members.iter().filter(|(_, member)| member.rank <= up_to && counts(member));
        may_go.map(|(id, member)| (member.rank, *id)).min().map(|(_, id)| id)
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
        crowd.admit(id, from.parse().unwrap(), Standing::Stranger, || id)
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
    fn no_flood_of_strangers_evicts_one_from_a_known_address_before_it_has_spoken() {
        let mut crowd = crowd();
        let phone = "192.0.2.77".parse().unwrap();
        assert_eq!(crowd.admit(1, phone, Standing::Known, || 1), Admission::Welcome { evicted: None });
        for id in 2..100 {
            let admission = admit(&mut crowd, id, &format!("198.51.100.{id}"));
            assert!(!matches!(admission, Admission::Full | Admission::Welcome { evicted: Some(1) }), "{admission:?}");
        }
        assert!(matches!(crowd.admit(100, phone, Standing::Known, || 100), Admission::Welcome { evicted: Some(_) }));
        // Of its own address too many are too many.
        assert_eq!(crowd.admit(101, phone, Standing::Known, || 101), Admission::Welcome { evicted: Some(1) });
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

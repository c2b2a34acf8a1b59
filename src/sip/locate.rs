//! Which of a carrier's servers to go to (RFC 3263 §4.2): by priority, and among equals by weight (RFC 2782). The name server
//! is asked by somebody else.

use crate::chance::Chance;

use super::hop::Hop;

/// Servers of one name that are used; more are a mistake of its zone, or an attack.
pub const MOST_SERVERS: usize = 8;

/// What a name server says of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The lowest goes first.
    pub priority: u16,
    /// How many of the calls, among those of its priority, it is to get.
    pub weight: u16,
    /// Its addresses, and the ways there.
    pub hops: Vec<Hop>,
}

/// A server to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub priority: u16,
    pub hop: Hop,
}

impl Found {
    /// Addresses of a name that has no more to say.
    pub fn plain(hops: &[Hop]) -> Vec<Found> {
        hops.iter().take(MOST_SERVERS).map(|&hop| Found { priority: 0, hop }).collect()
    }
}

/// The order in which these servers are to be tried.
pub fn in_order(mut servers: Vec<Server>, chance: &mut Chance) -> Vec<Found> {
    // RFC 2782: those of weight 0 first, so that they have a small chance beside others.
    servers.sort_by_key(|server| (server.priority, server.weight));
    let mut found = Vec::new();
    while let Some(best) = servers.first().map(|server| server.priority) {
        let equals = servers.iter().take_while(|server| server.priority == best);
        let total: u64 = equals.map(|server| u64::from(server.weight)).sum();
        let lot = chance.bits() % (total + 1);
        let mut sum = 0;
        let at = servers.iter().position(|server| {
            sum += u64::from(server.weight);
            sum >= lot
        });
        let Server { priority, hops, .. } = servers.remove(at.unwrap_or(0));
        found.extend(hops.into_iter().map(|hop| Found { priority, hop }));
    }
    found.truncate(MOST_SERVERS);
    found
}

/// The same with `known`, which is in use, before its equals: chance decides once, not with each look-up. One that is worse
/// than another stays where it is.
pub fn keeping(found: &[Found], known: Option<Hop>) -> Vec<Hop> {
    let best = found.first().map(|found| found.priority);
    let kept =
        found.iter().find(|found| Some(found.hop) == known && Some(found.priority) == best).map(|found| found.hop);
    let others = found.iter().map(|found| found.hop).filter(|hop| Some(*hop) != kept);
    kept.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hop::SocketId;
    use super::*;

    fn hop(last: u8) -> Hop {
        Hop::udp(SocketId(0), ([192, 0, 2, last], 5060).into(), [192, 0, 2, 1].into())
    }

    fn server(priority: u16, weight: u16, last: u8) -> Server {
        Server { priority, weight, hops: vec![hop(last)] }
    }

    fn order(servers: &[Server], seed: u8) -> Vec<u8> {
        let found = in_order(servers.to_vec(), &mut Chance::new([seed; 32]));
        let last = |found: &Found| match found.hop.to.ip() {
            std::net::IpAddr::V4(ip) => ip.octets()[3],
            std::net::IpAddr::V6(_) => 0,
        };
        found.iter().map(last).collect()
    }

    #[test]
    fn the_lower_priority_goes_first_whatever_the_weights() {
        let servers = [server(20, 65535, 2), server(10, 0, 1), server(30, 0, 3)];
        assert!((0..50).all(|seed| order(&servers, seed) == [1, 2, 3]));
    }

    #[test]
    fn among_equals_the_weight_decides_how_often_one_is_first() {
        let servers = [server(10, 75, 1), server(10, 25, 2), server(10, 0, 3)];
        let firsts: Vec<u8> = (0..=255).map(|seed| order(&servers, seed)[0]).collect();
        let share = |of| firsts.iter().filter(|first| **first == of).count();
        assert!((160..=224).contains(&share(1)) && (32..=96).contains(&share(2)), "{} {}", share(1), share(2));
        assert!(share(3) <= 13, "{}", share(3));
        assert!((0..=255).all(|seed| order(&servers, seed).len() == 3), "each is tried in the end");
    }

    #[test]
    fn the_one_in_use_stays_before_its_equals_but_not_before_a_better_one() {
        let found = [(10, 1), (10, 2), (20, 3)].map(|(priority, last)| Found { priority, hop: hop(last) });
        assert_eq!(keeping(&found, Some(hop(2))), [hop(2), hop(1), hop(3)]);
        assert_eq!(keeping(&found, Some(hop(3))), [hop(1), hop(2), hop(3)]);
        assert_eq!(keeping(&found, Some(hop(9))), [hop(1), hop(2), hop(3)], "it is gone");
        assert_eq!(keeping(&[], Some(hop(1))), []);
    }

    #[test]
    fn of_a_name_with_ever_more_servers_the_best_are_taken() {
        let servers: Vec<Server> = (1..=50).map(|last| server(last.into(), 0, last)).collect();
        assert_eq!(order(&servers, 1), [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

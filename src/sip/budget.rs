//! How much each may make us read. Carriers, the shop's phones and strangers spend from purses of their own, so that no
//! flood of strangers keeps a customer or a phone waiting (DESIGN §5). Spent before a byte is parsed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::flow::Standing;
use super::gate::Source;
use crate::now::Mono;

/// A carrier: at 100 calls a second it sends some 400 messages.
pub const TRUNK: Rate = Rate { per_second: 4_000, burst: 8_000 };
/// So much of that for its INVITEs, ten times what it sends at 100 calls a second: a flood of new calls leaves the rest to
/// those that live, so that who hangs up is heard.
pub const TRUNK_INVITES: Rate = Rate { per_second: 1_000, burst: 2_000 };
/// One address of a phone: rung 100 times a second it sends some 400 messages.
pub const PHONE: Rate = Rate { per_second: 1_000, burst: 2_000 };
/// One stranger: a phone that registers sends two messages; twenty behind one router come back together after a power
/// cut. By IPv4 address, or by the /64 that one IPv6 customer has whole.
pub const STRANGER: Rate = Rate { per_second: 20, burst: 40 };
/// All strangers together, so that a thousand addresses cost no more than a few.
pub const STRANGERS: Rate = Rate { per_second: 200, burst: 400 };
/// TLS handshakes of one address of a carrier or a phone: a shop's phones behind one router come back together after a power
/// cut, each with a try or two. One costs a millisecond or two.
pub const ACQUAINTANCE: Rate = Rate { per_second: 50, burst: 200 };
/// Addresses whose spending is remembered, of phones and of strangers: some 300 kB. Full purses are forgotten first;
/// where none is full, a newcomer among the strangers spends from what all of them share alone.
const REMEMBERED: usize = 4096;
/// Looking through all of them for full purses is not done more often than this.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// So many messages a second in the long run, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

/// What a message is about, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nearly always a new call.
    Invite,
    /// What a live call says, and everything else.
    Other,
}

/// Whether a message may cost us anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    Within,
    /// Silence: over UDP it will be sent again.
    Over,
}

/// What everybody has spent lately.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    trunks: HashMap<usize, Purse>,
    trunk_invites: HashMap<usize, Purse>,
    phones: Purses<SocketAddr>,
    strangers: Purses<IpAddr>,
    all_strangers: Purse,
}

/// As many purses as are remembered.
#[derive(Clone, Debug)]
struct Purses<K> {
    purses: HashMap<K, Purse>,
    swept: Mono,
}

/// A token bucket as one instant: when it will be full again (the generic cell rate algorithm, ITU-T I.371 annex A).
#[derive(Clone, Copy, Debug, Default)]
struct Purse {
    full_at: Mono,
}

impl Budgets {
    /// Takes the price of one message from `from`.
    pub fn spend(&mut self, now: Mono, source: Source, from: SocketAddr, about: About) -> Spent {
        match source {
            Source::Trunk(at)
                if about == About::Invite
                    && self.trunk_invites.entry(at).or_default().spend(now, TRUNK_INVITES) == Spent::Over =>
            {
                Spent::Over
            }
            Source::Trunk(at) => self.trunks.entry(at).or_default().spend(now, TRUNK),
            Source::Phone => match self.phones.of(now, from) {
                Some(purse) => purse.spend(now, PHONE),
                // More phones than are remembered, and all of them talk at once: each has proven who it is.
                None => Spent::Within,
            },
            Source::Stranger => {
                // The stranger's own purse first: one that floods must not empty the others'.
                if let Some(purse) = self.strangers.of(now, network(from.ip()))
                    && purse.spend(now, STRANGER) == Spent::Over
                {
                    return Spent::Over;
                }
                self.all_strangers.spend(now, STRANGERS)
            }
        }
    }
}

/// How often others may have us shake hands, which costs us far more than it costs them.
#[derive(Clone, Debug, Default)]
pub struct Handshakes {
    acquaintances: Purses<IpAddr>,
    strangers: Budgets,
}

impl Handshakes {
    /// Takes the price of one handshake. The purses of acquaintances are their own, so that no flood of strangers keeps a
    /// phone or a carrier out.
    pub fn spend(&mut self, now: Mono, standing: Standing, from: SocketAddr) -> Spent {
        match standing {
            Standing::Stranger => self.strangers.spend(now, Source::Stranger, from, About::Other),
            // More of them than are remembered are the shop's own all the same.
            Standing::Known => {
                let purse = self.acquaintances.of(now, network(from.ip()));
                purse.map_or(Spent::Within, |purse| purse.spend(now, ACQUAINTANCE))
            }
        }
    }
}

impl About {
    pub fn read(bytes: &[u8]) -> About {
        if bytes.starts_with(b"INVITE ") { About::Invite } else { About::Other }
    }
}

impl Purse {
    fn spend(&mut self, now: Mono, rate: Rate) -> Spent {
        let price = Duration::from_secs(1) / rate.per_second;
        let begin = self.full_at.max(now);
        if begin - now > price * (rate.burst - 1) {
            return Spent::Over;
        }
        self.full_at = begin + price;
        Spent::Within
    }
}

impl<K> Default for Purses<K> {
    fn default() -> Purses<K> {
        Purses { purses: HashMap::new(), swept: Mono::default() }
    }
}

impl<K: Eq + std::hash::Hash> Purses<K> {
    /// This one's purse, a new one where there is room.
    fn of(&mut self, now: Mono, whose: K) -> Option<&mut Purse> {
        if self.purses.len() >= REMEMBERED && self.swept + SWEEP_EVERY <= now {
            self.swept = now;
            self.purses.retain(|_, purse| purse.full_at > now);
        }
        if self.purses.len() >= REMEMBERED {
            return self.purses.get_mut(&whose);
        }
        Some(self.purses.entry(whose).or_default())
    }
}

/// What one customer of a network provider has: an IPv4 address, an IPv6 /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn at(ms: u64) -> Mono {
        Mono(Duration::from_millis(ms))
    }

    fn stranger(n: u32) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::from(0xC000_0200 + n), 5060))
    }

    fn within(budgets: &mut Budgets, now: Mono, source: Source, from: SocketAddr, messages: u32) -> u32 {
        let spent = (0..messages).filter(|_| budgets.spend(now, source, from, About::Other) == Spent::Within).count();
        u32::try_from(spent).unwrap()
    }

    #[test]
    fn a_stranger_has_a_burst_and_then_its_rate() {
        let mut budgets = Budgets::default();
        assert_eq!(within(&mut budgets, at(0), Source::Stranger, stranger(1), 1000), STRANGER.burst);
        assert_eq!(within(&mut budgets, at(500), Source::Stranger, stranger(1), 1000), STRANGER.per_second / 2);
        assert_eq!(within(&mut budgets, at(10_500), Source::Stranger, stranger(1), 1000), STRANGER.burst);
    }

    #[test]
    fn many_strangers_share_one_purse_and_one_that_floods_does_not_empty_it() {
        let mut budgets = Budgets::default();
        assert_eq!(within(&mut budgets, at(0), Source::Stranger, stranger(0), 100_000), STRANGER.burst);
        let others: u32 = (1..1000).map(|n| within(&mut budgets, at(0), Source::Stranger, stranger(n), 1)).sum();
        assert_eq!(others, STRANGERS.burst - STRANGER.burst);
    }

    #[test]
    fn an_ipv6_customer_is_one_stranger() {
        let mut budgets = Budgets::default();
        let spent: u32 = (0..100u16)
            .map(|n| SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n), 5060)))
            .map(|from| within(&mut budgets, at(0), Source::Stranger, from, 1))
            .sum();
        assert_eq!(spent, STRANGER.burst);
    }

    #[test]
    fn a_flood_of_strangers_takes_nothing_from_trunks_and_phones() {
        let mut budgets = Budgets::default();
        for n in 0..100_000 {
            budgets.spend(at(0), Source::Stranger, stranger(n), About::Invite);
        }
        assert!(budgets.strangers.purses.len() <= REMEMBERED);
        assert_eq!(within(&mut budgets, at(0), Source::Trunk(0), stranger(1), 10_000), TRUNK.burst);
        assert_eq!(within(&mut budgets, at(0), Source::Phone, stranger(1), 10_000), PHONE.burst);
    }

    #[test]
    fn a_flood_of_new_calls_leaves_the_rest_to_those_that_live() {
        let mut budgets = Budgets::default();
        let invites = (0..100_000).filter(|_| {
            budgets.spend(at(0), Source::Trunk(0), stranger(1), About::read(b"INVITE sip:a@b")) == Spent::Within
        });
        assert_eq!(u32::try_from(invites.count()), Ok(TRUNK_INVITES.burst));
        assert_eq!(
            within(&mut budgets, at(0), Source::Trunk(0), stranger(1), 10_000),
            TRUNK.burst - TRUNK_INVITES.burst
        );
        assert_eq!([About::read(b"BYE sip:a@b"), About::read(b"INV")], [About::Other; 2]);
    }

    #[test]
    fn a_flood_of_strangers_handshakes_takes_nothing_from_a_known_address() {
        let mut handshakes = Handshakes::default();
        for n in 0..10_000 {
            handshakes.spend(at(0), Standing::Stranger, stranger(n));
        }
        assert_eq!(handshakes.spend(at(0), Standing::Stranger, stranger(20_000)), Spent::Over);
        let mut spend = |n| handshakes.spend(at(0), Standing::Known, stranger(n)) == Spent::Within;
        let within = (0..10_000).filter(|_| spend(1)).count();
        assert_eq!(u32::try_from(within), Ok(ACQUAINTANCE.burst), "it has its own limit");
        assert!(spend(2), "and its neighbour another");
    }

    #[test]
    fn who_floods_from_ever_new_addresses_is_forgotten() {
        let mut budgets = Budgets::default();
        for n in 0..20_000 {
            budgets.spend(at(u64::from(n) * 100), Source::Stranger, stranger(n), About::Invite);
        }
        assert!(budgets.strangers.purses.len() <= REMEMBERED);
        assert_eq!(within(&mut budgets, at(2_000_100), Source::Stranger, stranger(99_999), 1), 1);
    }
}

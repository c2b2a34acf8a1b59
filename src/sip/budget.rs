//! How much each may make us read. Carriers, the shop's phones and strangers spend from purses of their own, so that no
//! flood of strangers keeps a customer or a phone waiting (DESIGN §5). Spent before a byte is parsed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::flow::Standing;
use super::hop::{FlowId, Hop};
use crate::now::Mono;

/// A carrier: at 100 calls a second it sends some 400 messages.
pub const TRUNK: Rate = Rate { per_second: 4_000, burst: 8_000 };
/// So much of that for its INVITEs, ten times what it sends at 100 calls a second: a flood of new calls leaves the rest to
/// those that live, so that who hangs up is heard.
pub const TRUNK_INVITES: Rate = Rate { per_second: 1_000, burst: 2_000 };
/// One address or connection of a phone, or of the other side of a live call: rung 100 times a second it sends some 400
/// messages.
pub const KNOWN: Rate = Rate { per_second: 1_000, burst: 2_000 };
/// The INVITE of one caller whom we have sent for, said again and again, and the ACK of our answer.
pub const SENT_FOR: Rate = Rate { per_second: 20, burst: 40 };
/// One stranger: a phone that registers sends two messages; twenty behind one router come back together after a power
/// cut. By IPv4 address, or by the /64 that one IPv6 customer has whole.
pub const STRANGER: Rate = Rate { per_second: 20, burst: 40 };
/// All strangers together, so that a thousand addresses cost no more than a few.
pub const STRANGERS: Rate = Rate { per_second: 200, burst: 400 };
/// All connections together from one address where a phone or a carrier is known to be, before anybody there has proved
/// anything; each by itself has what a stranger has. A neighbour behind the same router has to open ten to keep it empty.
pub const HOUSE: Rate = STRANGERS;
/// TLS handshakes of one address of a carrier or a phone: a shop's phones behind one router come back together after a power
/// cut, each with a try or two. One costs a millisecond or two.
pub const ACQUAINTANCE: Rate = Rate { per_second: 50, burst: 200 };
/// Purses that are remembered, of each kind: some 300 kB. Full ones are forgotten first; where none is full, a newcomer
/// among the strangers spends from what all of them share alone.
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

/// Out of whose purse a message is paid for. It is never the sender's to choose: what they are known by is an address or a
/// connection, or a proof that was checked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The carrier of this trunk.
    Trunk(usize),
    /// Somebody who has shown who they are, or whom we call, or talk with.
    Known(Whence),
    /// A caller whom we have sent for, by the name that the proof of it proves.
    SentFor(u128),
    /// By a connection, which nobody opens in another's name, from an address where a phone or a carrier is known to be: one
    /// whose connection broke comes so.
    House(FlowId, IpAddr),
    Stranger(IpAddr),
}

/// Where messages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whence {
    Flow(FlowId),
    At(SocketAddr),
}

impl Whence {
    pub fn of(hop: &Hop) -> Whence {
        hop.flow().map_or(Whence::At(hop.to), Whence::Flow)
    }
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
    known: Purses<Whence>,
    sent_for: Purses<u128>,
    flows: Purses<FlowId>,
    houses: Purses<IpAddr>,
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
    /// Takes the price of one message.
    pub fn spend(&mut self, now: Mono, payer: Payer, about: About) -> Spent {
        match payer {
            Payer::Trunk(at)
                if about == About::Invite
                    && self.trunk_invites.entry(at).or_default().spend(now, TRUNK_INVITES) == Spent::Over =>
            {
                Spent::Over
            }
            Payer::Trunk(at) => self.trunks.entry(at).or_default().spend(now, TRUNK),
            // More of them than are remembered, and all talk at once: each has shown who it is.
            Payer::Known(whence) => self.known.spend(now, whence, KNOWN).unwrap_or(Spent::Within),
            Payer::SentFor(name) => self.sent_for.spend(now, name, SENT_FOR).unwrap_or(Spent::Within),
            // The connection's own first: one that floods must not empty its neighbours'. Connections are few, so without a
            // purse is only one whose likes come and go by the thousand: it has its house's.
            Payer::House(flow, ip) => match self.flows.spend(now, flow, STRANGER) {
                Some(Spent::Over) => Spent::Over,
                Some(Spent::Within) | None => self.houses.spend(now, network(ip), HOUSE).unwrap_or(Spent::Within),
            },
            // The stranger's own purse first: one that floods must not empty the others'.
            Payer::Stranger(ip) => match self.strangers.spend(now, network(ip), STRANGER) {
                Some(Spent::Over) => Spent::Over,
                Some(Spent::Within) | None => self.all_strangers.spend(now, STRANGERS),
            },
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
            Standing::Stranger => self.strangers.spend(now, Payer::Stranger(from.ip()), About::Other),
            // More of them than are remembered are the shop's own all the same.
            Standing::Known => self.acquaintances.spend(now, network(from.ip()), ACQUAINTANCE).unwrap_or(Spent::Within),
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
    /// Takes the price from this one's purse; `None`: it has none, and there is no room for another.
    fn spend(&mut self, now: Mono, whose: K, rate: Rate) -> Option<Spent> {
        self.of(now, whose).map(|purse| purse.spend(now, rate))
    }

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

    fn pays(n: u32) -> Payer {
        Payer::Stranger(stranger(n).ip())
    }

    fn known(n: u32) -> Payer {
        Payer::Known(Whence::At(stranger(n)))
    }

    fn within(budgets: &mut Budgets, now: Mono, payer: Payer, messages: u32) -> u32 {
        let spent = (0..messages).filter(|_| budgets.spend(now, payer, About::Other) == Spent::Within).count();
        u32::try_from(spent).unwrap()
    }

    #[test]
    fn a_stranger_has_a_burst_and_then_its_rate() {
        let mut budgets = Budgets::default();
        assert_eq!(within(&mut budgets, at(0), pays(1), 1000), STRANGER.burst);
        assert_eq!(within(&mut budgets, at(500), pays(1), 1000), STRANGER.per_second / 2);
        assert_eq!(within(&mut budgets, at(10_500), pays(1), 1000), STRANGER.burst);
    }

    #[test]
    fn many_strangers_share_one_purse_and_one_that_floods_does_not_empty_it() {
        let mut budgets = Budgets::default();
        assert_eq!(within(&mut budgets, at(0), pays(0), 100_000), STRANGER.burst);
        let others: u32 = (1..1000).map(|n| within(&mut budgets, at(0), pays(n), 1)).sum();
        assert_eq!(others, STRANGERS.burst - STRANGER.burst);
    }

    #[test]
    fn an_ipv6_customer_is_one_stranger() {
        let mut budgets = Budgets::default();
        let spent: u32 = (0..100u16)
            .map(|n| Payer::Stranger(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n).into()))
            .map(|payer| within(&mut budgets, at(0), payer, 1))
            .sum();
        assert_eq!(spent, STRANGER.burst);
    }

    #[test]
    fn a_flood_of_strangers_takes_nothing_from_trunks_and_phones() {
        let mut budgets = Budgets::default();
        for n in 0..100_000 {
            budgets.spend(at(0), pays(n), About::Invite);
        }
        assert!(budgets.strangers.purses.len() <= REMEMBERED);
        assert_eq!(within(&mut budgets, at(0), Payer::Trunk(0), 10_000), TRUNK.burst);
        assert_eq!(within(&mut budgets, at(0), known(1), 10_000), KNOWN.burst);
    }

    #[test]
    fn no_flood_of_strangers_keeps_anybody_out_who_is_expected() {
        let mut budgets = Budgets::default();
        for n in 0..100_000 {
            budgets.spend(at(0), pays(n), About::Invite);
        }
        let house = |flow, n| Payer::House(FlowId::Accepted(flow), stranger(n).ip());
        assert_eq!(within(&mut budgets, at(0), Payer::Known(Whence::Flow(FlowId::Accepted(7))), 10_000), KNOWN.burst);
        assert_eq!(within(&mut budgets, at(0), Payer::SentFor(1), 1000), SENT_FOR.burst);
        assert_eq!(within(&mut budgets, at(0), Payer::SentFor(2), 1000), SENT_FOR.burst, "each call has its own");
        assert_eq!(within(&mut budgets, at(0), house(1, 1), 1000), STRANGER.burst);
        assert_eq!(within(&mut budgets, at(0), house(2, 1), 1000), STRANGER.burst, "and each connection");
        let more: u32 = (3..100).map(|flow| within(&mut budgets, at(0), house(flow, 1), 1000)).sum();
        assert_eq!(more, HOUSE.burst - 2 * STRANGER.burst, "not without end from one address");
        assert_eq!(within(&mut budgets, at(0), house(100, 2), 1), 1, "and the next house is another");
    }

    #[test]
    fn a_flood_of_new_calls_leaves_the_rest_to_those_that_live() {
        let mut budgets = Budgets::default();
        let invites = (0..100_000)
            .filter(|_| budgets.spend(at(0), Payer::Trunk(0), About::read(b"INVITE sip:a@b")) == Spent::Within);
        assert_eq!(u32::try_from(invites.count()), Ok(TRUNK_INVITES.burst));
        assert_eq!(within(&mut budgets, at(0), Payer::Trunk(0), 10_000), TRUNK.burst - TRUNK_INVITES.burst);
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
            budgets.spend(at(u64::from(n) * 100), pays(n), About::Invite);
        }
        assert!(budgets.strangers.purses.len() <= REMEMBERED);
        assert_eq!(within(&mut budgets, at(2_000_100), pays(99_999), 1), 1);
    }
}

//! The packet threads as the core sees them: which pairs are bound, which are connected, and so who hears whom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use ringall::media::{Carry, Command, Fact, Family, Hold, Lane, Pair, PairId, RelayId, Side, Which};

#[derive(Debug, Default)]
pub struct FakeMedia {
    next: u32,
    bound: BTreeMap<PairId, Pair>,
    relays: BTreeMap<RelayId, (Side, Side)>,
    /// Nothing more can be bound while it is set.
    pub range_is_used_up: bool,
}

impl FakeMedia {
    /// Does what the core says; the fact, where there is one to tell.
    pub fn perform(&mut self, command: Command) -> Option<Fact> {
        match command {
            Command::Stock { lane, family, count } => {
                let pairs: Vec<Pair> = (0..count).map_while(|_| self.bind(lane, family)).collect();
                let short = count - pairs.len();
                Some(Fact::Stocked { lane, pairs, short })
            }
            Command::Connect { relay, lane, a, b } => {
                self.check(lane, &a);
                self.check(lane, &b);
                assert_ne!(a.pair, b.pair, "a relay from a pair to itself");
                let before = self.relays.insert(relay, (a, b));
                assert!(before.is_none(), "{relay:?} was connected twice");
                None
            }
            Command::Change { relay, lane, which, side } => {
                self.check(lane, &side);
                let sides = self.relays.get_mut(&relay).unwrap_or_else(|| panic!("{relay:?} was never connected"));
                *(if which == Which::A { &mut sides.0 } else { &mut sides.1 }) = side;
                None
            }
            Command::Release { relay, pairs, .. } => {
                for pair in pairs {
                    assert!(self.bound.remove(&pair).is_some(), "{pair:?} was released twice");
                }
                relay.map(|relay| {
                    self.relays.remove(&relay).unwrap_or_else(|| panic!("{relay:?} was ended twice"));
                    Fact::Relayed { relay, a_to_b: 0, b_to_a: 0, refused: 0 }
                })
            }
        }
    }

    /// Where a packet from `from` with this payload type, sent to the shop's port, comes out.
    pub fn delivers(&self, from: SocketAddr, to_port: u16, payload: u8) -> Option<(SocketAddr, u8)> {
        let pair = self.bound.values().find(|pair| pair.rtp == to_port)?.id;
        let (near, far) = self.relays.values().find_map(|(a, b)| match pair {
            pair if pair == a.pair => Some((a, b)),
            pair if pair == b.pair => Some((b, a)),
            _ => None,
        })?;
        let heard = near.accept.contains(&from.ip()) && far.hold == Hold::Talking;
        let carry = near.payloads.iter().find(|(listed, _)| *listed == payload).map(|(_, carry)| *carry)?;
        let (Carry::As(out) | Carry::UlawToAlaw(out) | Carry::AlawToUlaw(out)) = carry;
        Some((far.rtp.filter(|_| heard)?, out))
    }

    /// Relays that run now.
    pub fn relays(&self) -> BTreeSet<RelayId> {
        self.relays.keys().copied().collect()
    }

    fn bind(&mut self, lane: Lane, family: Family) -> Option<Pair> {
        if self.range_is_used_up {
            return None;
        }
        self.next += 1;
        // Ports come round again, long after they were given back.
        let rtp = u16::try_from(20_000 + 2 * (self.next % 20_000)).expect("below 60,000");
        let pair = Pair { id: PairId(self.next), lane, family, rtp };
        self.bound.insert(pair.id, pair);
        Some(pair)
    }

    fn check(&self, lane: Lane, side: &Side) {
        let pair = self.bound.get(&side.pair).unwrap_or_else(|| panic!("{:?} is not bound (any more)", side.pair));
        assert_eq!(pair.lane, lane, "{:?} belongs to another lane", side.pair);
    }
}

//! What a lane does when it is told to: ports are bound and given back, relays begin, change and end.

use mio::Interest;

use super::{Live, PacketThread, STALE_MAX};
use crate::media::asker::Asker;
use crate::media::attendant::Attendant;
use crate::media::port::bind::Bound;
use crate::media::port::far::{self, Far, Machine};
use crate::media::port::guards::Guards;
use crate::media::port::token::{Kind, Port};
use crate::media::relay::Relay;
use crate::media::{Ask, Attend, Carry, Command, Fact, Family, Kept, PairId, RelayId, Side, Which};
use crate::now::Mono;

impl<F: Fn(Fact)> PacketThread<F> {
    pub(super) fn perform(&mut self, now: Mono, command: Command) {
        match command {
            Command::Stock { lane: _, family, count } => self.stock(family, count),
            Command::Connect { relay, lane: _, a, b } => self.connect(now, relay, a, b),
            Command::Attend { relay, lane: _, a, b, attend } => self.begin_to_attend(now, relay, a, b, *attend),
            Command::Ask { relay, lane: _, a, b, ask } => self.begin_to_ask(now, relay, a, b, *ask),
            Command::Change { relay, lane: _, which, side } => self.change(now, relay, which, side),
            Command::ChangeAttended { relay, lane: _, a, b } => {
                self.change(now, relay, Which::A, a);
                if let Some(live) = self.live_of(relay) {
                    live.relay.change(now, Which::B, far::machine_side(b));
                }
            }
            Command::Release { relay, lane: _, pairs } => self.release(relay, &pairs),
        }
    }

    fn stock(&mut self, family: Family, count: usize) {
        let mut pairs = Vec::with_capacity(count);
        while pairs.len() < count {
            match self.binder.bind(family) {
                Ok(bound) => {
                    pairs.push(bound.pair);
                    self.stock.insert(bound.pair.id, bound);
                }
                Err(error) => {
                    tracing::warn!(lane = self.lane.0, %error, "no more media ports");
                    break;
                }
            }
        }
        let short = count - pairs.len();
        (self.facts)(Fact::Stocked { lane: self.lane, family, pairs, short });
    }

    fn connect(&mut self, now: Mono, relay: RelayId, a: Side, b: Side) {
        if self.slots.contains_key(&relay) {
            tracing::error!(relay = relay.0, "connected already");
            return;
        }
        let (Some(mut bound_a), Some(mut bound_b)) = (self.stock.remove(&a.pair), self.stock.remove(&b.pair)) else {
            tracing::error!(relay = relay.0, a = a.pair.0, b = b.pair.0, "connect of pairs that are not in stock");
            return;
        };
        let mut guards = Guards::default();
        guards.set(Which::A, bound_a.guard.take(), a.keys.as_deref());
        guards.set(Which::B, bound_b.guard.take(), b.keys.as_deref());
        let relay_of = Relay::new(relay, a, b, now);
        self.go_live(relay, Live { relay: relay_of, guards, a: bound_a, b: Far::Phone(bound_b) });
    }

    fn begin_to_attend(&mut self, now: Mono, relay: RelayId, a: Side, b: Vec<(u8, Carry)>, attend: Attend) {
        let recording = attend.recording;
        if !self.begin(now, relay, a, b, || Machine::Attendant(Box::new(Attendant::new(attend, now)))) {
            (self.facts)(Fact::Sealed { recording, kept: Kept::Nothing });
        }
    }

    fn begin_to_ask(&mut self, now: Mono, relay: RelayId, a: Side, b: Vec<(u8, Carry)>, ask: Ask) {
        if !self.begin(now, relay, a, b, || Machine::Asker(Box::new(Asker::new(ask, now)))) {
            (self.facts)(Fact::Asked { relay });
        }
    }

    /// Sets a machine on the far side of `a`; false: that pair is not to be had.
    fn begin(
        &mut self,
        now: Mono,
        relay: RelayId,
        a: Side,
        b: Vec<(u8, Carry)>,
        machine: impl FnOnce() -> Machine,
    ) -> bool {
        let bound = if self.slots.contains_key(&relay) { None } else { self.stock.remove(&a.pair) };
        let Some(mut bound) = bound else {
            tracing::error!(relay = relay.0, pair = a.pair.0, "a machine for a pair that is not in stock, or has one");
            return false;
        };
        let mut guards = Guards::default();
        guards.set(Which::A, bound.guard.take(), a.keys.as_deref());
        let relay_of = Relay::new(relay, a, far::machine_side(b), now);
        let slot = self.go_live(relay, Live { relay: relay_of, guards, a: bound, b: Far::Machine(machine()) });
        self.attended.push(slot);
        true
    }

    fn go_live(&mut self, relay: RelayId, mut live: Live) -> usize {
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.live.push(None);
            self.live.len() - 1
        });
        self.listen(slot, Which::A, &mut live.a);
        if let Far::Phone(bound) = &mut live.b {
            self.listen(slot, Which::B, bound);
        }
        self.live[slot] = Some(live);
        self.slots.insert(relay, slot);
        slot
    }

    pub(super) fn live_of(&mut self, relay: RelayId) -> Option<&mut Live> {
        self.live.get_mut(*self.slots.get(&relay)?)?.as_mut()
    }

    fn change(&mut self, now: Mono, relay: RelayId, which: Which, side: Side) {
        let Some(&slot) = self.slots.get(&relay) else { return };
        let Some(mut live) = self.live.get_mut(slot).and_then(Option::take) else { return };
        let current = match (which, &mut live.b) {
            (Which::A, _) => Some(&mut live.a),
            (Which::B, Far::Phone(bound)) => Some(bound),
            (Which::B, Far::Machine(_)) => None,
        };
        if let Some(current) = current
            && current.pair.id != side.pair
        {
            match self.stock.remove(&side.pair) {
                Some(mut other) => {
                    self.listen(slot, which, &mut other);
                    let mut old = std::mem::replace(current, other);
                    self.stop_listening(&mut old);
                    self.stock.insert(old.pair.id, old);
                }
                None => tracing::error!(relay = relay.0, pair = side.pair.0, "change to a pair that is not in stock"),
            }
        }
        live.guards.change(which, side.keys.as_deref());
        live.relay.change(now, which, side);
        self.live[slot] = Some(live);
    }

    pub(super) fn release(&mut self, relay: Option<RelayId>, pairs: &[PairId]) {
        if let Some(slot) = relay.and_then(|relay| self.slots.remove(&relay))
            && let Some(mut live) = self.live.get_mut(slot).and_then(Option::take)
        {
            live.b.end_recording(&self.disk, &self.facts);
            self.attended.retain(|attended| *attended != slot);
            self.free_slots.push(slot);
            self.undrained.retain(|token| Port::of(*token).is_some_and(|port| port.slot != slot));
            let mut totals = live.relay.totals();
            if let Fact::Relayed { refused, .. } = &mut totals {
                *refused += live.guards.refused;
            }
            (self.facts)(totals);
            let sides = [(Which::A, Some(live.a)), (Which::B, live.b.into_bound())];
            for (which, mut bound) in sides.into_iter().filter_map(|(which, bound)| Some((which, bound?))) {
                bound.guard = live.guards.take(which);
                self.stop_listening(&mut bound);
                self.stock.insert(bound.pair.id, bound);
            }
        }
        for pair in pairs {
            if let Some(bound) = self.stock.remove(pair) {
                self.binder.give_back(bound);
            }
        }
    }

    /// Polls a pair from now on, without what lay in it: nobody of this call sent that.
    fn listen(&mut self, slot: usize, which: Which, bound: &mut Bound) {
        for kind in [Kind::Rtp, Kind::Rtcp] {
            let socket = match kind {
                Kind::Rtp => &mut bound.rtp,
                Kind::Rtcp => &mut bound.rtcp,
            };
            let stale = (0..STALE_MAX).take_while(|_| socket.recv_from(&mut self.buffer[..]).is_ok());
            stale.for_each(drop);
            let token = Port { slot, which, kind }.token();
            if let Err(error) = self.poll.registry().register(socket, token, Interest::READABLE) {
                tracing::error!(lane = self.lane.0, %error, "a media port cannot be polled");
            }
        }
    }

    fn stop_listening(&mut self, bound: &mut Bound) {
        for socket in [&mut bound.rtp, &mut bound.rtcp] {
            // Fails only for a socket that was never polled.
            let _ = self.poll.registry().deregister(socket);
        }
    }
}

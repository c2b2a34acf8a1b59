//! One packet thread: its pairs, its relays, and the turn it does on every wake.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use super::Counts;
use super::bind::{Binder, Bound};
use super::disk::Orders;
use super::far::{self, Ear, Far, Machine, Turns};
use super::guards::Guards;
use super::token::{Kind, Port};
use crate::media::asker::Asker;
use crate::media::attendant::Attendant;
use crate::media::relay::{Relay, Verdict};
use crate::media::{Ask, Attend, Carry, Command, Fact, Family, Kept, Lane, PairId, RelayId, Side, Which};
use crate::now::Mono;

/// Longer than any audio packet (RFC 3551 at 200 ms of 16 bits would be 3,200, but nobody fragments); a datagram that
/// fills it was cut off.
const PACKET_MAX: usize = 2048;
/// So many packets of one socket in a turn: a flood on one port must not delay the other calls.
const BURST: usize = 32;
/// So many old packets are thrown away when a pair comes out of the stock; more is a flood, and is filtered as such.
const STALE_MAX: usize = 512;
/// So many commands in a turn, for the same reason as `BURST`.
const COMMANDS_PER_TURN: usize = 64;
/// How often silence is looked for; it is counted in tens of seconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where a lane's commands come from.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) commands: Receiver<Command>,
    pub(super) waiting: Arc<AtomicUsize>,
}

/// Where a lane's news go.
#[derive(Debug)]
pub(super) struct Outbox<F> {
    pub(super) facts: F,
    pub(super) disk: Orders,
    pub(super) counts: Arc<Counts>,
}

/// All that a packet thread owns.
#[derive(Debug)]
pub(super) struct PacketThread<F> {
    lane: Lane,
    poll: Poll,
    inbox: Inbox,
    facts: F,
    clock: fn() -> Mono,
    binder: Binder,
    disk: Orders,
    counts: Arc<Counts>,
    /// Bound and in no relay: not polled.
    stock: HashMap<PairId, Bound>,
    /// By slot, so that a token leads to its relay without a search.
    live: Vec<Option<Live>>,
    free_slots: Vec<usize>,
    slots: HashMap<RelayId, usize>,
    /// The slots whose far side is a machine that has something to do.
    attended: Vec<usize>,
    /// Sockets that still held packets when their burst was over: no event will tell of those.
    undrained: Vec<Token>,
    look_at: Mono,
    buffer: Box<[u8; PACKET_MAX]>,
}

#[derive(Debug)]
struct Live {
    relay: Relay,
    guards: Guards,
    a: Bound,
    b: Far,
}

/// Whether a turn has left something to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Commands,
    /// The shell is gone.
    Stop,
}

impl<F: Fn(Fact)> PacketThread<F> {
    pub(super) fn new(
        lane: Lane,
        poll: Poll,
        inbox: Inbox,
        outbox: Outbox<F>,
        clock: fn() -> Mono,
        binder: Binder,
    ) -> PacketThread<F> {
        let Outbox { facts, disk, counts } = outbox;
        PacketThread {
            lane,
            poll,
            inbox,
            facts,
            clock,
            binder,
            disk,
            counts,
            stock: HashMap::new(),
            live: Vec::new(),
            free_slots: Vec::new(),
            slots: HashMap::new(),
            attended: Vec::new(),
            undrained: Vec::new(),
            look_at: clock(),
            buffer: Box::new([0; PACKET_MAX]),
        }
    }

    /// Turns until the shell is gone.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        let mut again = Vec::new();
        let mut left = Left::Nothing;
        while left != Left::Stop {
            if let Err(error) = self.poll.poll(&mut events, self.wait(left))
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(lane = self.lane.0, %error, "a packet thread cannot wait for packets, and ends");
                break;
            }
            let now = (self.clock)();
            // Packets first, commands after: so no event of this turn can mean a socket that is closed in it.
            std::mem::swap(&mut again, &mut self.undrained);
            for event in &events {
                self.drain(now, event.token());
            }
            for token in again.drain(..) {
                self.drain(now, token);
            }
            left = self.obey(now);
            self.attend(now);
            self.look_for_silence(now);
        }
        for live in self.live.iter_mut().flatten() {
            live.b.end_recording(&self.disk, &self.facts);
        }
    }

    fn wait(&self, left: Left) -> Option<Duration> {
        match left {
            Left::Commands => Some(Duration::ZERO),
            Left::Nothing | Left::Stop if !self.undrained.is_empty() => Some(Duration::ZERO),
            Left::Nothing | Left::Stop if !self.attended.is_empty() => {
                let machines = self.attended.iter().filter_map(|slot| self.live.get(*slot)?.as_ref()?.b.machine());
                let due = machines.filter_map(Machine::poll_timeout).min();
                Some(due.map_or(LOOK_EVERY, |due| (due - (self.clock)()).min(LOOK_EVERY)))
            }
            Left::Nothing | Left::Stop => (!self.slots.is_empty()).then_some(LOOK_EVERY),
        }
    }

    /// Lets each machine say, write and tell what is due.
    fn attend(&mut self, now: Mono) {
        let (live, counts, disk, facts) = (&mut self.live, &self.counts, &self.disk, &self.facts);
        self.attended.retain(|slot| {
            let Some(Some(Live { relay, guards, a, b: Far::Machine(machine) })) = live.get_mut(*slot) else {
                return false;
            };
            machine.turn(now, Turns { relay, guards, socket: &a.rtp, facts, disk, counts })
        });
    }

    /// Relays what waits in one socket.
    fn drain(&mut self, now: Mono, token: Token) {
        let Some(port) = Port::of(token) else { return };
        let Some(Some(live)) = self.live.get_mut(port.slot) else { return };
        let Live { relay, guards, a, b } = live;
        let (from_socket, mut far) = match (port.which, b) {
            (Which::A, Far::Phone(b)) => (port.kind.socket(a), Ear::Socket(port.kind.socket(b))),
            (Which::A, Far::Machine(machine)) => (port.kind.socket(a), Ear::Machine(machine)),
            (Which::B, Far::Phone(b)) => (port.kind.socket(b), Ear::Socket(port.kind.socket(a))),
            (Which::B, Far::Machine(_)) => return,
        };
        let mut is_empty = false;
        for _ in 0..BURST {
            let (length, from) = match from_socket.recv_from(&mut self.buffer[..]) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    is_empty = true;
                    break;
                }
                Err(_) => {
                    self.counts.receive_failed.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
            };
            if length == PACKET_MAX {
                self.counts.receive_failed.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // First of all: nothing that anybody else has sent may move a port or a stream.
            let Ok(length) = guards.open(port.which, port.kind, &mut self.buffer[..length]) else { continue };
            let packet = &mut self.buffer[..length];
            let verdict = match port.kind {
                Kind::Rtp => relay.rtp(now, port.which, from, packet),
                Kind::Rtcp => relay.rtcp(now, port.which, from, packet),
            };
            let Verdict::Forward { to } = verdict else { continue };
            match &mut far {
                Ear::Socket(socket) => {
                    let sent = match guards.protect(port.which.other(), port.kind, &mut self.buffer[..], length) {
                        Ok(whole) => socket.send_to(&self.buffer[whole], to).is_ok(),
                        Err(_) => false,
                    };
                    if !sent {
                        self.counts.send_failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ear::Machine(machine) => machine.hear(now, packet),
            }
        }
        while let Some(fact) = live.relay.poll_fact() {
            (self.facts)(fact);
        }
        if !is_empty && !self.undrained.contains(&token) {
            self.undrained.push(token);
        }
    }

    fn look_for_silence(&mut self, now: Mono) {
        if now < self.look_at {
            return;
        }
        self.look_at = now + LOOK_EVERY;
        for live in self.live.iter_mut().flatten() {
            if let Some(fact) = live.relay.handle_timeout(now) {
                (self.facts)(fact);
            }
        }
    }

    fn obey(&mut self, now: Mono) -> Left {
        for _ in 0..COMMANDS_PER_TURN {
            match self.inbox.commands.try_recv() {
                Ok(command) => {
                    self.inbox.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.perform(now, command);
                }
                Err(TryRecvError::Empty) => return Left::Nothing,
                Err(TryRecvError::Disconnected) => return Left::Stop,
            }
        }
        Left::Commands
    }

    fn perform(&mut self, now: Mono, command: Command) {
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

    fn live_of(&mut self, relay: RelayId) -> Option<&mut Live> {
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

    fn release(&mut self, relay: Option<RelayId>, pairs: &[PairId]) {
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

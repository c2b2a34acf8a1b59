//! One packet thread: its pairs, its relays, and the turn it does on every wake. [`commands`]: what it is told to do.

mod commands;

use std::collections::HashMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use mio::{Events, Poll, Token};

use super::bind::{Binder, Bound};
use super::disk::Orders;
use super::far::{Ear, Far, Machine, Turns};
use super::guards::Guards;
use super::token::{Kind, Port};
use crate::media::relay::{Relay, Verdict};
use crate::media::{Command, Fact, Lane, PairId, RelayId, Which};
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
        let Outbox { facts, disk } = outbox;
        PacketThread {
            lane,
            poll,
            inbox,
            facts,
            clock,
            binder,
            disk,
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
                self.drain_contained(now, event.token());
            }
            for token in again.drain(..) {
                self.drain_contained(now, token);
            }
            left = self.contained(None, |lane| lane.obey(now)).unwrap_or(Left::Commands);
            self.attend(now);
            self.look_for_silence(now);
        }
        for live in self.live.iter_mut().flatten() {
            live.b.end_recording(&self.disk, &self.facts);
        }
    }

    /// A panic is a bug of ours, contained to the relay in this slot (DESIGN §1), if it happened in one: that carries nothing
    /// any more, and its call goes on without sound until somebody hangs up.
    fn contained<T>(&mut self, slot: Option<usize>, turn: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let turned = catch_unwind(AssertUnwindSafe(|| turn(self))).ok();
        if turned.is_none() {
            self.break_off(slot);
        }
        turned
    }

    fn break_off(&mut self, slot: Option<usize>) {
        metrics::counter!("ringall_panics_total").increment(1);
        let lane = self.lane.0;
        let relay = slot.and_then(|slot| self.slots.iter().find(|(_, of)| **of == slot)).map(|(relay, _)| *relay);
        let Some(relay) = relay else {
            tracing::error!(lane, "a bug has kept a packet thread from something it was told; it goes on");
            return;
        };
        tracing::error!(lane, relay = relay.0, "a bug has ended this relay; the others go on");
        let asks = matches!(self.live_of(relay), Some(Live { b: Far::Machine(Machine::Asker(_)), .. }));
        // Its pairs are given back when its call is over.
        if catch_unwind(AssertUnwindSafe(|| self.release(Some(relay), &[]))).is_err() {
            tracing::error!(lane, relay = relay.0, "it could not be taken apart either: its ports are lost");
        }
        // Somebody may be hung up on only when they have been told why.
        if asks {
            (self.facts)(Fact::Asked { relay });
        }
    }

    fn drain_contained(&mut self, now: Mono, token: Token) {
        self.contained(Port::of(token).map(|port| port.slot), |lane| lane.drain(now, token));
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
        let (live, disk, facts) = (&mut self.live, &self.disk, &self.facts);
        let mut broken = Vec::new();
        self.attended.retain(|slot| {
            let Some(Some(Live { relay, guards, a, b: Far::Machine(machine) })) = live.get_mut(*slot) else {
                return false;
            };
            let turns = Turns { relay, guards, socket: &a.rtp, facts, disk };
            let goes_on = catch_unwind(AssertUnwindSafe(|| machine.turn(now, turns)));
            if goes_on.is_err() {
                broken.push(*slot);
            }
            goes_on.unwrap_or(false)
        });
        for slot in broken {
            self.break_off(Some(slot));
        }
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
                    metrics::counter!("ringall_media_receive_failed_total").increment(1);
                    continue;
                }
            };
            if length == PACKET_MAX {
                metrics::counter!("ringall_media_receive_failed_total").increment(1);
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
                        metrics::counter!("ringall_media_send_failed_total").increment(1);
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
        for slot in 0..self.live.len() {
            self.contained(Some(slot), |lane| {
                if let Some(Some(live)) = lane.live.get_mut(slot)
                    && let Some(fact) = live.relay.handle_timeout(now)
                {
                    (lane.facts)(fact);
                }
            });
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
}

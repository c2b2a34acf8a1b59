//! The far side: a phone with its ports, or a machine of ours that plays and listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::UdpSocket;

use super::bind::Bound;
use super::disk::{Order, Orders};
use super::guards::Guards;
use super::token::Kind;
use crate::media::asker::{self, Asker};
use crate::media::attendant::{self, Attendant};
use crate::media::player::PACKET_BYTES;
use crate::media::relay::{Relay, Verdict};
use crate::media::srtp::OVERHEAD;
use crate::media::{Carry, Fact, Hold, Keep, PairId, Side, Which};
use crate::now::Mono;

/// Where a machine's packets come from and go to, in the relay's eyes: it has no port, and nothing is sent there.
const MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
const MACHINE_PAIR: PairId = PairId(u32::MAX);

/// The far side of a relay.
#[derive(Debug)]
pub(super) enum Far {
    Phone(Bound),
    Machine(Machine),
}

/// Plays to the other side, and listens to it.
#[derive(Debug)]
pub(super) enum Machine {
    /// Greets and records.
    Attendant(Box<Attendant>),
    /// Asks for a key.
    Asker(Box<Asker>),
}

/// What a machine needs for what is due.
pub(super) struct Turns<'a, F> {
    pub(super) relay: &'a mut Relay,
    pub(super) guards: &'a mut Guards,
    /// That of the other side.
    pub(super) socket: &'a UdpSocket,
    pub(super) facts: &'a F,
    pub(super) disk: &'a Orders,
}

impl Far {
    pub(super) fn machine(&self) -> Option<&Machine> {
        match self {
            Far::Machine(machine) => Some(machine),
            Far::Phone(_) => None,
        }
    }

    /// The caller is gone, or we are: what was recorded is finished.
    pub(super) fn end_recording<F: Fn(Fact)>(&mut self, disk: &Orders, facts: &F) {
        if let Far::Machine(Machine::Attendant(machine)) = self
            && let Some((last, recorded)) = machine.stop()
        {
            let recording = machine.recording();
            match machine.keep() {
                Keep::File => disk.give(Order::Finish(recording, last, recorded)),
                Keep::Hand { .. } => facts(Fact::Dictated { recording, samples: last }),
            }
        }
    }

    pub(super) fn into_bound(self) -> Option<Bound> {
        match self {
            Far::Phone(bound) => Some(bound),
            Far::Machine(_) => None,
        }
    }
}

impl Machine {
    pub(super) fn hear(&mut self, now: Mono, packet: &[u8]) {
        match self {
            Machine::Attendant(machine) => machine.hear(now, packet),
            Machine::Asker(machine) => machine.hear(packet),
        }
    }

    /// When its turn is, at the latest; `None`: it has nothing to do any more.
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        match self {
            Machine::Attendant(machine) => machine.poll_timeout(),
            Machine::Asker(machine) => machine.poll_timeout(),
        }
    }

    /// Says, writes and tells what is due; false: it has nothing to do any more.
    pub(super) fn turn<F: Fn(Fact)>(&mut self, now: Mono, mut turns: Turns<'_, F>) -> bool {
        let mut packet = [0; PACKET_BYTES];
        match self {
            Machine::Attendant(machine) => loop {
                let recording = machine.recording();
                match machine.poll(now, &mut packet) {
                    attendant::Turn::Packet => turns.send(now, &mut packet),
                    attendant::Turn::Begun => {
                        if machine.keep() == Keep::File {
                            turns.disk.give(Order::Begin(recording));
                        }
                        (turns.facts)(Fact::Greeted { recording });
                    }
                    attendant::Turn::Recorded(samples) => turns.disk.give(Order::Append(recording, samples)),
                    attendant::Turn::Ended(last, recorded) => match machine.keep() {
                        Keep::File => {
                            (turns.facts)(Fact::RecordingEnded { recording });
                            turns.disk.give(Order::Finish(recording, last, recorded));
                        }
                        Keep::Hand { .. } => (turns.facts)(Fact::Dictated { recording, samples: last }),
                    },
                    attendant::Turn::Wait { .. } => return true,
                    attendant::Turn::Over => return false,
                }
            },
            Machine::Asker(machine) => loop {
                let relay = turns.relay.id();
                match machine.poll(now, &mut packet) {
                    asker::Turn::Packet => turns.send(now, &mut packet),
                    asker::Turn::Pressed(key) => (turns.facts)(Fact::Pressed { relay, key }),
                    asker::Turn::Asked => (turns.facts)(Fact::Asked { relay }),
                    asker::Turn::Wait { .. } => return true,
                    asker::Turn::Over => return false,
                }
            },
        }
    }
}

impl<F> Turns<'_, F> {
    fn send(&mut self, now: Mono, packet: &mut [u8; PACKET_BYTES]) {
        let Verdict::Forward { to } = self.relay.rtp(now, Which::B, MACHINE, packet) else { return };
        let mut wire = [0; PACKET_BYTES + OVERHEAD];
        wire[..PACKET_BYTES].copy_from_slice(packet);
        let sent = match self.guards.protect(Which::A, Kind::Rtp, &mut wire, PACKET_BYTES) {
            Ok(whole) => self.socket.send_to(&wire[whole], to).is_ok(),
            Err(_) => false,
        };
        if !sent {
            metrics::counter!("ringall_media_send_failed_total").increment(1);
        }
    }
}

/// Where the other side's packets go.
pub(super) enum Ear<'a> {
    Socket(&'a UdpSocket),
    Machine(&'a mut Machine),
}

/// The machine as one side of a relay.
pub(super) fn machine_side(payloads: Vec<(u8, Carry)>) -> Side {
    let accept = vec![MACHINE.ip()];
    Side { pair: MACHINE_PAIR, rtp: Some(MACHINE), rtcp: None, accept, payloads, hold: Hold::Talking, keys: None }
}

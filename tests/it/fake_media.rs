//! The packet threads as the core sees them: which pairs are bound, which are connected, and so who hears whom. Each call
//! has the relay that it has in the service; everybody on a telephone speaks, unless a story says otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ringall::media::asker::{self, Asker};
use ringall::media::attendant::{Attendant, Turn};
use ringall::media::listens::Listens;
use ringall::media::player::{FRAME, FRAME_SAMPLES, PACKET_BYTES, Sound};
use ringall::media::recorder::Recorded;
use ringall::media::relay::{Relay, Verdict};
use ringall::media::{Carry, Command, Fact, Family, Hold, Keep, Kept, Lane, Pair, PairId, RelayId, Side, Which, rtp};
use ringall::now::Mono;

/// μ-law as loud as somebody who speaks.
const VOICE: u8 = 0x90;
/// RFC 4733 §3.2.
const POUND: u8 = 11;

#[derive(Debug)]
pub struct FakeMedia {
    next: u32,
    bound: BTreeMap<PairId, Pair>,
    relays: BTreeMap<RelayId, (Side, Side)>,
    talks: BTreeMap<RelayId, Relay>,
    /// From these addresses no sound comes.
    quiet: BTreeSet<SocketAddr>,
    /// More than so many pairs cannot be bound.
    pub range: usize,
    attended: BTreeMap<RelayId, Attended>,
    /// What each greeting said, in the order they were asked for.
    pub greetings: Vec<Arc<[Sound]>>,
    /// By what the last one who was asked is heard.
    pub listens: Listens,
    /// What everybody was asked, in the order they were.
    pub questions: Vec<Arc<[Sound]>>,
    /// How long a recording takes to be safe; `None`: the disk refuses it.
    disk_takes: Option<Duration>,
    /// What it has refused.
    refused: Vec<(uuid::Uuid, Kept)>,
    /// Neither plays nor records, nor tells anything of it.
    pub machine_is_dead: bool,
    /// So many of the next requests for ports are never answered.
    pub unstocked: usize,
}

/// A caller who hears the greeting, or leaves a message; or somebody who is asked for a key.
#[derive(Debug)]
struct Attended {
    machine: Machine,
    /// By which numbers the machine speaks to them.
    carries: Vec<(u8, Carry)>,
    /// What they have been sent.
    packets: usize,
    /// Whether somebody speaks: from where, by which number, until when; the next packet.
    voice: Option<(SocketAddr, u8, Duration)>,
    speaks_at: Duration,
    sequence: u16,
    timestamp: u32,
}

#[derive(Debug)]
enum Machine {
    Attendant(Attendant),
    Asker(Asker),
}

/// A fact, and how long after its cause the core hears of it.
pub type Later = (Duration, Fact);

impl Default for FakeMedia {
    fn default() -> FakeMedia {
        FakeMedia {
            next: 0,
            bound: BTreeMap::new(),
            relays: BTreeMap::new(),
            talks: BTreeMap::new(),
            quiet: BTreeSet::new(),
            range: usize::MAX,
            attended: BTreeMap::new(),
            greetings: Vec::new(),
            listens: Listens::default(),
            questions: Vec::new(),
            disk_takes: Some(Duration::from_millis(5)),
            refused: Vec::new(),
            machine_is_dead: false,
            unstocked: 0,
        }
    }
}

impl FakeMedia {
    /// Does what the core says; the facts that there are to tell.
    pub fn perform(&mut self, now: Duration, command: Command) -> Vec<Later> {
        match command {
            Command::Stock { .. } if self.unstocked > 0 => {
                self.unstocked -= 1;
                Vec::new()
            }
            Command::Stock { lane, family, count } => {
                let pairs: Vec<Pair> = (0..count).map_while(|_| self.bind(lane, family)).collect();
                let short = count - pairs.len();
                vec![(Duration::ZERO, Fact::Stocked { lane, family, pairs, short })]
            }
            Command::Connect { relay, lane, a, b } => {
                self.check(lane, &a);
                self.check(lane, &b);
                assert_ne!(a.pair, b.pair, "a relay from a pair to itself");
                self.talks.insert(relay, Relay::new(relay, a.clone(), b.clone(), Mono(now)));
                let before = self.relays.insert(relay, (a, b));
                assert!(before.is_none(), "{relay:?} was connected twice");
                Vec::new()
            }
            Command::Attend { relay, lane, a, b, attend } => {
                self.greetings.push(attend.sounds.clone());
                let machine = Machine::Attendant(Attendant::new(*attend, Mono(now)));
                self.attend(now, relay, lane, (a, b), machine);
                Vec::new()
            }
            Command::Ask { relay, lane, a, b, ask } => {
                self.questions.push(ask.sounds.clone());
                self.listens = ask.listens.clone();
                self.attend(now, relay, lane, (a, b), Machine::Asker(Asker::new(*ask, Mono(now))));
                Vec::new()
            }
            Command::Change { relay, lane, which, side } => {
                self.check(lane, &side);
                if let Some(talk) = self.talks.get_mut(&relay) {
                    talk.change(Mono(now), which, side.clone());
                }
                let sides = self.relays.get_mut(&relay).unwrap_or_else(|| panic!("{relay:?} was never connected"));
                *(if which == Which::A { &mut sides.0 } else { &mut sides.1 }) = side;
                Vec::new()
            }
            Command::ChangeAttended { relay, lane, a, b } => {
                self.check(lane, &a);
                let sides = self.relays.get_mut(&relay).unwrap_or_else(|| panic!("{relay:?} was never connected"));
                *sides = (a, machine_side(b.clone()));
                self.attended.get_mut(&relay).expect("an attended relay").carries = b;
                Vec::new()
            }
            Command::Release { relay, pairs, .. } => {
                for pair in pairs {
                    assert!(self.bound.remove(&pair).is_some(), "{pair:?} was released twice");
                }
                let Some(relay) = relay else { return Vec::new() };
                self.talks.remove(&relay);
                self.relays.remove(&relay).unwrap_or_else(|| panic!("{relay:?} was ended twice"));
                let recorded = match self.attended.remove(&relay).map(|attended| attended.machine) {
                    Some(Machine::Attendant(mut machine)) if !self.machine_is_dead => {
                        machine.stop().map(|(samples, recorded)| match machine.keep() {
                            Keep::File => self.sealed(machine.recording(), &recorded),
                            Keep::Hand { .. } => {
                                (Duration::ZERO, Fact::Dictated { recording: machine.recording(), samples })
                            }
                        })
                    }
                    Some(Machine::Attendant(_) | Machine::Asker(_)) | None => None,
                };
                let relayed = Fact::Relayed { relay, a_to_b: 0, b_to_a: 0, refused: 0 };
                recorded.into_iter().chain([(Duration::ZERO, relayed)]).collect()
            }
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Duration> {
        let talks = self.talks.values().filter_map(Relay::poll_timeout).map(|Mono(at)| at);
        talks.chain(self.attended_deadline()).min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Duration) -> Vec<Later> {
        let mut facts = self.listen(now);
        facts.extend(self.tick_attended(now));
        facts
    }

    /// Nothing comes from here any more, or something again.
    pub fn fall_quiet(&mut self, audio: SocketAddr, quiet: bool) -> bool {
        if quiet { self.quiet.insert(audio) } else { self.quiet.remove(&audio) }
    }

    /// A packet comes from here to this port of the shop. Where it goes, if anywhere, and what there is to tell.
    pub fn packet(
        &mut self,
        now: Duration,
        from: SocketAddr,
        to_port: u16,
        packet: &mut [u8],
    ) -> (Verdict, Vec<Later>) {
        let (relay, which) = self.side_at(to_port).expect("a port that is connected");
        let talk = self.talks.get_mut(&relay).expect("a relay of two who talk");
        let verdict = talk.rtp(Mono(now), which, from, packet);
        (verdict, std::iter::from_fn(|| talk.poll_fact()).map(|fact| (Duration::ZERO, fact)).collect())
    }

    fn side_at(&self, port: u16) -> Option<(RelayId, Which)> {
        let pair = self.bound.values().find(|pair| pair.rtp == port)?.id;
        self.relays.iter().find_map(|(relay, (a, b))| match pair {
            pair if pair == a.pair => Some((*relay, Which::A)),
            pair if pair == b.pair => Some((*relay, Which::B)),
            _ => None,
        })
    }

    /// Whoever is not quiet has been heard all the time; who is, has not.
    fn listen(&mut self, now: Duration) -> Vec<Later> {
        let mut facts = Vec::new();
        for (relay, talk) in &mut self.talks {
            if talk.poll_timeout().is_none_or(|Mono(at)| at > now) {
                continue;
            }
            let (a, b) = &self.relays[relay];
            for (which, side) in [(Which::A, a), (Which::B, b)] {
                if let (Some(from), [(payload, _), ..]) = (side.rtp, &side.payloads[..])
                    && !self.quiet.contains(&from)
                {
                    let header =
                        rtp::Header { marker: false, payload_type: *payload, sequence: 1, timestamp: 160, ssrc: 1 };
                    talk.rtp(Mono(now), which, from, &mut header.packet(&[VOICE; FRAME_SAMPLES]));
                }
            }
            let silent = talk.handle_timeout(Mono(now));
            facts.extend(std::iter::from_fn(|| talk.poll_fact()).chain(silent).map(|fact| (Duration::ZERO, fact)));
        }
        facts
    }

    fn attend(
        &mut self,
        now: Duration,
        relay: RelayId,
        lane: Lane,
        (a, b): (Side, Vec<(u8, Carry)>),
        machine: Machine,
    ) {
        self.check(lane, &a);
        let before = self.relays.insert(relay, (a, machine_side(b.clone())));
        assert!(before.is_none(), "{relay:?} was connected twice");
        let attended =
            Attended { machine, carries: b, packets: 0, voice: None, speaks_at: now, sequence: 0, timestamp: 0 };
        self.attended.insert(relay, attended);
    }

    /// When something is due of those who are attended.
    fn attended_deadline(&self) -> Option<Duration> {
        let due = |attended: &Attended| {
            let machine = attended.machine.poll_timeout().map(|Mono(at)| at);
            machine.into_iter().chain(attended.voice.is_some().then_some(attended.speaks_at)).min()
        };
        if self.machine_is_dead { None } else { self.attended.values().filter_map(due).min() }
    }

    /// Does what is due of those who are attended.
    fn tick_attended(&mut self, now: Duration) -> Vec<Later> {
        let (mut facts, mut ended) = (Vec::new(), Vec::new());
        if self.machine_is_dead {
            return facts;
        }
        for (relay, attended) in &mut self.attended {
            let side = &self.relays[relay].0;
            attended.speak(now, side);
            let mut packet = [0; PACKET_BYTES];
            let mut tell = |fact| facts.push((Duration::ZERO, fact));
            match &mut attended.machine {
                Machine::Attendant(machine) => loop {
                    let recording = machine.recording();
                    match machine.poll(Mono(now), &mut packet) {
                        Turn::Packet => attended.packets += usize::from(side.hold == Hold::Talking),
                        Turn::Begun => tell(Fact::Greeted { recording }),
                        Turn::Recorded(_) => {}
                        Turn::Ended(samples, _) if machine.keep() != Keep::File => {
                            tell(Fact::Dictated { recording, samples });
                        }
                        Turn::Ended(_, recorded) => {
                            tell(Fact::RecordingEnded { recording });
                            ended.push((recording, recorded));
                        }
                        Turn::Wait { .. } | Turn::Over => break,
                    }
                },
                Machine::Asker(machine) => loop {
                    let relay = *relay;
                    match machine.poll(Mono(now), &mut packet) {
                        asker::Turn::Packet => attended.packets += usize::from(side.hold == Hold::Talking),
                        asker::Turn::Pressed(key) => tell(Fact::Pressed { relay, key }),
                        asker::Turn::Asked => tell(Fact::Asked { relay }),
                        asker::Turn::Wait { .. } | asker::Turn::Over => break,
                    }
                },
            }
        }
        let sealed = ended.into_iter().map(|(recording, recorded)| self.sealed(recording, &recorded));
        facts.extend(sealed);
        facts
    }

    /// Somebody speaks from here to this port of the shop, until then.
    pub fn hear(&mut self, now: Duration, from: SocketAddr, to_port: u16, payload: u8, until: Duration) {
        if let Some(attended) = self.attended_at(to_port) {
            attended.voice = Some((from, payload, until));
            attended.speaks_at = now;
        }
    }

    /// Whether whoever speaks to this port of the shop's is asked for a key.
    pub fn asks_at(&self, to_port: u16) -> bool {
        let asked = self.side_at(to_port).and_then(|(relay, _)| self.attended.get(&relay));
        asked.is_some_and(|asked| matches!(asked.machine, Machine::Asker(_)))
    }

    /// Somebody presses the pound key.
    pub fn hear_pound(&mut self, now: Duration, to_port: u16, payload: u8) {
        self.hear_key(now, to_port, payload, POUND);
    }

    /// Somebody presses the key of this event (RFC 4733 §3.2).
    pub fn hear_key(&mut self, now: Duration, to_port: u16, payload: u8, event: u8) {
        if let Some(attended) = self.attended_at(to_port) {
            let packet = attended.header(payload).packet(&[event, 0x8a, 0, 160]);
            attended.machine.hear(Mono(now), &packet);
        }
    }

    /// How many packets of the machine the caller has been sent whose audio comes to this port of the shop.
    pub fn packets_played(&self, to_port: u16) -> usize {
        let pair = self.bound.values().find(|pair| pair.rtp == to_port).map(|pair| pair.id);
        let relay = self.relays.iter().find(|(_, (a, _))| Some(a.pair) == pair).map(|(relay, _)| relay);
        relay.and_then(|relay| self.attended.get(relay)).map_or(0, |attended| attended.packets)
    }

    fn attended_at(&mut self, to_port: u16) -> Option<&mut Attended> {
        let pair = self.bound.values().find(|pair| pair.rtp == to_port)?.id;
        let relay = self.relays.iter().find(|(_, (a, _))| a.pair == pair).map(|(relay, _)| *relay)?;
        self.attended.get_mut(&relay)
    }

    /// From now on a recording takes so long to be safe; `None`: the disk refuses it. What it had refused it is offered
    /// again.
    pub fn disk_takes(&mut self, latency: Option<Duration>) -> Vec<Later> {
        self.disk_takes = latency;
        let Some(latency) = latency else { return Vec::new() };
        let taken = self.refused.drain(..);
        taken.map(|(recording, kept)| (latency, Fact::Sealed { recording, kept })).collect()
    }

    fn sealed(&mut self, recording: uuid::Uuid, recorded: &Recorded) -> Later {
        let message = Kept::Message { length: recorded.length, voice: recorded.voice };
        let kept = match self.disk_takes {
            _ if !recorded.is_message() => Kept::Nothing,
            None => {
                self.refused.push((recording, message));
                Kept::Lost
            }
            Some(_) => message,
        };
        (self.disk_takes.unwrap_or_default(), Fact::Sealed { recording, kept })
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
        if self.bound.len() >= self.range {
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

impl Machine {
    fn hear(&mut self, now: Mono, packet: &[u8]) {
        match self {
            Machine::Attendant(machine) => machine.hear(now, packet),
            Machine::Asker(machine) => machine.hear(packet),
        }
    }

    fn poll_timeout(&self) -> Option<Mono> {
        match self {
            Machine::Attendant(machine) => machine.poll_timeout(),
            Machine::Asker(machine) => machine.poll_timeout(),
        }
    }
}

impl Attended {
    /// The caller's packets that are due, as they come out of the relay.
    fn speak(&mut self, now: Duration, side: &Side) {
        while let Some((from, payload, until)) = self.voice
            && self.speaks_at <= now
        {
            if self.speaks_at >= until {
                self.voice = None;
                return;
            }
            self.speaks_at += FRAME;
            let carry = side.payloads.iter().find(|(listed, _)| *listed == payload).map(|(_, carry)| *carry);
            if let Some(Carry::As(out) | Carry::UlawToAlaw(out) | Carry::AlawToUlaw(out)) = carry
                && side.accept.contains(&from.ip())
            {
                let packet = self.header(out).packet(&[VOICE; FRAME_SAMPLES]);
                self.machine.hear(Mono(now), &packet);
            }
        }
    }

    fn header(&mut self, payload_type: u8) -> rtp::Header {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
        rtp::Header { marker: false, payload_type, sequence: self.sequence, timestamp: self.timestamp, ssrc: 1 }
    }
}

/// The machine has no port, and nobody talks with it.
fn machine_side(payloads: Vec<(u8, Carry)>) -> Side {
    let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let accept = Vec::new();
    Side { pair: PairId(u32::MAX), rtp: Some(nowhere), rtcp: None, accept, payloads, hold: Hold::Talking, keys: None }
}

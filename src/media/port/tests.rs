mod ask;
mod attended;
mod handed_over;
mod protected;

use std::net::{SocketAddr, UdpSocket};
use std::sync::OnceLock;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::media::g711::Law;
use crate::media::listens::Listens;
use crate::media::player::{Sound, Stream};
use crate::media::srtp::{Guard, Keying, Keys, MASTER_BYTES, MasterKey, OVERHEAD, Suite};
use crate::media::{Attend, Carry, Family, Hold, Keep, Kept, Pair, PairId, RelayId, Side, Which, g711, rtp, wav};

const LANE: Lane = Lane(0);
const RELAY: RelayId = RelayId(1);
const RECORDING: Uuid = Uuid::from_u128(7);
/// Loud enough for a voice, in A-law.
const LOUD: u8 = 0xaa;
/// Nothing on loopback takes so long unless it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

fn clock() -> Mono {
    static START: OnceLock<Instant> = OnceLock::new();
    Mono(START.get_or_init(Instant::now).elapsed())
}

/// Packet threads on loopback with a small range of their own, and what they tell.
struct Rig {
    shell: PortShell,
    facts: Receiver<Fact>,
    recordings: Recordings,
    /// Gone with the rig.
    _folder: TempDir,
}

impl Rig {
    fn new(range: (u16, u16)) -> Rig {
        Rig::watched(range, |_| {})
    }

    /// Looks at each fact before it is told.
    fn watched(range: (u16, u16), watch: fn(&Fact)) -> Rig {
        let (tell, facts) = mpsc::channel();
        let folder = TempDir::new().expect("a folder");
        let recordings = Recordings::in_data_dir(folder.path());
        let config = PortConfig {
            range,
            v4: Some([127, 0, 0, 1].into()),
            v6: None,
            lanes: 1,
            seed: [7; 32],
            recordings: recordings.clone(),
            clock,
        };
        let tells = move |fact| {
            watch(&fact);
            drop(tell.send(fact));
        };
        let shell = start(config, tells).expect("loopback has free ports");
        Rig { shell, facts, recordings, _folder: folder }
    }

    fn fact(&self) -> Fact {
        self.facts.recv_timeout(PATIENCE).expect("a fact")
    }

    fn stock(&self, count: usize) -> (Vec<Pair>, usize) {
        self.shell.command(Command::Stock { lane: LANE, family: Family::V4, count });
        loop {
            if let Fact::Stocked { pairs, short, .. } = self.fact() {
                return (pairs, short);
            }
        }
    }

    /// Returns when every command before it is done.
    fn settle(&self) {
        self.stock(0);
    }

    fn two(&self) -> [Pair; 2] {
        let (pairs, _) = self.stock(2);
        pairs.try_into().expect("two pairs")
    }

    /// A call: the caller speaks μ-law, the phone A-law.
    fn connect(&self, pairs: [Pair; 2], caller: &Peer, phone: &Peer) {
        self.connects(RELAY, pairs, caller, phone);
    }

    fn connects(&self, relay: RelayId, pairs: [Pair; 2], caller: &Peer, phone: &Peer) {
        self.shell.command(Command::Connect {
            relay,
            lane: LANE,
            a: caller.side(pairs[0].id, (0, Carry::UlawToAlaw(8))),
            b: phone.side(pairs[1].id, (8, Carry::AlawToUlaw(0))),
        });
        self.settle();
    }

    fn release(&self, relay: Option<RelayId>, pairs: &[Pair]) {
        let pairs = pairs.iter().map(|pair| pair.id).collect();
        self.shell.command(Command::Release { relay, lane: LANE, pairs });
    }
}

/// Somebody with an RTP socket.
struct Peer(UdpSocket);

impl Peer {
    fn at(address: &str) -> Peer {
        let socket = UdpSocket::bind(address).expect("a free port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout that is not zero");
        Peer(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("bound")
    }

    fn side(&self, pair: PairId, payload: (u8, Carry)) -> Side {
        let rtp = Some(self.address());
        let accept = vec![self.address().ip()];
        Side { pair, rtp, rtcp: rtp, accept, payloads: vec![payload], hold: Hold::Talking, keys: None }
    }

    fn sends(&self, to: u16, bytes: &[u8]) {
        self.0.send_to(bytes, ("127.0.0.1", to)).expect("loopback takes it");
    }

    fn hears(&self) -> (Vec<u8>, u16) {
        let mut buffer = [0; 4096];
        let (length, from) = self.0.recv_from(&mut buffer).expect("a packet");
        (buffer[..length].to_vec(), from.port())
    }
}

fn packet(payload_type: u8, sequence: u16, sample: u8) -> Vec<u8> {
    rtp::Header { marker: false, payload_type, sequence, timestamp: 0, ssrc: 1 }.packet(&[sample; 160])
}

#[test]
fn audio_crosses_both_ways_in_each_sides_law() {
    let rig = Rig::new((23_100, 23_119));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    rig.connect(pairs, &caller, &phone);

    caller.sends(pairs[0].rtp, &packet(0, 1, g711::ULAW_SILENCE));
    assert_eq!(phone.hears(), (packet(8, 1, g711::ALAW_SILENCE), pairs[1].rtp));
    phone.sends(pairs[1].rtp, &packet(8, 2, g711::encode_alaw(1000)));
    assert_eq!(caller.hears(), (packet(0, 2, g711::encode_ulaw(1000)), pairs[0].rtp));
    for (which, peer) in [(Which::A, &caller), (Which::B, &phone)] {
        assert_eq!(rig.fact(), Fact::Latched { relay: RELAY, which, from: peer.address() });
    }

    let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    caller.sends(pairs[0].rtp + 1, &report);
    assert_eq!(phone.hears(), (report.to_vec(), pairs[1].rtp + 1));

    rig.release(Some(RELAY), &pairs);
    assert_eq!(rig.fact(), Fact::Relayed { relay: RELAY, a_to_b: 1, b_to_a: 1, refused: 0 });
}

/// As a bug of ours would, in the midst of a turn.
fn panics_at_the_first_callers_voice(fact: &Fact) {
    assert!(!matches!(fact, Fact::Latched { relay: RELAY, which: Which::A, .. }), "a panic that this test wants");
}

#[test]
fn a_bug_silences_the_relay_it_happens_in_and_the_others_go_on() {
    let rig = Rig::watched((23_900, 23_907), panics_at_the_first_callers_voice);
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let (other_caller, other_phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let (pairs, short) = rig.stock(4);
    assert_eq!((pairs.len(), short), (4, 0), "all there are");
    let other = RelayId(2);
    rig.connects(RELAY, [pairs[0], pairs[1]], &caller, &phone);
    rig.connects(other, [pairs[2], pairs[3]], &other_caller, &other_phone);

    caller.sends(pairs[0].rtp, &packet(0, 1, g711::ULAW_SILENCE));
    phone.hears();
    assert!(matches!(rig.fact(), Fact::Relayed { relay: RELAY, .. }), "it is over");
    for sequence in 1..=3 {
        other_caller.sends(pairs[2].rtp, &packet(0, sequence, g711::ULAW_SILENCE));
        assert_eq!(other_phone.hears().0, packet(8, sequence, g711::ALAW_SILENCE));
    }

    // The calls know nothing of it, and give back what they had.
    rig.release(Some(RELAY), &pairs[..2]);
    rig.release(Some(other), &pairs[2..]);
    let (again, short) = rig.stock(4);
    assert_eq!((again.len(), short), (4, 0), "no port is lost");
}

#[test]
fn a_strangers_packets_reach_nobody_and_draw_nothing() {
    let rig = Rig::new((23_120, 23_139));
    let (caller, phone, stranger) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"), Peer::at("127.0.0.2:0"));
    let pairs = rig.two();
    rig.connect(pairs, &caller, &phone);

    // Packets of one socket keep their order: what the phone hears first tells that the stranger's went nowhere.
    for sequence in 0..100 {
        stranger.sends(pairs[0].rtp, &packet(0, sequence, 0));
    }
    caller.sends(pairs[0].rtp, &packet(0, 500, g711::ULAW_SILENCE));
    assert_eq!(phone.hears().0, packet(8, 500, g711::ALAW_SILENCE));
    phone.sends(pairs[1].rtp, &packet(8, 1, g711::ALAW_SILENCE));
    caller.hears();
    stranger.0.set_nonblocking(true).expect("a socket option");
    assert!(stranger.0.recv_from(&mut [0; 16]).is_err(), "not one packet");

    rig.release(Some(RELAY), &pairs);
    let refused = std::iter::repeat_with(|| rig.fact()).find_map(|fact| match fact {
        Fact::Relayed { refused, .. } => Some(refused),
        _ => None,
    });
    assert_eq!(refused, Some(100));
}

#[test]
fn what_lay_in_a_pair_before_the_call_is_thrown_away() {
    let rig = Rig::new((23_140, 23_159));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    caller.sends(pairs[0].rtp, &packet(0, 1, 0));
    rig.connect(pairs, &caller, &phone);
    caller.sends(pairs[0].rtp, &packet(0, 2, g711::ULAW_SILENCE));
    assert_eq!(phone.hears().0, packet(8, 2, g711::ALAW_SILENCE));
}

#[test]
fn a_burst_longer_than_a_turn_crosses_whole() {
    let rig = Rig::new((23_160, 23_179));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    rig.connect(pairs, &caller, &phone);
    for sequence in 0..200 {
        caller.sends(pairs[0].rtp, &packet(0, sequence, g711::ULAW_SILENCE));
    }
    for sequence in 0..200 {
        assert_eq!(phone.hears().0, packet(8, sequence, g711::ALAW_SILENCE));
    }
}

#[test]
fn a_changed_side_is_heard_at_its_new_place() {
    let rig = Rig::new((23_180, 23_199));
    let (caller, phone, other_phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"), Peer::at("127.0.0.3:0"));
    let (pairs, _) = rig.stock(3);
    rig.connect([pairs[0], pairs[1]], &caller, &phone);
    // A side may even come to another pair, as when it changes the family of its addresses.
    let side = other_phone.side(pairs[2].id, (0, Carry::As(0)));
    rig.shell.command(Command::Change { relay: RELAY, lane: LANE, which: Which::B, side });
    rig.settle();
    other_phone.sends(pairs[2].rtp, &packet(0, 9, 9));
    assert_eq!(caller.hears(), (packet(0, 9, 9), pairs[0].rtp));
    caller.sends(pairs[0].rtp, &packet(0, 1, g711::ULAW_SILENCE));
    assert_eq!(other_phone.hears(), (packet(8, 1, g711::ALAW_SILENCE), pairs[2].rtp));
    rig.release(Some(RELAY), &pairs);
    rig.settle();
    for pair in pairs {
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp)).is_ok());
    }
}

#[test]
fn a_phone_that_refuses_packets_ends_nothing() {
    let rig = Rig::new((23_200, 23_219));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let address = phone.address();
    let pairs = rig.two();
    rig.connect(pairs, &caller, &phone);
    drop(phone);
    for sequence in 0..50 {
        caller.sends(pairs[0].rtp, &packet(0, sequence, g711::ULAW_SILENCE));
    }
    rig.settle();
    let phone = Peer::at(&address.to_string());
    // What was sent before the port was open is lost, as it should be; all that comes after arrives.
    caller.sends(pairs[0].rtp, &packet(0, 99, g711::ULAW_SILENCE));
    assert!(std::iter::repeat_with(|| phone.hears().0).any(|heard| heard == packet(8, 99, g711::ALAW_SILENCE)));
}

#[test]
fn ports_are_even_random_and_free_again_after_release() {
    let rig = Rig::new((23_220, 23_259));
    let (pairs, short) = rig.stock(8);
    assert_eq!((pairs.len(), short), (8, 0));
    assert!(pairs.iter().all(|pair| pair.rtp % 2 == 0 && (23_220..23_259).contains(&pair.rtp)));
    assert!(!pairs.is_sorted_by_key(|pair| pair.rtp), "nobody can guess the next one");
    for pair in &pairs {
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp)).is_err(), "bound: no SDP waits for it");
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp + 1)).is_err());
    }
    rig.release(None, &pairs);
    rig.settle();
    for pair in &pairs {
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp)).is_ok());
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp + 1)).is_ok());
    }
}

#[test]
fn a_used_up_range_says_how_many_are_missing() {
    let rig = Rig::new((23_260, 23_267));
    let other_program = UdpSocket::bind("127.0.0.1:23263").expect("a free port");
    let (pairs, short) = rig.stock(6);
    assert_eq!((pairs.len(), short), (3, 3), "four pairs, one of them half taken");
    drop(other_program);
    rig.release(None, &pairs[..1]);
    let (pairs, short) = rig.stock(3);
    assert_eq!((pairs.len(), short), (2, 1), "one released, one let go by the other program");
}

#[test]
fn lanes_never_draw_the_same_port() {
    let (tell, facts) = mpsc::channel();
    let folder = TempDir::new().expect("a folder");
    let config = PortConfig {
        range: (23_270, 23_289),
        v4: Some([127, 0, 0, 1].into()),
        v6: None,
        lanes: 2,
        seed: [1; 32],
        recordings: Recordings::in_data_dir(folder.path()),
        clock,
    };
    let shell = start(config, move |fact| drop(tell.send(fact))).expect("loopback has free ports");
    for lane in [Lane(0), Lane(1)] {
        shell.command(Command::Stock { lane, family: Family::V4, count: 9 });
    }
    let mut all = Vec::new();
    for _ in 0..2 {
        let Ok(Fact::Stocked { pairs, short, .. }) = facts.recv_timeout(PATIENCE) else { panic!("stock is told") };
        assert_eq!((pairs.len(), short), (5, 4));
        all.extend(pairs);
    }
    for key in [|pair: &Pair| u32::from(pair.rtp), |pair: &Pair| pair.id.0] {
        let mut keys: Vec<u32> = all.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 10);
    }
}

#[test]
fn dropping_the_shell_closes_every_port() {
    let rig = Rig::new((23_290, 23_299));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    rig.connect(pairs, &caller, &phone);
    drop(rig);
    for pair in pairs {
        assert!(UdpSocket::bind(("127.0.0.1", pair.rtp)).is_ok());
    }
}

#[test]
fn a_range_or_an_address_that_cannot_be_bound_is_said_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    let recordings = Recordings::in_data_dir(folder.path());
    let config = |range, v4: [u8; 4]| PortConfig {
        range,
        v4: Some(v4.into()),
        v6: None,
        lanes: 2,
        seed: [1; 32],
        recordings: recordings.clone(),
        clock,
    };
    assert!(start(config((23_300, 23_301), [127, 0, 0, 1]), drop::<Fact>).is_err(), "two lanes, one pair");
    assert!(start(config((23_300, 23_309), [203, 0, 113, 250]), drop::<Fact>).is_err(), "not an address of ours");
}

//! Somebody is asked for a key, on real sockets.

use super::*;
use crate::media::Ask;

impl Rig {
    /// Somebody who speaks A-law is asked for a key: three frames.
    fn ask(&self, pair: PairId, phone: &Peer, keys: Option<u8>) {
        let ask = Ask {
            sounds: [Sound::Recorded([g711::encode_ulaw(1000); 480].into())].into(),
            stream: Stream { law: Law::Ulaw, payload_type: 0, ssrc: 2, sequence: 10, timestamp: 100 },
            listens: Listens { audio: vec![(0, Law::Ulaw)], keys },
        };
        let mut a = phone.side(pair, (8, Carry::AlawToUlaw(0)));
        a.payloads.push((101, Carry::As(101)));
        let b = vec![(0, Carry::UlawToAlaw(8))];
        self.shell.command(Command::Ask { relay: RELAY, lane: LANE, a, b, ask: Box::new(ask) });
    }

    /// The next thing that is told of a question.
    fn told(&self) -> Fact {
        std::iter::repeat_with(|| self.fact()).find(|fact| !matches!(fact, Fact::Latched { .. })).expect("a fact")
    }
}

fn key(event: u8, end: u8, sequence: u16, timestamp: u32) -> Vec<u8> {
    let header = rtp::Header { marker: false, payload_type: 101, sequence, timestamp, ssrc: 1 };
    header.packet(&[event, end | 10, 0, 160])
}

#[test]
fn who_is_asked_hears_the_question_and_presses_a_key() {
    let rig = Rig::new((23_410, 23_429));
    let (phone, stranger) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.2:0"));
    let pair = rig.two()[0];
    rig.ask(pair.id, &phone, Some(101));
    for n in 0..5_u16 {
        let (bytes, from) = phone.hears();
        let sound = if n < 3 { g711::encode_alaw(1000) } else { g711::ALAW_SILENCE };
        let timestamp = 100 + 160 * u32::from(n);
        let header = rtp::Header { marker: n == 0, payload_type: 8, sequence: 10 + n, timestamp, ssrc: 2 };
        assert_eq!((bytes, from), (header.packet(&[sound; 160]), pair.rtp), "frame {n}");
    }
    assert_eq!(rig.told(), Fact::Asked { relay: RELAY });
    stranger.sends(pair.rtp, &key(1, 0, 1, 500));
    for (sequence, end) in [(1, 0), (2, 0), (3, 0x80), (4, 0x80), (5, 0x80)] {
        phone.sends(pair.rtp, &key(5, end, sequence, 500));
    }
    phone.sends(pair.rtp, &key(11, 0x80, 6, 9_000));
    assert_eq!(rig.told(), Fact::Pressed { relay: RELAY, key: '5' }, "once, and no stranger's");
    assert_eq!(rig.told(), Fact::Pressed { relay: RELAY, key: '#' });
    rig.release(Some(RELAY), &[pair]);
    let Fact::Relayed { refused, .. } = rig.told() else { panic!("nothing else is told") };
    assert_eq!(refused, 1);
}

#[test]
fn without_events_a_key_is_heard_by_its_tones() {
    let rig = Rig::new((23_430, 23_449));
    let phone = Peer::at("127.0.0.1:0");
    let pair = rig.two()[0];
    rig.ask(pair.id, &phone, None);
    phone.hears();
    let wave = |n: u16, hz: f32| (std::f32::consts::TAU * hz * f32::from(n) / 8_000.0).sin();
    for frame in 0..8_u16 {
        let samples = (160 * frame..160 * (frame + 1)).map(|n| ((wave(n, 852.0) + wave(n, 1209.0)) * 4_000.0) as i16);
        let timestamp = 160 * u32::from(frame);
        let header = rtp::Header { marker: false, payload_type: 8, sequence: frame, timestamp, ssrc: 1 };
        phone.sends(pair.rtp, &header.packet(&samples.map(g711::encode_alaw).collect::<Vec<u8>>()));
    }
    let pressed = std::iter::repeat_with(|| rig.told()).find(|fact| *fact != Fact::Asked { relay: RELAY });
    assert_eq!(pressed, Some(Fact::Pressed { relay: RELAY, key: '7' }));
}

#[test]
fn who_was_asked_is_connected_by_the_same_pair() {
    let rig = Rig::new((23_450, 23_469));
    let (caller, phone, moved) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    rig.ask(pairs[1].id, &phone, Some(101));
    // From here on what it sends is not from before.
    phone.hears();
    phone.sends(pairs[1].rtp, &key(5, 0, 1, 500));
    while rig.fact() != (Fact::Pressed { relay: RELAY, key: '5' }) {}
    rig.release(Some(RELAY), &[]);
    let talk = RelayId(2);
    while !matches!(rig.fact(), Fact::Relayed { relay: RELAY, .. }) {}
    // It lies in the pair while nobody listens to it.
    phone.sends(pairs[1].rtp, &key(5, 0x80, 2, 500));
    let a = caller.side(pairs[0].id, (0, Carry::UlawToAlaw(8)));
    let mut b = phone.side(pairs[1].id, (8, Carry::AlawToUlaw(0)));
    b.payloads.push((101, Carry::As(101)));
    rig.shell.command(Command::Connect { relay: talk, lane: LANE, a, b });
    rig.settle();
    // Latched anew: the phone may send from another port than when it was asked.
    moved.sends(pairs[1].rtp, &packet(8, 3, g711::encode_alaw(1000)));
    assert_eq!(caller.hears(), (packet(0, 3, g711::encode_ulaw(1000)), pairs[0].rtp), "and nothing before it");
}

#[test]
fn who_is_asked_may_move_meanwhile() {
    let rig = Rig::new((23_470, 23_489));
    let (phone, other_phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.3:0"));
    let pair = rig.two()[0];
    rig.ask(pair.id, &phone, Some(101));
    assert_eq!(rig.told(), Fact::Asked { relay: RELAY });
    let mut a = other_phone.side(pair.id, (0, Carry::As(0)));
    a.payloads.push((96, Carry::As(101)));
    rig.shell.command(Command::ChangeAttended { relay: RELAY, lane: LANE, a, b: vec![(0, Carry::As(0))] });
    let (heard, _) = other_phone.hears();
    assert_eq!(rtp::read(&heard).expect("well formed").header.payload_type, 0);
    let mut pressed = key(3, 0, 1, 500);
    rtp::set_payload_type(&mut pressed, 96);
    other_phone.sends(pair.rtp, &pressed);
    assert_eq!(rig.told(), Fact::Pressed { relay: RELAY, key: '3' });
}

#[test]
fn a_question_that_cannot_be_asked_is_over_at_once() {
    let rig = Rig::new((23_490, 23_499));
    rig.ask(PairId(99), &Peer::at("127.0.0.1:0"), None);
    assert_eq!(rig.fact(), Fact::Asked { relay: RELAY });
}

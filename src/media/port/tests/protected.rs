//! Protected sound (SRTP), on real sockets.

use super::*;

pub(super) fn keying(byte: u8) -> Keying {
    Keying { suite: Suite::Tag80, master: MasterKey([byte; MASTER_BYTES]) }
}

/// A leg whose packets are protected: our keys, and the far end's own view of them.
pub(super) fn protected() -> (Keys, Guard) {
    let (ours, theirs) = (keying(1), keying(2));
    (Keys { ours: ours.clone(), theirs: theirs.clone() }, Guard::new(Keys { ours: theirs, theirs: ours }))
}

pub(super) fn sealed(guard: &mut Guard, packet: &[u8]) -> Vec<u8> {
    let mut wire = packet.to_vec();
    wire.resize(packet.len() + OVERHEAD, 0);
    let length = guard.protect_rtp(&mut wire, packet.len()).expect("the next of its stream");
    wire.truncate(length);
    wire
}

pub(super) fn opened(guard: &mut Guard, mut wire: Vec<u8>) -> Vec<u8> {
    let length = guard.open_rtp(&mut wire).expect("made with the key of this leg");
    wire.truncate(length);
    wire
}

#[test]
fn a_protected_phone_and_a_plain_caller_hear_each_other() {
    let rig = Rig::new((23_410, 23_429));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    let (keys, mut guard) = protected();
    let a = caller.side(pairs[0].id, (0, Carry::UlawToAlaw(8)));
    let b = Side { keys: Some(Box::new(keys.clone())), ..phone.side(pairs[1].id, (8, Carry::AlawToUlaw(0))) };
    rig.shell.command(Command::Connect { relay: RELAY, lane: LANE, a, b });
    rig.settle();

    // In the open, with another key, and twice: none of it is heard, and none of it moves where the phone is.
    let stranger = Peer::at("127.0.0.1:0");
    stranger.sends(pairs[1].rtp, &packet(8, 1, LOUD));
    let mut another = Guard::new(Keys { ours: keying(3), theirs: keying(4) });
    stranger.sends(pairs[1].rtp, &sealed(&mut another, &packet(8, 1, LOUD)));
    let first = sealed(&mut guard, &packet(8, 2, g711::encode_alaw(1000)));
    phone.sends(pairs[1].rtp, &first);
    phone.sends(pairs[1].rtp, &first);
    assert_eq!(caller.hears().0, packet(0, 2, g711::encode_ulaw(1000)));
    phone.sends(pairs[1].rtp, &sealed(&mut guard, &packet(8, 3, g711::encode_alaw(2000))));
    assert_eq!(caller.hears().0, packet(0, 3, g711::encode_ulaw(2000)), "the second was nothing new");

    caller.sends(pairs[0].rtp, &packet(0, 1, g711::ULAW_SILENCE));
    let wire = phone.hears().0;
    assert_ne!(wire[rtp::HEADER_BYTES..][..160], [g711::ALAW_SILENCE; 160], "nobody on the way hears it");
    assert_eq!(opened(&mut guard, wire), packet(8, 1, g711::ALAW_SILENCE));

    // The phone says again what it said before: the numbers go on.
    let side = Side { keys: Some(Box::new(keys)), ..phone.side(pairs[1].id, (8, Carry::AlawToUlaw(0))) };
    rig.shell.command(Command::Change { relay: RELAY, lane: LANE, which: Which::B, side });
    rig.settle();
    phone.sends(pairs[1].rtp, &first);
    phone.sends(pairs[1].rtp, &sealed(&mut guard, &packet(8, 4, g711::encode_alaw(3000))));
    assert_eq!(caller.hears().0, packet(0, 4, g711::encode_ulaw(3000)));

    rig.release(Some(RELAY), &pairs);
    loop {
        if let Fact::Relayed { a_to_b, b_to_a, refused, .. } = rig.fact() {
            break assert_eq!((a_to_b, b_to_a, refused), (1, 3, 4));
        }
    }
}

#[test]
fn reports_of_a_protected_phone_are_protected() {
    let rig = Rig::new((23_430, 23_449));
    let (caller, phone) = (Peer::at("127.0.0.1:0"), Peer::at("127.0.0.1:0"));
    let pairs = rig.two();
    let (keys, mut guard) = protected();
    let a = caller.side(pairs[0].id, (0, Carry::As(0)));
    let b = Side { keys: Some(Box::new(keys)), ..phone.side(pairs[1].id, (0, Carry::As(0))) };
    rig.shell.command(Command::Connect { relay: RELAY, lane: LANE, a, b });
    rig.settle();
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    caller.sends(pairs[0].rtp + 1, &report);
    let mut wire = phone.hears().0;
    assert_eq!(wire.len(), report.len() + OVERHEAD);
    let length = guard.open_rtcp(&mut wire).expect("made with the key of this leg");
    assert_eq!(wire[..length], report);
    phone.sends(pairs[1].rtp + 1, &report);
    let mut wire = report.to_vec();
    wire.resize(report.len() + OVERHEAD, 0);
    guard.protect_rtcp(&mut wire, report.len()).expect("the first");
    phone.sends(pairs[1].rtp + 1, &wire);
    assert_eq!(caller.hears().0, report);
    assert!(caller.0.set_read_timeout(Some(Duration::from_millis(50))).is_ok());
    assert!(caller.0.recv(&mut [0; 100]).is_err(), "the one in the open was dropped");
}

#[test]
fn a_protected_caller_is_greeted_and_recorded() {
    let rig = Rig::new((23_450, 23_469));
    let caller = Peer::at("127.0.0.1:0");
    let (keys, mut guard) = protected();
    let pair = rig.attend_with(&caller, Some(keys), Keep::File);
    assert_eq!(rig.fact(), Fact::Greeted { recording: RECORDING });
    for n in 0..5_u16 {
        let heard = opened(&mut guard, caller.hears().0);
        let sound = if n < 3 { g711::encode_alaw(1000) } else { g711::ALAW_SILENCE };
        assert_eq!(heard[rtp::HEADER_BYTES..], [sound; 160], "frame {n}");
    }
    for n in 0..100_u16 {
        let header =
            rtp::Header { marker: false, payload_type: 8, sequence: n, timestamp: 160 * u32::from(n), ssrc: 1 };
        caller.sends(pair.rtp, &sealed(&mut guard, &header.packet(&[LOUD; 160])));
    }
    let key = rtp::Header { marker: true, payload_type: 101, sequence: 100, timestamp: 16_000, ssrc: 1 };
    caller.sends(pair.rtp, &sealed(&mut guard, &key.packet(&[11, 10, 0, 160])));
    let Kept::Message { voice, .. } = rig.sealed() else { panic!("it is a message") };
    assert!((Duration::from_secs(2)..=Duration::from_millis(2020)).contains(&voice), "{voice:?}");
}

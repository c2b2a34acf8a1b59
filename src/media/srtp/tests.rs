//! The vectors of RFC 3711 appendix B, packets of another implementation, and what must be refused.

use proptest::prelude::*;

use super::*;
use crate::media::rtp::Header;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let digits: String = hex.split_whitespace().collect();
    let mut bytes = [0; N];
    assert_eq!(digits.len(), 2 * N);
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    }
    bytes
}

/// The master key and salt of appendix B.3.
fn master() -> MasterKey {
    MasterKey(bytes("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"))
}

fn keying(suite: Suite, last: u8) -> Keying {
    let MasterKey(mut key) = master();
    key[29] = last;
    Keying { suite, master: MasterKey(key) }
}

/// Both ends of a leg.
fn ends(suite: Suite) -> (Guard, Guard) {
    let (one, other) = (keying(suite, 1), keying(suite, 2));
    let here = Keys { ours: one.clone(), theirs: other.clone() };
    (Guard::new(here), Guard::new(Keys { ours: other, theirs: one }))
}

fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let header = Header { marker: false, payload_type: 0, sequence, timestamp: u32::from(sequence) * 160, ssrc };
    header.packet(&[0x55; 160])
}

/// A packet on the wire.
fn sent(from: &mut Guard, packet: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + OVERHEAD, 0);
    let length = from.protect_rtp(&mut buffer, packet.len())?;
    buffer.truncate(length);
    Ok(buffer)
}

fn heard(by: &mut Guard, wire: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = wire.to_vec();
    let length = by.open_rtp(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

#[test]
fn the_key_stream_is_that_of_appendix_b_2() {
    let keys = SessionKeys {
        cipher: Aes128Enc::new(&bytes::<16>("2B7E151628AED2A6ABF7158809CF4F3C").into()),
        salt: bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
        auth: Hmac::new_from_slice(&[]).unwrap(),
    };
    // 0xff02 blocks, as in the RFC, whose counter goes up to there.
    let mut stream = vec![0; 0xff02 * 16];
    keys.cover(0, 0, &mut stream);
    for (block, expected) in [
        (0, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (1, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (2, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(stream[16 * block..][..16], bytes::<16>(expected), "block {block:#x}");
    }
}

#[test]
fn session_keys_are_those_of_appendix_b_3() {
    let MasterKey(master) = master();
    assert_eq!(derived(&master, 0), bytes::<16>("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived(&master, 2), bytes::<14>("30CBBC08863D8C85D49DB34A9AE1"));
    let auth = "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098 \
                6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2";
    assert_eq!(derived(&master, 1), bytes::<94>(auth), "as long as the RFC prints it");
}

#[test]
fn what_one_end_sends_the_other_hears_and_nobody_else() {
    for (suite, tag) in [(Suite::Tag80, 10), (Suite::Tag32, 4)] {
        let (mut here, mut there) = ends(suite);
        let plain = packet(7, 30_000);
        let wire = sent(&mut here, &plain).unwrap();
        assert_eq!(wire.len(), plain.len() + tag);
        assert_eq!(wire[..rtp::HEADER_BYTES], plain[..rtp::HEADER_BYTES], "routers may read the header");
        assert!(!wire[rtp::HEADER_BYTES..].windows(8).any(|window| window == [0x55; 8]), "the sound is hidden");
        let mut another = Guard::new(Keys { ours: keying(suite, 3), theirs: keying(suite, 4) });
        assert_eq!(heard(&mut another, &wire), Err(Refused::Unauthentic));
        assert_eq!(heard(&mut here, &wire), Err(Refused::Unauthentic), "each direction has a key of its own");
        assert_eq!(heard(&mut there, &wire), Ok(plain));
    }
}

#[test]
fn a_changed_bit_anywhere_is_found_and_changes_nothing() {
    let (mut here, mut there) = ends(Suite::Tag80);
    let wire = sent(&mut here, &packet(7, 1)).unwrap();
    for bit in 0..wire.len() * 8 {
        let mut changed = wire.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(heard(&mut there, &changed).is_err(), "bit {bit}");
    }
    assert_eq!(heard(&mut there, &wire), Ok(packet(7, 1)), "it was not taken for a replay");
}

#[test]
fn a_packet_is_heard_once_and_late_ones_within_64() {
    let (mut here, mut there) = ends(Suite::Tag80);
    let wires: Vec<_> = (1..=100).map(|sequence| sent(&mut here, &packet(7, sequence)).unwrap()).collect();
    let mut hear = |sequence: usize| heard(&mut there, &wires[sequence - 1]).map(drop);
    assert_eq!((hear(1), hear(1)), (Ok(()), Err(Refused::Replayed)));
    assert_eq!((hear(100), hear(100)), (Ok(()), Err(Refused::Replayed)));
    assert_eq!((hear(37), hear(37)), (Ok(()), Err(Refused::Replayed)), "the 64th, itself counted");
    assert_eq!(hear(36), Err(Refused::Replayed), "older than anybody remembers");
    assert_eq!((hear(99), hear(50), hear(50)), (Ok(()), Ok(()), Err(Refused::Replayed)));
}

#[test]
fn numbers_that_begin_again_are_counted_on_both_sides() {
    let (mut here, mut there) = ends(Suite::Tag80);
    let mut held_back = None;
    // Three rounds, with gaps, and one packet that comes after the numbers have begun again.
    for step in (30_000..3 * 65_536_u32).step_by(10) {
        let sequence = u16::try_from(step % 65_536).unwrap();
        let wire = sent(&mut here, &packet(7, sequence)).unwrap();
        if step == 65_530 {
            held_back = Some((wire, sequence));
            continue;
        }
        assert_eq!(heard(&mut there, &wire), Ok(packet(7, sequence)), "{step}");
        if step == 65_540
            && let Some((wire, sequence)) = held_back.take()
        {
            assert_eq!(heard(&mut there, &wire), Ok(packet(7, sequence)), "it belongs to the round before");
        }
    }
    assert!(held_back.is_none());
    assert_eq!(there.receives.streams[0].rtp.highest.map(|highest| highest >> 16), Some(2));
}

#[test]
fn a_number_of_before_the_first_round_is_too_old() {
    let (mut here, mut there) = ends(Suite::Tag80);
    let first = sent(&mut here, &packet(7, 3)).unwrap();
    assert_eq!(heard(&mut there, &first), Ok(packet(7, 3)));
    assert_eq!(sent(&mut here, &packet(7, 65_535)), Err(Refused::Replayed));
    assert!(sent(&mut here, &packet(7, 2)).is_ok(), "late, and never sent before");
}

#[test]
fn a_number_is_never_used_twice_by_us() {
    let (mut here, mut there) = ends(Suite::Tag80);
    let first = sent(&mut here, &packet(7, 10)).unwrap();
    assert_eq!(sent(&mut here, &packet(7, 10)), Err(Refused::Replayed));
    assert_eq!(heard(&mut there, &first), Ok(packet(7, 10)));
    // A new exchange with the same keys goes on where it was; with new ones it begins.
    let same = here.keys.clone();
    here = here.rekeyed(same.clone());
    assert_eq!(sent(&mut here, &packet(7, 10)), Err(Refused::Replayed));
    here = here.rekeyed(Keys { ours: keying(Suite::Tag80, 9), ..same });
    assert!(sent(&mut here, &packet(7, 10)).is_ok());
}

#[test]
fn streams_have_numbers_of_their_own_and_there_are_not_too_many() {
    let (mut here, mut there) = ends(Suite::Tag80);
    for ssrc in 0..64 {
        let wire = sent(&mut here, &packet(ssrc, 1)).unwrap();
        assert_eq!(heard(&mut there, &wire), Ok(packet(ssrc, 1)));
    }
    assert_eq!(sent(&mut here, &packet(64, 1)), Err(Refused::TooManyStreams));
    assert!(sent(&mut here, &packet(3, 2)).is_ok(), "those that were there go on");
}

#[test]
fn reports_are_hidden_and_heard_once() {
    let (mut here, mut there) = ends(Suite::Tag32);
    let mut report = vec![0x80, 200, 0, 6, 0, 0, 0, 7];
    report.extend([0x33; 20]);
    let mut send = || {
        let mut buffer = report.clone();
        buffer.resize(report.len() + OVERHEAD, 0);
        let length = here.protect_rtcp(&mut buffer, report.len()).unwrap();
        assert_eq!(length, report.len() + OVERHEAD, "the longer tag, whatever sound has");
        buffer
    };
    let (first, second) = (send(), send());
    assert_ne!(first, second);
    assert!(!first.windows(4).any(|window| window == [0x33; 4]));
    let mut hear = |wire: &[u8]| {
        let mut buffer = wire.to_vec();
        there.open_rtcp(&mut buffer).map(|length| buffer[..length].to_vec())
    };
    assert_eq!(hear(&second), Ok(report.clone()));
    assert_eq!(hear(&first), Ok(report.clone()));
    assert_eq!(hear(&first), Err(Refused::Replayed));
    for bit in 0..first.len() * 8 {
        let mut changed = first.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(hear(&changed).is_err(), "bit {bit}");
    }
}

/// Numbers as they came, and as the far end heard them.
fn hears_as(numbers: &[(u16, u16)]) {
    let (mut here, mut there) = ends(Suite::Tag80);
    for &(came, left) in numbers {
        let wire = sent(&mut here, &packet(7, came)).unwrap();
        let mut expected = packet(7, came);
        rtp::set_sequence(&mut expected, left);
        assert_eq!(heard(&mut there, &wire), Ok(expected), "{came}");
    }
}

#[test]
fn who_was_held_for_a_quarter_of_an_hour_is_heard_again() {
    // 50 packets a second: 15 minutes are 45,000.
    hears_as(&[(100, 100), (101, 101), (45_102, 102), (45_103, 103), (24_567, 104), (24_568, 105)]);
}

#[test]
fn a_stream_whose_first_packets_are_lost_is_heard_all_the_same() {
    let (mut here, mut there) = ends(Suite::Tag80);
    // Its numbers would begin again at once, and the far end would never know.
    let lost = [65_534, 65_535].map(|sequence| sent(&mut here, &packet(7, sequence)));
    assert!(lost.iter().all(Result::is_ok));
    let wire = sent(&mut here, &packet(7, 0)).unwrap();
    let mut expected = packet(7, 0);
    rtp::set_sequence(&mut expected, 32_768);
    assert_eq!(heard(&mut there, &wire), Ok(expected));
}

#[test]
fn what_the_far_end_reports_is_told_in_the_numbers_that_came() {
    let (mut here, mut there) = ends(Suite::Tag80);
    for sequence in [100, 40_000] {
        sent(&mut here, &packet(7, sequence)).unwrap();
    }
    // A sender's report of its own stream, 9, that says of ours, 7, and of one that is not, that 101 was the highest; then
    // its name.
    let block = |of: u8| [[0, 0, 0, of], [0; 4], [0, 0, 0, 101], [0; 4], [0; 4], [0; 4]].concat();
    let name = [0x81, 202, 0, 2, 0, 0, 0, 9, 1, 0, 0, 0];
    let report = [&[0x82, 200, 0, 18, 0, 0, 0, 9][..], &[0; 20], &block(7), &block(8), &name].concat();
    let mut wire = report.clone();
    wire.resize(report.len() + OVERHEAD, 0);
    there.protect_rtcp(&mut wire, report.len()).unwrap();
    let length = here.open_rtcp(&mut wire).unwrap();
    let mut expected = report;
    expected[36..40].copy_from_slice(&40_000_u32.to_be_bytes());
    assert_eq!(wire[..length], expected);
}

#[test]
fn keys_never_print() {
    let keys = Keys { ours: keying(Suite::Tag80, 1), theirs: keying(Suite::Tag80, 2) };
    let printed = format!("{keys:?} {:?}", Guard::new(keys.clone()));
    assert!(!printed.contains("225") && !printed.to_lowercase().contains("e1"), "{printed}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut here, _) = ends(Suite::Tag80);
        let _ = here.open_rtp(&mut bytes.clone());
        let _ = here.open_rtcp(&mut bytes.clone());
        let length = bytes.len();
        let _ = here.protect_rtp(&mut bytes.clone(), length);
        bytes.resize(length + OVERHEAD, 0);
        let _ = here.protect_rtp(&mut bytes.clone(), length);
        let _ = here.protect_rtcp(&mut bytes, length);
    }
}

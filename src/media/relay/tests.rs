use proptest::prelude::*;

use super::*;

const CALLER: &str = "192.0.2.1:4000";
const PHONE: &str = "10.0.0.21:6000";

fn at(ms: u64) -> Mono {
    Mono(Duration::from_millis(ms))
}

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn side(pair: u32, rtp: &str, payloads: &[(u8, Carry)]) -> Side {
    let rtp = addr(rtp);
    Side {
        pair: PairId(pair),
        rtp: Some(rtp),
        rtcp: Some(SocketAddr::new(rtp.ip(), rtp.port() + 1)),
        accept: vec![rtp.ip(), "203.0.113.77".parse().expect("an address")],
        payloads: payloads.to_vec(),
        hold: Hold::Talking,
        keys: None,
    }
}

/// The caller speaks μ-law, the phone A-law; keys are 101 and 96.
fn caller() -> Side {
    side(1, CALLER, &[(0, Carry::UlawToAlaw(8)), (101, Carry::As(96))])
}

fn phone() -> Side {
    side(2, PHONE, &[(8, Carry::AlawToUlaw(0)), (96, Carry::As(101))])
}

fn relay() -> Relay {
    Relay::new(RelayId(9), caller(), phone(), at(0))
}

fn packet(payload_type: u8, ssrc: u32) -> Vec<u8> {
    rtp::Header { marker: false, payload_type, sequence: 1, timestamp: 160, ssrc }.packet(&[g711::ULAW_SILENCE; 160])
}

fn to(address: &str) -> Verdict {
    Verdict::Forward { to: addr(address) }
}

#[test]
fn audio_is_converted_and_sent_where_the_sdp_says() {
    let mut relay = relay();
    let mut packet = packet(0, 7);
    assert_eq!(relay.rtp(at(0), Which::A, addr(CALLER), &mut packet), to(PHONE));
    let view = rtp::read(&packet).expect("still RTP");
    assert_eq!((view.header.payload_type, view.header.ssrc), (8, 7));
    assert_eq!(packet[view.payload], [g711::ALAW_SILENCE; 160]);
    assert_eq!(relay.totals(), Fact::Relayed { relay: RelayId(9), a_to_b: 1, b_to_a: 0, refused: 0 });
}

#[test]
fn keys_change_their_number_and_nothing_else() {
    let mut relay = relay();
    let mut key = packet(96, 7);
    key[1] |= 0x80;
    let mut expected = key.clone();
    expected[1] = 0x80 | 101;
    assert_eq!(relay.rtp(at(0), Which::B, addr(PHONE), &mut key), to(CALLER));
    assert_eq!(key, expected);
}

#[test]
fn audio_goes_back_to_the_port_that_was_heard() {
    let mut relay = relay();
    let from = "192.0.2.1:61000";
    relay.rtp(at(0), Which::A, addr(from), &mut packet(0, 7));
    assert_eq!(relay.poll_fact(), Some(Fact::Latched { relay: RelayId(9), which: Which::A, from: addr(from) }));
    assert_eq!(relay.poll_fact(), None);
    assert_eq!(relay.rtp(at(0), Which::B, addr(PHONE), &mut packet(8, 8)), to(from));
}

#[test]
fn a_strangers_packet_is_refused_and_counted() {
    let mut relay = relay();
    let verdict = relay.rtp(at(0), Which::A, addr("198.51.100.66:4000"), &mut packet(0, 7));
    assert_eq!(verdict, Verdict::Drop(Why::Stranger));
    assert_eq!(relay.rtp(at(0), Which::B, addr(PHONE), &mut packet(8, 8)), to(CALLER), "nothing goes to the stranger");
    assert_eq!(relay.totals(), Fact::Relayed { relay: RelayId(9), a_to_b: 0, b_to_a: 1, refused: 1 });
}

#[test]
fn a_latched_port_gives_way_only_after_silence() {
    let mut relay = relay();
    let moved = addr("203.0.113.77:9");
    relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7));
    assert_eq!(relay.rtp(at(4_999), Which::A, moved, &mut packet(0, 7)), Verdict::Drop(Why::OtherPort));
    assert_eq!(relay.rtp(at(5_000), Which::A, moved, &mut packet(0, 7)), to(PHONE));
    assert_eq!(relay.rtp(at(5_000), Which::B, addr(PHONE), &mut packet(8, 8)), to("203.0.113.77:9"));
}

#[test]
fn a_new_stream_from_the_latched_port_is_heard_from_its_first_packet_on() {
    let mut relay = relay();
    for (ms, ssrc) in [(0, 7), (20, 7), (40, 8), (60, 8), (80, 9), (5_000, 7), (5_020, 7)] {
        assert_eq!(relay.rtp(at(ms), Which::A, addr(CALLER), &mut packet(0, ssrc)), to(PHONE), "{ssrc} at {ms} ms");
    }
    assert_eq!(relay.totals(), Fact::Relayed { relay: RelayId(9), a_to_b: 7, b_to_a: 0, refused: 0 });
}

#[test]
fn a_stream_that_speaks_beside_the_latched_one_is_refused() {
    let mut relay = relay();
    relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7));
    // It might have been a new stream, until the first one goes on.
    assert_eq!(relay.rtp(at(10), Which::A, addr(CALLER), &mut packet(0, 666)), to(PHONE));
    assert_eq!(relay.rtp(at(20), Which::A, addr(CALLER), &mut packet(0, 7)), to(PHONE));
    for (ms, ssrc) in [(30, 666), (50, 666), (50, 667), (219, 668)] {
        assert_eq!(relay.rtp(at(ms), Which::A, addr(CALLER), &mut packet(0, ssrc)), Verdict::Drop(Why::OtherStream));
    }
    assert_eq!(relay.rtp(at(220), Which::A, addr(CALLER), &mut packet(0, 8)), to(PHONE), "the first one is over");
    assert_eq!(relay.totals(), Fact::Relayed { relay: RelayId(9), a_to_b: 4, b_to_a: 0, refused: 4 });
}

#[test]
fn payload_types_that_were_agreed_upon_may_change_with_every_packet() {
    let mut relay = Relay::new(
        RelayId(9),
        side(1, CALLER, &[(0, Carry::As(0)), (8, Carry::As(8)), (101, Carry::As(96)), (13, Carry::As(13))]),
        side(2, PHONE, &[(0, Carry::As(0)), (8, Carry::As(8)), (96, Carry::As(101)), (13, Carry::As(13))]),
        at(0),
    );
    for (nth, (came, left)) in (0_u16..).zip([(0, 0), (8, 8), (101, 96), (13, 13), (0, 0), (101, 96), (8, 8)]) {
        let timestamp = u32::from(nth) * 160;
        let header = rtp::Header { marker: false, payload_type: came, sequence: nth, timestamp, ssrc: 7 };
        let mut packet = header.packet(&[1; 160]);
        assert_eq!(relay.rtp(at(20 * u64::from(nth)), Which::A, addr(CALLER), &mut packet), to(PHONE));
        assert_eq!(
            packet,
            rtp::Header { payload_type: left, ..header }.packet(&[1; 160]),
            "the number and nothing else"
        );
    }
}

#[test]
fn whatever_their_size_converted_packets_keep_their_number_and_time() {
    for (ms, samples) in [(10_u32, 80_usize), (20, 160), (30, 240), (60, 480)] {
        let mut relay = relay();
        for nth in 0_u16..3 {
            // Both counters run over on the way.
            let (sequence, timestamp) = (u16::MAX.wrapping_add(nth), u32::MAX.wrapping_add(u32::from(nth) * ms * 8));
            let header = rtp::Header { marker: nth == 0, payload_type: 0, sequence, timestamp, ssrc: 7 };
            let mut packet = header.packet(&vec![g711::ULAW_SILENCE; samples]);
            assert_eq!(relay.rtp(at(u64::from(nth) * u64::from(ms)), Which::A, addr(CALLER), &mut packet), to(PHONE));
            let expected = rtp::Header { payload_type: 8, ..header }.packet(&vec![g711::ALAW_SILENCE; samples]);
            assert_eq!(packet, expected, "{ms} ms");
        }
    }
}

#[test]
fn a_key_pressed_crosses_between_the_laws_with_its_duration_and_its_repeats() {
    let mut relay = relay();
    // RFC 4733 §2.5.1.4: one timestamp, a growing duration, the last packet three times.
    let key = |sequence: u16, duration: u16, end: u8, payload_type: u8| {
        let marker = sequence == 100;
        let [d0, d1] = duration.to_be_bytes();
        rtp::Header { marker, payload_type, sequence, timestamp: 16_000, ssrc: 7 }.packet(&[5, end | 10, d0, d1])
    };
    let pressed = [(100, 160, 0), (101, 320, 0), (102, 480, 0x80), (103, 480, 0x80), (104, 480, 0x80)];
    relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7));
    for (nth, (sequence, duration, end)) in (1_u64..).zip(pressed) {
        let mut packet = key(sequence, duration, end, 101);
        assert_eq!(relay.rtp(at(20 * nth), Which::A, addr(CALLER), &mut packet), to(PHONE));
        assert_eq!(packet, key(sequence, duration, end, 96));
    }
}

#[test]
fn media_from_elsewhere_is_refused_however_long_a_side_is_silent() {
    let mut relay = relay();
    let stranger = addr("198.51.100.66:4000");
    relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7));
    for ms in [1, 4_999, 5_000, 29_999, 31_000, 3_600_000] {
        relay.handle_timeout(at(ms));
        assert_eq!(relay.rtp(at(ms), Which::A, stranger, &mut packet(0, 7)), Verdict::Drop(Why::Stranger), "{ms} ms");
    }
    relay.change(at(3_600_001), Which::A, caller());
    assert_eq!(relay.rtp(at(3_600_002), Which::A, stranger, &mut packet(0, 7)), Verdict::Drop(Why::Stranger));
    assert_eq!(relay.rtp(at(3_600_002), Which::B, addr(PHONE), &mut packet(8, 8)), to(CALLER));
}

#[test]
fn rtcp_follows_its_side_to_a_new_port() {
    let mut relay = relay();
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    let moved = addr("192.0.2.1:62001");
    relay.rtcp(at(0), Which::A, addr("192.0.2.1:61001"), &report);
    assert_eq!(relay.rtcp(at(4_999), Which::A, moved, &report), Verdict::Drop(Why::OtherPort));
    assert_eq!(relay.rtcp(at(5_000), Which::A, moved, &report), to("10.0.0.21:6001"));
    assert_eq!(relay.rtcp(at(5_000), Which::B, addr("10.0.0.21:6001"), &report), to("192.0.2.1:62001"));
}

#[test]
fn comfort_noise_that_nobody_asked_for_is_a_sign_of_life() {
    let mut relay = relay();
    assert_eq!(relay.rtp(at(29_000), Which::A, addr(CALLER), &mut packet(13, 7)), Verdict::Drop(Why::PayloadType));
    assert_eq!(relay.poll_timeout(), Some(at(59_000)));
    assert!(relay.handle_timeout(at(59_000)).is_some());
    relay.rtp(at(60_000), Which::B, addr(PHONE), &mut packet(13, 8));
    assert_eq!(relay.poll_fact(), Some(Fact::Heard { relay: RelayId(9) }));
    // From elsewhere it is a sign of nothing.
    relay.rtp(at(70_000), Which::B, addr("198.51.100.66:4000"), &mut packet(13, 8));
    assert_eq!(relay.poll_timeout(), Some(at(90_000)));
}

#[test]
fn one_side_that_speaks_is_enough() {
    let mut relay = relay();
    for second in 0..7_200 {
        relay.rtp(at(second * 1_000), Which::B, addr(PHONE), &mut packet(8, 8));
        assert_eq!(relay.handle_timeout(at(second * 1_000 + 999)), None);
    }
}

#[test]
fn junk_and_unagreed_payload_types_neither_pass_nor_latch() {
    let mut relay = relay();
    let junk = addr("192.0.2.1:666");
    assert_eq!(relay.rtp(at(0), Which::A, junk, &mut packet(8, 7)), Verdict::Drop(Why::PayloadType));
    assert_eq!(
        relay.rtp(at(0), Which::A, junk, &mut [0x16, 0xfe, 0xff, 0]),
        Verdict::Drop(Why::Malformed(rtp::Malformed::Short))
    );
    let mut old = packet(0, 7);
    old[0] = 0x40;
    assert_eq!(relay.rtp(at(0), Which::A, junk, &mut old), Verdict::Drop(Why::Malformed(rtp::Malformed::Version)));
    assert_eq!(relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7)), to(PHONE));
}

#[test]
fn nothing_is_sent_to_a_side_that_holds() {
    let mut relay = relay();
    relay.change(at(0), Which::B, Side { hold: Hold::Held, ..phone() });
    assert_eq!(relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7)), Verdict::Drop(Why::Held));
    assert_eq!(relay.rtp(at(0), Which::B, addr(PHONE), &mut packet(8, 8)), to(CALLER), "its music is heard");
}

#[test]
fn a_side_without_an_address_gets_audio_once_it_was_heard() {
    let unknown = Side { rtp: None, rtcp: None, ..phone() };
    let mut relay = Relay::new(RelayId(9), caller(), unknown, at(0));
    assert_eq!(relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7)), Verdict::Drop(Why::Nowhere));
    relay.rtp(at(0), Which::B, addr(PHONE), &mut packet(8, 8));
    assert_eq!(relay.rtp(at(0), Which::A, addr(CALLER), &mut packet(0, 7)), to(PHONE));
}

#[test]
fn a_changed_side_latches_anew() {
    let mut relay = relay();
    let natted = "203.0.113.77:61000";
    relay.rtp(at(0), Which::A, addr(natted), &mut packet(0, 7));
    relay.change(at(10), Which::A, caller());
    assert_eq!(relay.rtp(at(20), Which::B, addr(PHONE), &mut packet(8, 8)), to(natted), "until it is heard again");
    assert_eq!(relay.rtp(at(30), Which::A, addr("203.0.113.77:5"), &mut packet(0, 9)), to(PHONE));
    assert_eq!(relay.rtp(at(40), Which::B, addr(PHONE), &mut packet(8, 8)), to("203.0.113.77:5"));

    relay.change(at(50), Which::A, side(1, "198.51.100.2:7000", &[(0, Carry::UlawToAlaw(8))]));
    assert_eq!(relay.rtp(at(60), Which::B, addr(PHONE), &mut packet(8, 8)), to("198.51.100.2:7000"));
    assert_eq!(relay.rtp(at(60), Which::A, addr(CALLER), &mut packet(0, 7)), Verdict::Drop(Why::Stranger));
}

#[test]
fn rtcp_passes_whole_between_the_same_addresses() {
    let mut relay = relay();
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    assert_eq!(relay.rtcp(at(0), Which::A, addr("192.0.2.1:61001"), &report), to("10.0.0.21:6001"));
    assert_eq!(relay.rtcp(at(0), Which::B, addr("10.0.0.21:6001"), &report), to("192.0.2.1:61001"));
    assert_eq!(relay.rtcp(at(0), Which::A, addr("198.51.100.66:1"), &report), Verdict::Drop(Why::Stranger));
    assert_eq!(
        relay.rtcp(at(0), Which::A, addr("192.0.2.1:61001"), &report[..4]),
        Verdict::Drop(Why::Malformed(rtp::Malformed::Short))
    );
}

#[test]
fn silence_of_both_sides_is_told_once_and_its_end_too() {
    let mut relay = relay();
    relay.rtp(at(1_000), Which::A, addr(CALLER), &mut packet(0, 7));
    while relay.poll_fact().is_some() {}
    assert_eq!(relay.poll_timeout(), Some(at(31_000)));
    assert_eq!(relay.handle_timeout(at(30_999)), None);
    assert_eq!(relay.handle_timeout(at(31_000)), Some(Fact::Silent { relay: RelayId(9) }));
    assert_eq!((relay.poll_timeout(), relay.handle_timeout(at(99_000))), (None, None));
    assert_eq!(relay.poll_fact(), None);

    relay.rtp(at(100_000), Which::A, addr(CALLER), &mut packet(0, 7));
    assert_eq!(relay.poll_fact(), Some(Fact::Heard { relay: RelayId(9) }));
    assert_eq!(relay.poll_fact(), None);
    assert_eq!(relay.poll_timeout(), Some(at(130_000)));
}

#[test]
fn silence_is_told_again_when_a_change_did_not_end_it() {
    let mut relay = relay();
    assert!(relay.handle_timeout(at(30_000)).is_some());
    relay.change(at(31_000), Which::A, caller());
    assert_eq!(relay.poll_fact(), None, "a change is no packet");
    assert_eq!(relay.handle_timeout(at(61_000)), Some(Fact::Silent { relay: RelayId(9) }));
    relay.change(at(62_000), Which::A, caller());
    relay.rtp(at(63_000), Which::B, addr(PHONE), &mut packet(8, 8));
    relay.poll_fact();
    assert_eq!(relay.poll_fact(), Some(Fact::Heard { relay: RelayId(9) }));
}

#[test]
fn a_held_call_may_be_silent_for_half_an_hour() {
    let mut relay = relay();
    relay.change(at(0), Which::B, Side { hold: Hold::Held, ..phone() });
    assert_eq!(relay.poll_timeout(), Some(at(30 * 60 * 1000)));
    relay.change(at(600_000), Which::B, phone());
    assert_eq!(relay.poll_timeout(), Some(at(630_000)), "counted from when they talk again");
}

proptest! {
    #[test]
    fn no_packet_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80), payload_type in 0_u8..128) {
        let mut relay = relay();
        let mut bytes = bytes;
        let _ = relay.rtcp(at(0), Which::A, addr(CALLER), &bytes);
        if let [first, second, ..] = &mut bytes[..] {
            (*first, *second) = (0x80 | (*first & 0x3f), payload_type);
        }
        let length = bytes.len();
        let _ = relay.rtp(at(0), Which::A, addr(CALLER), &mut bytes);
        let _ = relay.rtp(at(0), Which::B, addr(PHONE), &mut bytes);
        prop_assert_eq!(bytes.len(), length);
    }
}

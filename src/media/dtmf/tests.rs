use super::*;

const EVENTS: u8 = 101;
const END: u8 = 0x80;

/// What one packet tells.
#[derive(Clone, Copy, Debug)]
struct Told {
    ssrc: u32,
    timestamp: u32,
    event: u8,
    end: u8,
    duration: u16,
}

impl Told {
    fn packet(self) -> Vec<u8> {
        let Told { ssrc, timestamp, event, end, duration } = self;
        let [high, low] = duration.to_be_bytes();
        rtp::Header { marker: false, payload_type: EVENTS, sequence: 0, timestamp, ssrc }.packet(&[
            event,
            end | 10,
            high,
            low,
        ])
    }
}

/// A press as RFC 4733 §2.5.1 has it: five packets, then its end three times.
fn press(timestamp: u32, event: u8) -> Vec<Told> {
    let told = |n: u16, end| Told { ssrc: 1, timestamp, event, end, duration: 160 * n };
    (1..=5).map(|n| told(n, 0)).chain([told(6, END); 3]).collect()
}

fn keypad(keys: Option<u8>) -> Keypad {
    Keypad::new(Listens { audio: vec![(0, Law::Ulaw), (8, Law::Alaw)], keys })
}

fn heard(told: &[Told]) -> String {
    let mut keypad = keypad(Some(EVENTS));
    let mut pressed = VecDeque::new();
    told.iter().for_each(|told| keypad.hear(&told.packet(), &mut pressed));
    pressed.into_iter().collect()
}

#[test]
fn each_key_has_its_name() {
    let all: Vec<Told> = (0..=16).flat_map(|event| press(8_000 * u32::from(event), event)).collect();
    assert_eq!(heard(&all), "0123456789*#ABCD", "and the hook's flash is no key");
}

#[test]
fn a_press_is_told_once_whatever_is_lost_of_it() {
    let packets = press(u32::MAX - 100, 5);
    for lost in 0..0xff_u32 {
        let some: Vec<Told> =
            packets.iter().enumerate().filter(|(n, _)| lost >> n & 1 == 0).map(|(_, told)| *told).collect();
        assert_eq!(heard(&some), "5", "lost: {lost:08b}");
    }
}

#[test]
fn reordered_and_repeated_packets_are_no_presses() {
    let (first, second) = (press(1_000, 5), press(9_000, 6));
    let mut packets = [first.clone(), first.clone(), second, first].concat();
    assert_eq!(heard(&packets), "56");
    packets[..8].reverse();
    assert_eq!(heard(&packets), "56");
}

#[test]
fn the_same_key_again_is_another_press_even_when_the_ends_are_lost() {
    let packets = [press(1_000, 5), press(3_000, 5)].concat();
    assert_eq!(heard(&packets), "55");
    let without_ends: Vec<Told> = packets.into_iter().filter(|told| told.end == 0).collect();
    assert_eq!(heard(&without_ends), "55");
}

#[test]
fn a_key_held_for_twenty_seconds_is_one_press() {
    let part = |n: u32, duration| Told { ssrc: 1, timestamp: 500 + 0xffff * n, event: 5, end: 0, duration };
    let mut packets: Vec<Told> = (0..2).flat_map(|n| (1..=409).map(move |k| part(n, 160 * k))).collect();
    packets.extend((1..=50).map(|k| part(2, 160 * k)));
    packets.extend([Told { end: END, ..part(2, 8_160) }; 3]);
    assert_eq!(heard(&packets), "5");
}

#[test]
fn a_gateway_that_counts_on_within_a_press_presses_once() {
    let told = |begins: u32, n: u16| Told {
        ssrc: 1,
        timestamp: begins + 160 * u32::from(n),
        event: 5,
        end: if n >= 10 { END } else { 0 },
        duration: 160 * n.min(10),
    };
    let packets: Vec<Told> = [0, 3_000].into_iter().flat_map(|begins| (1..=12).map(move |n| told(begins, n))).collect();
    assert_eq!(heard(&packets), "55");
}

#[test]
fn another_source_and_a_sender_that_counts_anew_are_heard() {
    let mut packets = press(1 << 30, 5);
    packets.extend(press(77, 6));
    packets.extend(press(78, 7).into_iter().map(|told| Told { ssrc: 2, ..told }));
    assert_eq!(heard(&packets), "567");
}

#[test]
fn what_is_no_event_is_no_key() {
    let mut keypad = keypad(Some(EVENTS));
    let mut pressed = VecDeque::new();
    let header = rtp::Header { marker: false, payload_type: EVENTS, sequence: 1, timestamp: 1, ssrc: 1 };
    for payload in [&[][..], &[5], &[5, 10, 0], &[200, 10, 0, 160]] {
        keypad.hear(&header.packet(payload), &mut pressed);
    }
    for payload_type in [0, 96] {
        keypad.hear(&rtp::Header { payload_type, ..header }.packet(&[5, 10, 0, 160]), &mut pressed);
    }
    keypad.hear(&[0x80], &mut pressed);
    assert!(pressed.is_empty());
    keypad.hear(&header.packet(&[5, 10, 0, 160, 9]), &mut pressed);
    assert_eq!(pressed, ['5'], "what follows the first event is passed over");
}

/// The tones of 5, in packets of 20 ms.
fn tones(law: Law) -> Vec<Vec<u8>> {
    let wave = |n: u32, hz: f32| (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
    let sample = |n: u32| ((wave(n, 770.0) + wave(n, 1336.0)) * 4_000.0) as i16;
    let packet = |frame: u32| {
        let samples = (160 * frame..160 * (frame + 1)).map(|n| match law {
            Law::Ulaw => g711::encode_ulaw(sample(n)),
            Law::Alaw => g711::encode_alaw(sample(n)),
        });
        let payload_type = law.static_payload_type();
        let header = rtp::Header { marker: false, payload_type, sequence: 0, timestamp: 160 * frame, ssrc: 1 };
        header.packet(&samples.collect::<Vec<u8>>())
    };
    (0..20).map(packet).collect()
}

#[test]
fn tones_are_listened_to_only_where_no_events_were_agreed_upon() {
    for law in [Law::Ulaw, Law::Alaw] {
        for (keys, expected) in [(None, "5"), (Some(EVENTS), "")] {
            let mut keypad = keypad(keys);
            let mut pressed = VecDeque::new();
            tones(law).iter().for_each(|packet| keypad.hear(packet, &mut pressed));
            assert_eq!(pressed.into_iter().collect::<String>(), expected);
        }
    }
}

#[test]
fn a_tone_is_one_press_though_packets_are_lost_repeated_and_late() {
    let packets = tones(Law::Ulaw);
    for lost in 0..20 {
        let mut keypad = keypad(None);
        let mut pressed = VecDeque::new();
        for (n, packet) in packets.iter().enumerate().filter(|(n, _)| *n != lost) {
            keypad.hear(packet, &mut pressed);
            keypad.hear(&packets[n / 2], &mut pressed);
        }
        assert_eq!(pressed, ['5'], "frame {lost} lost");
    }
}

#[test]
fn a_pause_in_which_nothing_is_sent_ends_a_tone() {
    let mut keypad = keypad(None);
    let mut pressed = VecDeque::new();
    let packets = tones(Law::Ulaw);
    for packet in packets[..5].iter().chain(&packets[12..]) {
        keypad.hear(packet, &mut pressed);
    }
    assert_eq!(pressed, ['5', '5']);
}

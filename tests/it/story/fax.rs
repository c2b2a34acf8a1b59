//! A fax machine calls: the log says so, and nothing else comes of it. That its T.38 is refused is in `in_dialog`.

use ringall::call::record::EventKind;
use ringall::media::g711;
use ringall::media::rtp::Header;

use super::in_dialog::{ends_well, talking};
use crate::cast::Person;
use crate::shop::Shop;

/// 20 ms.
const FRAME: usize = 160;

/// A second of 1100 Hz, in A-law.
fn tone() -> Vec<u8> {
    let sample = |n: u32| (f64::from(n) / 8000.0 * 1100.0 * std::f64::consts::TAU).sin() * 8000.0;
    (0..8000).map(|n| g711::encode_alaw(sample(n) as i16)).collect()
}

/// Half a second of the tone, or as long as it is said to be, then nothing (ITU-T T.30 §4.2.1).
fn calls_like_a_fax(shop: &Shop, who: &Person, ms: usize) {
    let mut sound = tone()[..ms * 8].to_vec();
    sound.resize(8000 + FRAME, 0xd5);
    for (nth, frame) in (0..).zip(sound.chunks(FRAME)) {
        let header =
            Header { marker: nth == 0, payload_type: 8, sequence: nth, timestamp: u32::from(nth) * 160, ssrc: 9 };
        let from = who.listens_at();
        who.sends(from, &header, frame);
        shop.wait("20 ms");
    }
}

#[test]
fn a_caller_who_is_a_fax_machine_is_named_in_the_log() {
    let (shop, ann) = talking();
    for _ in 0..3 {
        calls_like_a_fax(&shop, &ann, 500);
        shop.wait("2 s");
    }
    assert_eq!(shop.events_of(EventKind::Fax), [""], "once");
    ends_well(&shop, &ann);
}

#[test]
fn a_tone_of_another_length_and_a_phones_are_none() {
    let (shop, ann) = talking();
    calls_like_a_fax(&shop, &ann, 900);
    calls_like_a_fax(&shop, &shop.counter, 500);
    assert!(shop.events_of(EventKind::Fax).is_empty());
    ends_well(&shop, &ann);
}

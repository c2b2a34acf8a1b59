//! The tone that a calling fax machine makes (CNG, ITU-T T.30 §4.2.1): 1100 Hz for half a second, every three and a half
//! seconds. Nobody can talk with it, so that it was one is worth a line in the call's log.

use std::time::Duration;

use super::g711::{self, Law};
use crate::now::Mono;

/// Eleven waves of the tone: what is not within some 50 Hz of it has little share in so few samples.
const BLOCK: usize = 80;
/// 2·cos(2π·1100/8000).
const COEFFICIENT: f32 = 1.298_896;
/// A block is the tone if more than this part of its power is. T.30 lets machines be off by 38 Hz, where three fifths are left.
const SHARE: f32 = 0.5;
/// And if it is louder than this, about −43 dB below full scale: T.30 wants −43 dBm at the other end at least.
const QUIETEST: f32 = 230.0;
/// T.30: half a second, 15 % more or less; and a block at either end that is only partly the tone.
const BLOCKS: std::ops::RangeInclusive<u16> = 40..=59;
/// The first tone comes at once. Later it is somebody's whistle, and not worth the work.
const LISTENS_FOR: Duration = Duration::from_secs(60);
/// No packet for so long: whatever was heard is over. Some gateways send none while it is silent.
const PAUSE: Duration = Duration::from_millis(200);

/// Listens to one side of a call.
#[derive(Debug)]
pub(super) enum Fax {
    Listening {
        until: Mono,
        /// So many blocks of the tone in a row.
        blocks: u16,
        /// The last packet.
        heard: Mono,
    },
    /// It was one, and that was not told yet.
    Heard,
    /// It was told, or it is none.
    Over,
}

impl Fax {
    pub(super) fn new(now: Mono) -> Fax {
        Fax::Listening { until: now + LISTENS_FOR, blocks: 0, heard: now }
    }

    /// The samples of one packet of G.711.
    pub(super) fn hear(&mut self, now: Mono, law: Law, samples: &[u8]) {
        let Fax::Listening { until, blocks, heard } = self else { return };
        if *until <= now {
            *self = Fax::Over;
            return;
        }
        let paused = now - *heard > PAUSE;
        *heard = now;
        let mut row = *blocks;
        let mut is_fax = paused && BLOCKS.contains(&row);
        if paused {
            row = 0;
        }
        for block in samples.chunks_exact(BLOCK) {
            if is_tone(law, block) {
                row = row.saturating_add(1);
            } else {
                is_fax |= BLOCKS.contains(&row);
                row = 0;
            }
        }
        *blocks = row;
        if is_fax {
            *self = Fax::Heard;
        }
    }

    /// True once, after it was heard.
    pub(super) fn take(&mut self) -> bool {
        let is_heard = matches!(self, Fax::Heard);
        if is_heard {
            *self = Fax::Over;
        }
        is_heard
    }
}

/// By Goertzel's algorithm: the power at one frequency against the power of all.
fn is_tone(law: Law, block: &[u8]) -> bool {
    let (mut before, mut last, mut power) = (0.0_f32, 0.0_f32, 0.0_f32);
    for sample in block {
        let sample = f32::from(match law {
            Law::Ulaw => g711::decode_ulaw(*sample),
            Law::Alaw => g711::decode_alaw(*sample),
        });
        power += sample * sample;
        (before, last) = (last, sample + COEFFICIENT * last - before);
    }
    let at_tone = last * last + before * before - COEFFICIENT * last * before;
    // A pure tone of amplitude A has A²·N/2 in all, and A²·N²/4 at its frequency. `BLOCK` is small enough to be exact.
    let samples = BLOCK as f32;
    power > QUIETEST * QUIETEST / 2.0 * samples && at_tone > SHARE * power * samples / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    fn tone(hz: f64, amplitude: f64, law: Law, ms: usize) -> Vec<u8> {
        let sample = |n: usize| (n as f64 / 8000.0 * hz * std::f64::consts::TAU).sin() * amplitude;
        (0..ms * 8).map(|n| encoded(law, sample(n) as i16)).collect()
    }

    fn encoded(law: Law, sample: i16) -> u8 {
        match law {
            Law::Ulaw => g711::encode_ulaw(sample),
            Law::Alaw => g711::encode_alaw(sample),
        }
    }

    /// Whether it is taken for a fax, said in packets of 20 ms.
    fn is_heard(law: Law, sound: &[u8]) -> bool {
        let mut fax = Fax::new(Mono(Duration::ZERO));
        let mut now = Mono(Duration::ZERO);
        for frame in sound.chunks(160) {
            now = now + FRAME;
            fax.hear(now, law, frame);
        }
        fax.take()
    }

    fn silence(law: Law, ms: usize) -> Vec<u8> {
        tone(0.0, 0.0, law, ms)
    }

    #[test]
    fn a_fax_is_heard_in_either_law_and_where_its_tone_is_a_little_off() {
        for law in [Law::Ulaw, Law::Alaw] {
            for hz in [1062.0, 1100.0, 1138.0] {
                for ms in [425, 500, 575] {
                    for amplitude in [400.0, 3000.0, 30_000.0] {
                        let sound = [silence(law, 33), tone(hz, amplitude, law, ms), silence(law, 50)].concat();
                        assert!(is_heard(law, &sound), "{hz} Hz for {ms} ms, {amplitude}, {law:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_longer_shorter_quieter_or_of_another_pitch_is_none() {
        let law = Law::Alaw;
        for (hz, ms, amplitude) in [
            (1100.0, 300, 3000.0),
            (1100.0, 700, 3000.0),
            (1100.0, 20_000, 3000.0),
            (1100.0, 500, 100.0),
            (1000.0, 500, 3000.0),
            (1209.0, 500, 3000.0),
            (425.0, 500, 3000.0),
            (2100.0, 500, 3000.0),
        ] {
            let sound = [silence(law, 40), tone(hz, amplitude, law, ms), silence(law, 50)].concat();
            assert!(!is_heard(law, &sound), "{hz} Hz for {ms} ms, {amplitude}");
        }
    }

    #[test]
    fn a_voice_that_sings_it_is_none() {
        // With as much again at other pitches.
        let (pure, other) = (tone(1100.0, 3000.0, Law::Ulaw, 500), tone(550.0, 4000.0, Law::Ulaw, 500));
        let both = pure.iter().zip(&other).map(|(a, b)| g711::decode_ulaw(*a).saturating_add(g711::decode_ulaw(*b)));
        let voice: Vec<u8> = both.map(|sample| encoded(Law::Ulaw, sample)).collect();
        assert!(!is_heard(Law::Ulaw, &[voice, silence(Law::Ulaw, 50)].concat()));
    }

    #[test]
    fn a_fax_whose_gateway_sends_no_silence_is_heard_with_the_next_tone() {
        let mut fax = Fax::new(Mono(Duration::ZERO));
        let mut now = Mono(Duration::ZERO);
        for _ in 0..2 {
            for frame in tone(1100.0, 3000.0, Law::Ulaw, 500).chunks(160) {
                now = now + FRAME;
                fax.hear(now, Law::Ulaw, frame);
            }
            now = now + Duration::from_secs(3);
        }
        assert!(fax.take());
        assert!(!fax.take(), "it is told once");
    }

    #[test]
    fn nobody_listens_after_a_minute() {
        let mut fax = Fax::new(Mono(Duration::ZERO));
        let sound = [tone(1100.0, 3000.0, Law::Ulaw, 500), silence(Law::Ulaw, 50)].concat();
        fax.hear(Mono(LISTENS_FOR), Law::Ulaw, &sound);
        assert!(matches!(fax, Fax::Over));
    }
}

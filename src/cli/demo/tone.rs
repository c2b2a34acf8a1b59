//! Tones: how a side of the demo's call knows whose voice it hears. Everybody "speaks" in a tone of their own, as
//! μ-law, and listens for the others' with Goertzel's filter.

use std::f64::consts::TAU;

/// Samples a second (RFC 3551 §4.5.14).
pub const RATE: f64 = 8000.0;
/// Samples in one packet: 20 ms.
pub const FRAME: usize = 160;

/// Somebody's voice: a tone in hertz. Multiples of 50 Hz, so that a packet holds whole waves and no tone leaks into
/// another's filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voice(pub u16);

/// A tone counts as heard when it holds at least this part of a frame's energy: μ-law noise takes under 1 %.
const SHARE: f64 = 0.9;
/// The mean square below which a frame is silence: −45 dBFS.
const SILENCE: f64 = (32768.0 * 0.0056) * (32768.0 * 0.0056);
/// A voice's amplitude, of 32768: about −12 dBFS, a speaking voice.
const AMPLITUDE: f64 = 8000.0;

impl Voice {
    /// The `n`th packet of this voice, as μ-law.
    pub fn frame(self, n: u64) -> [u8; FRAME] {
        let step = TAU * f64::from(self.0) / RATE;
        // Every packet holds whole waves at multiples of 50 Hz; taking the position within a second keeps the phase
        // exact for any number.
        let start = (n % 50) * FRAME as u64;
        std::array::from_fn(|i| {
            let at = (start + i as u64) as f64;
            to_ulaw(((at * step).sin() * AMPLITUDE) as i16)
        })
    }
}

/// Which of these voices is in the packet, if one of them is and nothing else.
pub fn recognise(ulaw: &[u8], voices: &[Voice]) -> Option<Voice> {
    let samples: Vec<f64> = ulaw.iter().map(|byte| f64::from(from_ulaw(*byte))).collect();
    let energy: f64 = samples.iter().map(|sample| sample * sample).sum();
    if samples.is_empty() || energy / (samples.len() as f64) < SILENCE {
        return None;
    }
    voices.iter().copied().find(|voice| goertzel(&samples, f64::from(voice.0)) / energy >= SHARE)
}

/// The energy of one frequency in the samples, in the unit of their own energy.
fn goertzel(samples: &[f64], hertz: f64) -> f64 {
    let turn = TAU * hertz / RATE;
    let coefficient = 2.0 * turn.cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + coefficient * last - before, last);
    }
    let power = last * last + before * before - coefficient * last * before;
    2.0 * power / samples.len() as f64
}

/// The μ-law bias: it makes each segment start at a power of two (ITU-T G.711).
const BIAS: i32 = 0x84;
/// The largest magnitude μ-law can carry.
const CLIP: i32 = 32635;

/// A 16-bit sample as μ-law (ITU-T G.711).
pub fn to_ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0x00 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // 132 ≤ magnitude ≤ 32767: its highest bit is bit 7 to 14, so the segment is 0 to 7.
    let segment = magnitude.ilog2() - 7;
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment as u8) << 4 | mantissa as u8)
}

/// μ-law as a 16-bit sample (ITU-T G.711).
pub fn from_ulaw(byte: u8) -> i16 {
    let bits = !byte;
    let magnitude = ((i32::from(bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 0x07);
    let sample = if bits & 0x80 != 0 { BIAS - magnitude } else { magnitude - BIAS };
    // At most 32124 either way.
    sample as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICES: [Voice; 4] = [Voice(350), Voice(450), Voice(550), Voice(650)];

    #[test]
    fn mu_law_keeps_every_code_and_known_values() {
        for byte in 0..=u8::MAX {
            let again = to_ulaw(from_ulaw(byte));
            // 0x7f and 0xff are both zero.
            assert!(again == byte || from_ulaw(byte) == 0, "{byte:#x} became {again:#x}");
        }
        assert_eq!((to_ulaw(0), to_ulaw(i16::MAX), to_ulaw(i16::MIN)), (0xff, 0x80, 0x00));
        assert_eq!((from_ulaw(0x80), from_ulaw(0x00), from_ulaw(0xff)), (32124, -32124, 0));
    }

    #[test]
    fn each_voice_is_told_from_the_others() {
        for voice in VOICES {
            for n in [0, 1, 49, 50, 51, u64::MAX] {
                assert_eq!(recognise(&voice.frame(n), &VOICES), Some(voice), "packet {n}");
            }
        }
    }

    #[test]
    fn silence_noise_and_two_at_once_are_nobody() {
        let mut seed = 1_u32;
        let noise: Vec<u8> = (0..FRAME)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                to_ulaw(((seed >> 18) as i16) - 8192)
            })
            .collect();
        let (a, b) = (Voice(350).frame(0), Voice(450).frame(0));
        let both: Vec<u8> = a.iter().zip(b).map(|(a, b)| to_ulaw(from_ulaw(*a) / 2 + from_ulaw(b) / 2)).collect();
        assert_eq!(recognise(&[0xff; FRAME], &VOICES), None);
        assert_eq!(recognise(&noise, &VOICES), None);
        assert_eq!(recognise(&both, &VOICES), None);
        assert_eq!(recognise(&[], &VOICES), None);
        assert_eq!(recognise(&Voice(500).frame(0), &VOICES), None);
    }
}

//! Tones: made, coded as G.711, and found again. Written from the standards, not from the code under test.

use std::f64::consts::TAU;

pub const SAMPLE_RATE: u32 = 8000;

/// The two laws of G.711, with their payload types (RFC 3551 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    Mu,
    A,
}

impl Law {
    pub fn payload_type(self) -> u8 {
        match self {
            Law::Mu => 0,
            Law::A => 8,
        }
    }

    pub fn of_payload_type(payload_type: u8) -> Option<Law> {
        match payload_type {
            0 => Some(Law::Mu),
            8 => Some(Law::A),
            _ => None,
        }
    }

    pub fn decode(self, code: u8) -> i16 {
        match self {
            Law::Mu => {
                let code = !code;
                let (exponent, mantissa) = ((code >> 4) & 7, i16::from(code & 15));
                let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
                if code & 0x80 == 0 { magnitude } else { -magnitude }
            }
            Law::A => {
                let code = code ^ 0x55;
                let (exponent, mantissa) = ((code >> 4) & 7, i16::from(code & 15));
                let magnitude = match exponent {
                    0 => (mantissa << 4) + 8,
                    _ => ((mantissa << 4) + 0x108) << (exponent - 1),
                };
                if code & 0x80 == 0 { -magnitude } else { magnitude }
            }
        }
    }

    /// The code whose meaning is nearest.
    pub fn encode(self, sample: i16) -> u8 {
        let distance = |code: &u8| (i32::from(self.decode(*code)) - i32::from(sample)).unsigned_abs();
        (0..=255).min_by_key(distance).expect("256 codes")
    }
}

/// `count` samples of a tone at half of full scale, beginning `from` samples into it.
pub fn sine(hz: f64, from: usize, count: usize) -> Vec<i16> {
    let sample = |n: usize| (16_000.0 * (TAU * hz * n as f64 / f64::from(SAMPLE_RATE)).sin()) as i16;
    (from..from + count).map(sample).collect()
}

/// How much of the signal's energy is at `hz`: 1 for a pure tone, near 0 for silence or another tone (Goertzel).
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(SAMPLE_RATE)).cos();
    let (mut s1, mut s2, mut energy) = (0.0, 0.0, 0.0);
    for sample in samples.iter().map(|sample| f64::from(*sample)) {
        (s1, s2) = (sample + coefficient * s1 - s2, s1);
        energy += sample * sample;
    }
    // Next to silence every frequency has some share of nothing: 30 of 32768 is far below any voice.
    if energy < 900.0 * samples.len() as f64 || samples.is_empty() {
        return 0.0;
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    2.0 * power / (samples.len() as f64 * energy)
}

/// The best [`share`] of any 400 ms: what an ear would find in a recording with gaps.
pub fn best_share(samples: &[i16], hz: f64) -> f64 {
    let window = SAMPLE_RATE as usize * 2 / 5;
    let windows = samples.windows(window).step_by(window / 8);
    windows.map(|window| share(window, hz)).fold(0.0, f64::max)
}

/// A mono 16-bit WAV file's bytes.
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).expect("a short recording");
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(SAMPLE_RATE.to_le_bytes());
    bytes.extend((SAMPLE_RATE * 2).to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// The samples of a mono 16-bit WAV file; of an unfinished one, whose sizes are still zero, all that is there.
pub fn samples_of_wav(bytes: &[u8]) -> Vec<i16> {
    let data = bytes.windows(4).position(|name| name == b"data").map_or(bytes.len(), |at| at + 8);
    let samples = bytes.get(data..).unwrap_or_default();
    samples.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_survives_either_law_and_is_told_from_another() {
        for law in [Law::Mu, Law::A] {
            let coded: Vec<i16> =
                sine(440.0, 0, 3200).into_iter().map(|sample| law.decode(law.encode(sample))).collect();
            assert!(best_share(&coded, 440.0) > 0.99, "{law:?}");
            assert!(best_share(&coded, 620.0) < 0.01, "{law:?}");
            let misread: Vec<i16> = sine(440.0, 0, 3200)
                .into_iter()
                .map(|sample| if law == Law::Mu { Law::A } else { Law::Mu }.decode(law.encode(sample)))
                .collect();
            assert!(best_share(&misread, 440.0) < 0.9, "{law:?} read as the other law is not a clean tone");
        }
        assert_eq!(best_share(&[0; 8000], 440.0), 0.0);
    }

    #[test]
    fn the_laws_have_the_ends_of_their_tables() {
        // G.711 tables 1 and 2, scaled to 16 bits.
        assert_eq!([0x00, 0x80, 0x7f, 0xff].map(|code| Law::Mu.decode(code)), [-32124, 32124, 0, 0]);
        assert_eq!([0x2a, 0xaa, 0x55, 0xd5].map(|code| Law::A.decode(code)), [-32256, 32256, -8, 8]);
    }

    #[test]
    fn a_wav_file_is_read_back() {
        let tone = sine(300.0, 7, 900);
        assert_eq!(samples_of_wav(&wav(&tone)), tone);
    }
}

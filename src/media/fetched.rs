//! A message that somebody else has recorded for us, as our own recorder would have written it.

use std::time::Duration;

use super::pcm_wave::{self, WaveError};
use super::recorder::{VOICE_MIN, voice_in};
use super::wav::{self, RATE_HZ};
use super::{Kept, loudness};

/// Longer than whoever records lets anybody speak: three minutes, and what it adds by itself.
const LONGEST_S: u32 = 200;

/// A message, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// A whole WAVE file of μ-law ([`wav`]); empty where nobody speaks.
    pub file: Vec<u8>,
    pub kept: Kept,
}

/// Reads a WAVE file of linear samples.
///
/// # Errors
/// It is none, or too long.
pub fn fetched(wave: &[u8]) -> Result<Fetched, WaveError> {
    let mut samples: Vec<u8> = pcm_wave::read_below(wave, LONGEST_S)?.into_iter().map(loudness::encoded).collect();
    let voice = voice_in(&samples);
    if voice < VOICE_MIN {
        return Ok(Fetched { file: Vec::new(), kept: Kept::Nothing });
    }
    // An odd number of samples would need a byte of padding behind them.
    samples.truncate(samples.len() & !1);
    let count = u32::try_from(samples.len()).unwrap_or(wav::SAMPLES_MAX);
    let length = Duration::from_millis(u64::from(count) * 1000 / u64::from(RATE_HZ));
    let file = [&wav::header(count)[..], &samples].concat();
    Ok(Fetched { file, kept: Kept::Message { length, voice } })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of 16 bits, one channel.
    fn wave(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
        let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let bytes = u32::try_from(data.len()).unwrap();
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(rate_hz.to_le_bytes());
        file.extend((rate_hz * 2).to_le_bytes());
        file.extend(b"\x02\0\x10\0data");
        file.extend(bytes.to_le_bytes());
        file.extend(data);
        file
    }

    fn tone(count: usize) -> Vec<i16> {
        let samples = (0..count).map(|n| (f64::from(u32::try_from(n).unwrap()) * 0.4).sin() * 8_000.0);
        samples.map(|sample| sample as i16).collect()
    }

    #[test]
    fn what_somebody_says_is_a_file_of_ours() {
        let fetched = fetched(&wave(8_000, &tone(24_001))).unwrap();
        assert_eq!(wav::samples(&fetched.file).len(), 24_000);
        let Kept::Message { length, voice } = fetched.kept else { panic!("{fetched:?}") };
        assert_eq!(length, Duration::from_secs(3));
        assert!(voice > Duration::from_millis(2_900), "{voice:?}");
    }

    #[test]
    fn another_rate_is_of_the_same_length() {
        let fetched = fetched(&wave(16_000, &tone(48_000))).unwrap();
        let Kept::Message { length, .. } = fetched.kept else { panic!("{fetched:?}") };
        assert!(length.abs_diff(Duration::from_secs(3)) < Duration::from_millis(20), "{length:?}");
    }

    #[test]
    fn silence_is_no_message_and_what_is_no_sound_is_refused() {
        let nothing = Fetched { file: Vec::new(), kept: Kept::Nothing };
        assert_eq!(fetched(&wave(8_000, &[0; 80_000])), Ok(nothing.clone()));
        assert_eq!(fetched(&wave(8_000, &tone(4_000))), Ok(nothing), "half a second of voice");
        assert_eq!(fetched(b"<html>Not found</html>"), Err(WaveError::NoWave));
        assert_eq!(fetched(&wave(8_000, &vec![0; 8_000 * 200])), Err(WaveError::Long(200)));
    }
}

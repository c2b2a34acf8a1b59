//! The ringing tone, for somebody of ours who waits until it is picked up at the other end: 425 Hz, one and a half seconds in
//! every four and a half, as in most of Europe (ITU-T E.180). Whoever knows another one takes it for nothing else.

use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::g711;
use super::player::Sound;
use super::wav::RATE_HZ;

const TONE_HZ: f64 = 425.0;
const ON: Duration = Duration::from_millis(1_500);
const OFF: Duration = Duration::from_secs(3);
/// −20 dBFS, as loud as the clips: of a sine's peak.
const PEAK: f64 = 0.1 * std::f64::consts::SQRT_2 * 32_767.0;

/// The tone again and again, for at least so long.
pub fn ringing(for_so_long: Duration) -> impl Iterator<Item = Sound> {
    let turns = for_so_long.as_millis().div_ceil((ON + OFF).as_millis());
    let turns = usize::try_from(turns).unwrap_or(usize::MAX);
    std::iter::repeat_n([Sound::Recorded(tone()), Sound::silence(OFF)], turns).flatten()
}

/// Made once, for all calls.
fn tone() -> Arc<[u8]> {
    static TONE: OnceLock<Arc<[u8]>> = OnceLock::new();
    let sample = |n: u32| {
        let at = f64::from(n) / f64::from(RATE_HZ);
        // Within ±4,634: the cast loses nothing but the fraction.
        g711::encode_ulaw(((TAU * TONE_HZ * at).sin() * PEAK) as i16)
    };
    let samples = u32::try_from(ON.as_millis()).unwrap_or(0) * (RATE_HZ / 1_000);
    TONE.get_or_init(|| (0..samples).map(sample).collect()).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rings_a_third_of_the_time_for_as_long_as_it_must() {
        let sounds: Vec<Sound> = ringing(Duration::from_secs(180)).collect();
        assert_eq!(sounds.len(), 80, "forty turns of four and a half seconds");
        let samples: usize = sounds.iter().map(Sound::samples).sum();
        assert_eq!(samples, 180 * 8_000);
        assert!(matches!(&sounds[0], Sound::Recorded(tone) if tone.len() == 12_000));
        assert_eq!(sounds[1], Sound::Silence { samples: 24_000 });
    }

    #[test]
    fn its_pitch_is_425_hertz() {
        let tone: Vec<i16> = tone().iter().map(|sample| g711::decode_ulaw(*sample)).collect();
        let rises = tone.windows(2).filter(|two| two[0] < 0 && two[1] >= 0).count();
        // In a second and a half 637.5 turns.
        assert!((636..=638).contains(&rises), "{rises}");
        assert!(tone.iter().all(|sample| sample.unsigned_abs() < 5_000));
    }
}

//! How loud speech is, and made as loud as every clip of the greeting (`prompts/README.md`): a caller must not jump from
//! one piece to the next.

use super::g711::{self, ULAW_SILENCE};
use super::player::FRAME_SAMPLES;

/// What 5 ms are: silence at the ends is found so exactly, and the ends fade over as much.
const STEP: usize = 40;
/// Kept before the first sound: 10 ms.
const BEFORE: usize = 80;
/// Kept after the last sound: 30 ms.
const AFTER: usize = 240;
/// The mean of the frames that are speech, full scale being 1.
const LEVEL_DBFS: f32 = -20.0;
/// A frame above this is speech.
const SPEECH_DBFS: f32 = -45.0;
/// No sample reaches this part of full scale; above the knee, loud ones are pressed towards it.
const PEAK: f32 = 0.8;
const KNEE: f32 = 0.7 * PEAK;
/// Pressing peaks takes from the level, so it is raised again. The steps get smaller by a factor of about four.
const ROUNDS: usize = 8;

/// Speech as a clip: silence at the ends cut, at −20 dBFS, no peak above 0.8 of full scale; μ-law, an even number.
/// `samples` are 8 kHz, full scale ±1. `None`: nothing in it is speech.
pub fn clip(samples: &[f32]) -> Option<Vec<u8>> {
    let mut speech = trimmed(&levelled(&centred(samples))?)?;
    speech = levelled(&speech)?;
    fade(&mut speech);
    let mut clip: Vec<u8> = speech.into_iter().map(encoded).collect();
    if clip.len() % 2 == 1 {
        clip.push(ULAW_SILENCE);
    }
    Some(clip)
}

/// In dB below full scale: the mean of all 20 ms frames that are speech. `None`: none is.
pub fn level(samples: &[f32]) -> Option<f32> {
    let (count, sum) = samples
        .chunks_exact(FRAME_SAMPLES)
        .map(power)
        .filter(|power| decibels(*power) > SPEECH_DBFS)
        .fold((0.0, 0.0), |(count, sum), power| (count + 1.0, sum + power));
    (count > 0.0).then(|| decibels(sum / count))
}

/// Without a constant offset, which is no sound but would be taken for some.
fn centred(samples: &[f32]) -> Vec<f32> {
    let mean = samples.iter().sum::<f32>() / samples.len().max(1) as f32;
    samples.iter().map(|sample| sample - mean).collect()
}

fn levelled(samples: &[f32]) -> Option<Vec<f32>> {
    let mut gain = 1.0;
    let mut loud = samples.to_vec();
    for _ in 0..ROUNDS {
        gain *= 10_f32.powf((LEVEL_DBFS - level(&loud)?) / 20.0);
        loud = samples.iter().map(|sample| pressed(sample * gain)).collect();
    }
    Some(loud)
}

/// Softly: what is below the knee stays as it is.
fn pressed(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 { sample } else { (KNEE + (PEAK - KNEE) * (over / (PEAK - KNEE)).tanh()).copysign(sample) }
}

fn trimmed(samples: &[f32]) -> Option<Vec<f32>> {
    let speaks = |step: &[f32]| decibels(power(step)) > SPEECH_DBFS;
    let first = samples.chunks_exact(STEP).position(speaks)? * STEP;
    let last = (samples.chunks_exact(STEP).rposition(speaks)? + 1) * STEP;
    Some(samples[first.saturating_sub(BEFORE)..(last + AFTER).min(samples.len())].to_vec())
}

/// An end in the middle of a sound clicks.
fn fade(samples: &mut [f32]) {
    let length = STEP.min(samples.len());
    let factor = |n: usize| n as f32 / STEP as f32;
    samples.iter_mut().take(length).enumerate().for_each(|(n, sample)| *sample *= factor(n));
    samples.iter_mut().rev().take(length).enumerate().for_each(|(n, sample)| *sample *= factor(n));
}

/// Full scale is ±1.
pub(super) fn encoded(sample: f32) -> u8 {
    // Of floating-point numbers `as` takes the nearest that fits.
    g711::encode_ulaw((sample * 32_767.0).round() as i16)
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
}

fn decibels(power: f32) -> f32 {
    10.0 * (power + 1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three syllables with pauses between, each swelling and dying away; `crest` sharpens the wave as voices are.
    fn words(amplitude: f32, crest: i32) -> Vec<f32> {
        let syllable = |n: usize| {
            let at = n as f32 / 8_000.0;
            let swell = (std::f32::consts::PI * n as f32 / 1_600.0).sin();
            amplitude * swell * (at * 150.0 * std::f32::consts::TAU).sin().powi(crest)
        };
        (0..6_400).map(|n| if n % 2_400 < 1_600 { syllable(n % 2_400) } else { 0.0 }).collect()
    }

    fn silence(ms: usize) -> Vec<f32> {
        vec![0.0; 8 * ms]
    }

    fn heard(clip: &[u8]) -> Vec<f32> {
        clip.iter().map(|code| f32::from(g711::decode_ulaw(*code)) / 32_768.0).collect()
    }

    #[test]
    fn whatever_comes_is_as_loud_as_the_clips() {
        for amplitude in [0.02, 0.1, 0.5, 1.0] {
            for crest in [1, 9, 31] {
                let clip = heard(&clip(&words(amplitude, crest)).unwrap());
                let level = level(&clip).unwrap();
                assert!((level - LEVEL_DBFS).abs() < 0.5, "{amplitude}, {crest}: {level} dBFS");
                let peak = clip.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
                // A step of μ-law at this height is 1/32.
                assert!(peak < PEAK + 1.0 / 64.0, "{amplitude}, {crest}: {peak} of full scale");
            }
        }
    }

    #[test]
    fn a_level_is_that_of_the_speech_alone() {
        let tone: Vec<f32> = (0..8_000).map(|n| 0.1 * (n as f32 * 0.785).sin()).collect();
        let alone = level(&tone).unwrap();
        assert!((alone + 23.0).abs() < 0.1, "{alone}");
        let paused = [silence(1_000), tone, silence(3_000)].concat();
        assert!((level(&paused).unwrap() - alone).abs() < 0.01);
    }

    #[test]
    fn silence_at_the_ends_is_cut_and_pauses_are_not() {
        let speech = words(0.3, 1);
        let tight = clip(&speech).unwrap().len();
        for (before, after) in [(0, 0), (500, 0), (0, 2_000), (900, 900)] {
            let clip = clip(&[silence(before), speech.clone(), silence(after)].concat()).unwrap();
            assert!(clip.len().abs_diff(tight) <= BEFORE + AFTER, "{before} and {after} ms: {}", clip.len());
            assert!(clip.len() > 6_000, "the pauses stay");
            assert_eq!(clip.len() % 2, 0);
            let ends = heard(&clip);
            for (end, samples) in [("begins", &ends[..40]), ("ends", &ends[ends.len() - 40..])] {
                let level = decibels(power(samples));
                assert!(level < -30.0, "it {end} at {level} dBFS: it clicks");
            }
        }
    }

    #[test]
    fn silence_is_no_speech() {
        let hum: Vec<f32> = (0..8_000).map(|n| 0.004 * (n as f32 * 0.04).sin()).collect();
        let click = [silence(100), vec![0.01], silence(100)].concat();
        for nothing in [Vec::new(), silence(1), silence(1_000), vec![0.5; 8_000], hum, click] {
            assert_eq!(clip(&nothing), None);
        }
    }

    #[test]
    fn quiet_sounds_are_not_pressed() {
        for sample in [0.0, 0.1, -0.5, KNEE] {
            assert_eq!(pressed(sample), sample);
        }
        assert!((0.7..PEAK).contains(&pressed(0.9)) && pressed(-9.0) >= -PEAK && pressed(-9.0) < -0.79);
    }
}

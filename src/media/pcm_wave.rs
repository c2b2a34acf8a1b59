//! WAVE files of linear samples, as programs, microphones and browsers make them, read as a telephone hears them: one
//! channel, 8 kHz. The place that knows hound and rubato.

use std::borrow::Cow;
use std::io::Cursor;

use hound::{SampleFormat, WavReader};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters};

use super::wav::RATE_HZ;

/// Samples in a second that are read; above, nothing but laboratories.
const RATES_HZ: std::ops::RangeInclusive<u32> = RATE_HZ..=48_000;
/// In seconds. No greeting lasts longer than twelve, and what is longer costs time to convert.
const LENGTH_MAX_S: u32 = 60;
/// Input frames that are resampled at once.
const CHUNK: usize = 1024;
/// A chunk's name and length, before its bytes.
const CHUNK_HEADER_BYTES: usize = 8;
/// "RIFF", a length, "WAVE".
const RIFF_HEADER_BYTES: usize = 12;

/// Why a file cannot be read. Each says what can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaveError {
    #[error("it is no WAVE file")]
    NoWave,
    #[error(
        "its format cannot be read ({0}); WAVE files of 8, 16, 24 or 32 bits, or of floating-point numbers of 32, can"
    )]
    Format(Cow<'static, str>),
    #[error("it has {0} samples a second; 8000 to 48000 can be read")]
    Rate(u32),
    #[error("it is longer than {0} seconds")]
    Long(u32),
}

/// The sound of a file: one channel (the mean of all), [`RATE_HZ`], full scale being ±1.
///
/// A length that the file tells of its samples is only believed as far as there are any: programs that write into a pipe
/// do not know it beforehand.
///
/// # Errors
/// See [`WaveError`].
pub fn read(file: &[u8]) -> Result<Vec<f32>, WaveError> {
    read_below(file, LENGTH_MAX_S)
}

/// The same of a file that is shorter than so many seconds.
///
/// # Errors
/// See [`WaveError`].
pub fn read_below(file: &[u8], most_s: u32) -> Result<Vec<f32>, WaveError> {
    let file = essence(file).ok_or(WaveError::NoWave)?;
    let mut reader = WavReader::new(Cursor::new(file)).map_err(|error| WaveError::Format(reason(&error)))?;
    let spec = reader.spec();
    if !RATES_HZ.contains(&spec.sample_rate) {
        return Err(WaveError::Rate(spec.sample_rate));
    }
    if reader.duration() / spec.sample_rate >= most_s {
        return Err(WaveError::Long(most_s));
    }
    let samples: Result<Vec<f32>, hound::Error> = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, _) => reader.samples::<f32>().collect(),
        (SampleFormat::Int, bits @ 1..=32) => {
            let full_scale = 2_f64.powi(i32::from(bits) - 1);
            // To f32 at the end: all 24 bits it keeps are more than a telephone carries.
            reader.samples::<i32>().map(|sample| Ok((f64::from(sample?) / full_scale) as f32)).collect()
        }
        (SampleFormat::Int, bits) => return Err(WaveError::Format(format!("{bits} bits").into())),
    };
    let samples = samples.map_err(|error| WaveError::Format(reason(&error)))?;
    // Floating-point files may hold anything.
    let limited = |sample: f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    let mono = |frame: &[f32]| frame.iter().copied().map(limited).sum::<f32>() / f32::from(spec.channels);
    resampled(samples.chunks_exact(usize::from(spec.channels)).map(mono).collect(), spec.sample_rate)
}

fn resampled(samples: Vec<f32>, rate_hz: u32) -> Result<Vec<f32>, WaveError> {
    if rate_hz == RATE_HZ || samples.is_empty() {
        return Ok(samples);
    }
    let impossible = |error: &dyn std::fmt::Display| WaveError::Format(error.to_string().into());
    let ratio = f64::from(RATE_HZ) / f64::from(rate_hz);
    let parameters = SincInterpolationParameters::default();
    let mut resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, CHUNK, 1, FixedAsync::Input)
        .map_err(|error| impossible(&error))?;
    let input = InterleavedSlice::new(&samples, 1, samples.len()).map_err(|error| impossible(&error))?;
    let output = resampler.process_all(&input, samples.len(), None).map_err(|error| impossible(&error))?;
    Ok(output.take_data())
}

/// The file with its two needed chunks alone, and the lengths made true. `None`: it has not both.
fn essence(file: &[u8]) -> Option<Vec<u8>> {
    let (riff, mut rest) = file.split_at_checked(RIFF_HEADER_BYTES)?;
    if !riff.starts_with(b"RIFF") || !riff.ends_with(b"WAVE") {
        return None;
    }
    let mut format: Option<&[u8]> = None;
    loop {
        let (header, body) = rest.split_at_checked(CHUNK_HEADER_BYTES)?;
        let (name, length) = header.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
        match (name, format) {
            (b"fmt ", _) => format = Some(body.get(..length)?),
            (b"data", Some(format)) => {
                // Bytes of a frame, all channels together: it ends with a whole one.
                let frame = usize::from(u16::from_le_bytes(format.get(12..14)?.try_into().ok()?)).max(1);
                let there = length.min(body.len());
                return Some(joined(format, &body[..there - there % frame]));
            }
            _ => {}
        }
        // A chunk of odd length is followed by one byte more.
        rest = body.get(length.checked_add(length % 2)?..)?;
    }
}

fn joined(format: &[u8], data: &[u8]) -> Vec<u8> {
    // Both were found in a file whose own lengths have 32 bits.
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let whole = RIFF_HEADER_BYTES + 2 * CHUNK_HEADER_BYTES + format.len() + data.len();
    let mut file = Vec::with_capacity(whole);
    let pieces: [&[u8]; 9] = [
        b"RIFF",
        &length(whole - CHUNK_HEADER_BYTES),
        b"WAVE",
        b"fmt ",
        &length(format.len()),
        format,
        b"data",
        &length(data.len()),
        data,
    ];
    pieces.iter().for_each(|piece| file.extend_from_slice(piece));
    file
}

fn reason(error: &hound::Error) -> Cow<'static, str> {
    match error {
        hound::Error::FormatError(reason) => Cow::Borrowed(reason),
        hound::Error::Unsupported => Cow::Borrowed("another encoding"),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use hound::{WavSpec, WavWriter};

    /// A second of a tone at a quarter of full scale, alike on every channel.
    fn tone(hz: f64, spec: WavSpec) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec).unwrap();
        for n in 0..spec.sample_rate {
            let sample = 0.25 * (f64::from(n) / f64::from(spec.sample_rate) * hz * std::f64::consts::TAU).sin();
            for _ in 0..spec.channels {
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample(sample as f32).unwrap(),
                    SampleFormat::Int => {
                        let full_scale = 2_f64.powi(i32::from(spec.bits_per_sample) - 1);
                        writer.write_sample((sample * full_scale).round() as i32).unwrap();
                    }
                }
            }
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    fn spec(sample_rate: u32, channels: u16, bits_per_sample: u16) -> WavSpec {
        WavSpec { channels, sample_rate, bits_per_sample, sample_format: SampleFormat::Int }
    }

    /// In dB below full scale, the first and last 50 ms aside, where the tone begins and ends.
    fn level(samples: &[f32]) -> f32 {
        let middle = &samples[400..samples.len() - 400];
        10.0 * (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32 + 1e-12).log10()
    }

    #[test]
    fn every_common_format_gives_the_same_sound() {
        let float = WavSpec { sample_format: SampleFormat::Float, ..spec(24_000, 1, 32) };
        let specs = [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000].map(|rate| spec(rate, 1, 16));
        let bits = [8, 24, 32].map(|bits| spec(22_050, 1, bits));
        for spec in specs.into_iter().chain(bits).chain([spec(48_000, 2, 16), float]) {
            let samples = read(&tone(1_000.0, spec)).unwrap();
            assert!(samples.len().abs_diff(8_000) <= 1, "{spec:?}: {} samples", samples.len());
            assert!((level(&samples) + 15.05).abs() < 0.1, "{spec:?} is at {}", level(&samples));
            let crossings = samples.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
            assert!(crossings.abs_diff(1_000) <= 2, "{spec:?}: {crossings} Hz");
        }
    }

    #[test]
    fn what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() {
        for hz in [4_500.0, 6_000.0, 11_000.0] {
            let level = level(&read(&tone(hz, spec(48_000, 1, 16))).unwrap());
            assert!(level < -55.0, "{hz} Hz is heard at {level}");
        }
    }

    #[test]
    fn opposite_channels_cancel_out() {
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec(8_000, 2, 16)).unwrap();
        for n in 0..1_000 {
            writer.write_sample(n).unwrap();
            writer.write_sample(-n).unwrap();
        }
        writer.finalize().unwrap();
        assert_eq!(read(&file.into_inner()).unwrap(), [0.0; 1_000]);
    }

    #[test]
    fn a_length_that_was_not_known_beforehand_is_not_believed() {
        let whole = tone(1_000.0, spec(16_000, 1, 16));
        let expected = read(&whole).unwrap();
        for told in [0xffff_ffff_u32, 0x7fff_f000, 0xffff_fffe] {
            let mut file = whole.clone();
            file[4..8].copy_from_slice(&told.to_le_bytes());
            file[40..44].copy_from_slice(&told.to_le_bytes());
            assert_eq!(read(&file).unwrap(), expected);
            // And half a sample at the end.
            file.push(7);
            assert_eq!(read(&file).unwrap(), expected);
        }
    }

    #[test]
    fn chunks_beside_the_sound_are_passed_over() {
        let whole = tone(1_000.0, spec(8_000, 1, 16));
        let list = [&b"LIST\x03\0\0\0abc\0"[..]];
        let file = [&whole[..12], list[0], &whole[12..36], list[0], &whole[36..], list[0]].concat();
        assert_eq!(read(&file).unwrap(), read(&whole).unwrap());
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let good = tone(1_000.0, spec(8_000, 1, 16));
        for bad in [&b""[..], b"RIFF", b"Usage: say TEXT", b"RIFF\0\0\0\0AVI LIST\0\0\0\0", &good[..20], &good[..40]] {
            assert_eq!(read(bad), Err(WaveError::NoWave));
        }
        assert_eq!(read(&tone(1_000.0, spec(96_000, 1, 16))), Err(WaveError::Rate(96_000)));
        assert_eq!(read(&tone(1_000.0, spec(4_000, 1, 16))), Err(WaveError::Rate(4_000)));
        let ulaw = [&super::super::wav::header(8)[..], &[0xff; 8]].concat();
        let message = read(&ulaw).unwrap_err().to_string();
        assert!(message.contains("another encoding"), "{message}");
        let minute = [&good[..40], &960_000_u32.to_le_bytes(), &vec![0; 960_000]].concat();
        assert_eq!(read(&minute), Err(WaveError::Long(60)));
        assert_eq!(read_below(&minute, 61).map(|samples| samples.len()), Ok(480_000));
        let empty = [&good[..40], &[0; 4]].concat();
        assert_eq!(read(&empty), Ok(Vec::new()));
    }

    #[test]
    fn numbers_that_are_none_are_silence() {
        let float = WavSpec { sample_format: SampleFormat::Float, ..spec(8_000, 1, 32) };
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, float).unwrap();
        for sample in [f32::NAN, f32::INFINITY, 7.0, -0.5] {
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
        assert_eq!(read(&file.into_inner()).unwrap(), [0.0, 0.0, 1.0, -0.5]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_file_panics(changes in prop::collection::vec((12_usize..60, any::<u8>()), 0..6), length in 0_usize..200) {
            let mut file = tone(1_000.0, spec(8_000, 1, 16));
            file.truncate(length);
            for (at, byte) in changes {
                if let Some(place) = file.get_mut(at) {
                    *place = byte;
                }
            }
            let _ = read(&file);
        }
    }
}

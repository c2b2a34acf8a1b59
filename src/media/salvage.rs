//! What a recording is worth that was never finished: a crash, a power cut or a full disk came between.
//!
//! The header promises what was certainly on the disk ([`super::wav`]); what stands behind the promise was on its way
//! there, and is as good. Zeros at the very end are not: a file system that had counted the bytes and not yet written
//! them shows these, and as μ-law they would be the loudest noise there is.

use std::time::Duration;

use super::recorder::{LENGTH_MAX, voice_in};
use super::wav::{self, HEADER_BYTES, RATE_HZ};

/// The longest file that a recorder writes. Others need not be looked at.
pub const FILE_BYTES_MAX: u64 = HEADER_BYTES as u64 + LENGTH_MAX.as_secs() * RATE_HZ as u64;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Salvage {
    /// Somebody speaks: a message, however short, because the last second or two of it never reached the disk. The file
    /// is whole with this header, cut to this length.
    Message { header: [u8; HEADER_BYTES], file_bytes: u64, length: Duration, voice: Duration },
    /// Nobody speaks.
    Quiet,
    /// Nothing that a recorder wrote.
    Foreign,
}

/// Looks at all bytes of a file.
pub fn salvage(file: &[u8]) -> Salvage {
    let (header, samples) = file.split_at(file.len().min(HEADER_BYTES));
    // The first header may not have reached the disk, when the file's name had.
    if !wav::begins(header) && header.iter().any(|byte| *byte != 0) {
        return Salvage::Foreign;
    }
    let promised = wav::promised(file).map_or(0, <[u8]>::len);
    let written = samples.iter().rposition(|sample| *sample != 0).map_or(0, |last| last + 1);
    let samples = &samples[..promised.max(written)];
    let voice = voice_in(samples);
    let file_bytes = length(HEADER_BYTES + samples.len());
    match wav::repaired(file_bytes) {
        Some(header) if !voice.is_zero() => {
            let length = Duration::from_micros(length(samples.len()).saturating_mul(1_000_000) / u64::from(RATE_HZ));
            Salvage::Message { header, file_bytes, length, voice }
        }
        Some(_) | None => Salvage::Quiet,
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loud tone, by whose samples each place can be told from the next.
    fn voice(samples: usize) -> Vec<u8> {
        [0x90, 0x10, 0x91, 0x11].into_iter().cycle().take(samples).collect()
    }

    fn file(promised: u32, samples: &[u8]) -> Vec<u8> {
        [&wav::header(promised)[..], samples].concat()
    }

    fn message(samples: u32) -> Salvage {
        let length = Duration::from_micros(u64::from(samples) * 125);
        let voice = Duration::from_millis(20) * samples.div_ceil(160);
        Salvage::Message { header: wav::header(samples), file_bytes: 58 + u64::from(samples), length, voice }
    }

    #[test]
    fn what_a_crash_cut_off_is_a_message_up_to_its_last_sample() {
        assert_eq!(salvage(&file(16_000, &voice(16_000))), message(16_000));
        assert_eq!(salvage(&file(8_000, &voice(15_997))), message(15_997), "more is there than was promised");
        assert_eq!(salvage(&file(24_000, &voice(16_000))), message(16_000), "less is there than was promised");
        assert_eq!(salvage(&file(0, &voice(9_000))), message(9_000), "cut off before its second header");
        let mut no_header = file(0, &voice(9_000));
        no_header[..58].fill(0);
        assert_eq!(salvage(&no_header), message(9_000));
    }

    #[test]
    fn a_second_of_voice_makes_a_message() {
        assert_eq!(salvage(&file(8_000, &voice(8_000))), message(8_000));
        assert_eq!(salvage(&file(160, &voice(160))), message(160), "one frame, of who knows how many");
        assert_eq!(salvage(&file(80_000, &[0xff; 80_000])), Salvage::Quiet, "ten seconds of nobody");
    }

    #[test]
    fn bytes_that_never_reached_the_disk_are_no_voice() {
        let zeros = [0; 16_000];
        assert_eq!(salvage(&file(0, &zeros)), Salvage::Quiet);
        assert_eq!(salvage(&[&[0; 58][..], &zeros].concat()), Salvage::Quiet);
        let cut = file(8_000, &[&voice(8_320)[..], &zeros].concat());
        assert_eq!(salvage(&cut), message(8_320));
        let promised = file(8_000, &[&voice(7_999)[..], &[0]].concat());
        assert_eq!(salvage(&promised), message(8_000), "a zero that was promised is a sample");
    }

    #[test]
    fn a_file_cut_within_its_header_is_quiet() {
        let header = wav::header(8_000);
        for length in 0..=header.len() {
            assert_eq!(salvage(&header[..length]), Salvage::Quiet, "{length} bytes");
        }
    }

    #[test]
    fn what_no_recorder_wrote_is_foreign() {
        let mut linear = file(16_000, &voice(16_000));
        linear[20] = 1;
        assert_eq!(salvage(&linear), Salvage::Foreign);
        assert_eq!(salvage(b"Dear diary, a customer wanted a blue door."), Salvage::Foreign);
        assert_eq!(salvage(b"RIFX"), Salvage::Foreign);
    }

    #[test]
    fn the_longest_recording_fits() {
        assert_eq!(FILE_BYTES_MAX, 58 + 180 * 8_000);
    }
}

//! A recording as others take it: a WAVE file of 16-bit linear samples (format 1), 8 kHz, mono, made from μ-law when
//! it is asked for.
//!
//! Recordings are kept as μ-law, as the telephone sent them, but linear samples are all that every browser says it
//! plays in a WAVE file (Chromium's `canPlayType` knows `audio/wav; codecs=1` alone), and all that many programs read,
//! Python's `wave` among them.

use std::ops::Range;

use super::g711;
use super::wav::RATE_HZ;

/// The header; samples begin behind it.
pub const HEADER_BYTES: usize = 44;

const SAMPLE_BYTES: usize = 2;
/// The most that a header can tell of: a WAVE file's lengths have 32 bits. Three days.
const SAMPLES_MAX: usize = (u32::MAX as usize - HEADER_BYTES) / SAMPLE_BYTES;

/// The file that these μ-law samples make.
#[derive(Clone, Copy, Debug)]
pub struct Linear<'a> {
    samples: &'a [u8],
}

impl<'a> Linear<'a> {
    pub fn of(samples: &'a [u8]) -> Linear<'a> {
        Linear { samples: &samples[..samples.len().min(SAMPLES_MAX)] }
    }

    /// The length of the whole file, in bytes.
    pub fn bytes(&self) -> usize {
        HEADER_BYTES + SAMPLE_BYTES * self.samples.len()
    }

    /// These bytes of the file, or those of them that there are.
    pub fn part(&self, bytes: Range<usize>) -> Vec<u8> {
        let end = bytes.end.min(self.bytes());
        let start = bytes.start.min(end);
        let mut part = Vec::with_capacity(end - start);
        part.extend(self.header().get(start..end.min(HEADER_BYTES)).unwrap_or_default());
        let (from, to) = (start.max(HEADER_BYTES) - HEADER_BYTES, end.max(HEADER_BYTES) - HEADER_BYTES);
        let samples = &self.samples[from / SAMPLE_BYTES..to.div_ceil(SAMPLE_BYTES)];
        let linear = samples.iter().flat_map(|sample| g711::decode_ulaw(*sample).to_le_bytes());
        // The part may begin and end within a sample.
        part.extend(linear.skip(from % SAMPLE_BYTES).take(to - from));
        part
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = *b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0";
        // At most SAMPLES_MAX samples: both lengths have room.
        let sound = u32::try_from(SAMPLE_BYTES * self.samples.len()).unwrap_or(u32::MAX);
        // The whole, but for "RIFF" and this length itself: 36 bytes of header and the samples.
        header[4..8].copy_from_slice(&sound.saturating_add(36).to_le_bytes());
        header[40..44].copy_from_slice(&sound.to_le_bytes());
        header
    }
}

// What the header above says in bytes.
const _: () = assert!(RATE_HZ == 0x1f40 && 2 * RATE_HZ == 0x3e80);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_what_a_reader_looks_for() {
        let ulaw = [0x00, 0x80, 0xff];
        let file = Linear::of(&ulaw).part(0..usize::MAX);
        let number = |at: usize, bytes: usize| file[at..at + bytes].iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
        assert_eq!((&file[..4], &file[8..16], &file[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!((number(4, 4), number(16, 4), number(40, 4)), (file.len() as u64 - 8, 16, 6));
        assert_eq!((number(20, 2), number(22, 2)), (1, 1), "linear, mono");
        assert_eq!((number(24, 4), number(28, 4)), (8000, 16000), "samples and bytes in a second");
        assert_eq!((number(32, 2), number(34, 2)), (2, 16), "bytes of a frame and bits of a sample");
        let sound: Vec<i16> = file[44..].chunks(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect();
        assert_eq!(sound, [-32124, 32124, 0]);
    }

    #[test]
    fn every_part_is_cut_from_the_whole() {
        let ulaw: Vec<u8> = (0..10).map(|n| n * 25).collect();
        let file = Linear::of(&ulaw);
        let whole = file.part(0..file.bytes());
        assert_eq!((whole.len(), file.bytes()), (64, 64));
        for start in 0..=whole.len() {
            for end in start..=whole.len() {
                assert_eq!(file.part(start..end), whole[start..end], "{start}..{end}");
            }
        }
        assert_eq!(file.part(60..1000), whole[60..]);
        assert!(file.part(64..1000).is_empty());
        assert!(file.part(1000..2000).is_empty());
    }

    #[test]
    fn an_empty_recording_is_a_header() {
        assert_eq!(Linear::of(&[]).part(0..100).len(), HEADER_BYTES);
    }
}

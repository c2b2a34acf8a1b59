//! WAVE files of μ-law: 8 kHz, mono, format 7 (RFC 2361 appendix A), as a telephone sent them; [`super::linear`] is
//! what browsers get of them. The header is of one length, so that it can be written first and made true later.
//!
//! A file that grows is whole after every step when its writer appends samples, syncs, writes [`header`] over the old
//! one, and syncs again: a header then never promises what is not on the disk. Samples behind the promise are found
//! again by [`repaired`].

/// The header; samples begin behind it.
pub const HEADER_BYTES: usize = 58;
/// Samples in a second, and bytes.
pub const RATE_HZ: u32 = 8000;
/// The most that a header can tell of: a WAVE file's lengths have 32 bits. Six days.
pub const SAMPLES_MAX: u32 = u32::MAX - 58;

/// Where the three lengths stand that grow with the file: of the whole, in samples, and of the samples in bytes.
const RIFF_BYTES_AT: usize = 4;
const SAMPLES_AT: usize = 46;
const DATA_BYTES_AT: usize = 54;

/// A header without its three lengths.
const EMPTY: [u8; HEADER_BYTES] =
    *b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0\0\0fact\x04\0\0\0\0\0\0\0data\0\0\0\0";

/// The header of a file with so many samples. An even number spares the padding byte that RIFF asks for.
pub fn header(samples: u32) -> [u8; HEADER_BYTES] {
    let samples = samples.min(SAMPLES_MAX);
    let mut header = EMPTY;
    // The whole, but for "RIFF" and this length itself: 50 bytes of header and the samples.
    header[RIFF_BYTES_AT..RIFF_BYTES_AT + 4].copy_from_slice(&(samples + 50).to_le_bytes());
    header[SAMPLES_AT..SAMPLES_AT + 4].copy_from_slice(&samples.to_le_bytes());
    header[DATA_BYTES_AT..DATA_BYTES_AT + 4].copy_from_slice(&samples.to_le_bytes());
    header
}

/// The header that makes a file whole which was cut off while it grew, by the file's length in bytes. `None`: it ends
/// within its header, and holds nothing.
pub fn repaired(file_bytes: u64) -> Option<[u8; HEADER_BYTES]> {
    let samples = file_bytes.checked_sub(58)?;
    Some(header(u32::try_from(samples).unwrap_or(SAMPLES_MAX)))
}

/// The samples of a file that [`header`] was written for.
///
/// # Panics
/// When it is no such file; for clips that are part of the program, where that stops the build.
pub const fn samples(file: &[u8]) -> &[u8] {
    assert!(file.len() >= HEADER_BYTES, "shorter than its header");
    let (header, samples) = file.split_at(HEADER_BYTES);
    let mut at = 0;
    while at < HEADER_BYTES {
        assert!(is_length(at) || header[at] == EMPTY[at], "no WAVE file of μ-law, 8 kHz, mono");
        at += 1;
    }
    let told = [header[54], header[55], header[56], header[57]];
    assert!(u32::from_le_bytes(told) as usize == samples.len(), "its header tells another length");
    samples
}

/// The samples that a file's header promises, or as many of them as are there. `None`: it is no file that [`header`]
/// was written for.
pub fn promised(file: &[u8]) -> Option<&[u8]> {
    let (header, samples) = file.split_first_chunk::<HEADER_BYTES>()?;
    let told = u32::from_le_bytes([header[54], header[55], header[56], header[57]]);
    let there = samples.len().min(usize::try_from(told).unwrap_or(usize::MAX));
    begins(header).then(|| &samples[..there])
}

/// Whether a file begins as [`header`] does, as far as it goes.
pub fn begins(file: &[u8]) -> bool {
    file.iter().zip(EMPTY).enumerate().all(|(at, (byte, ours))| is_length(at) || *byte == ours)
}

/// The same of a file that may be damaged: `None` when it is none of these, or is not whole.
pub fn read(file: &[u8]) -> Option<&[u8]> {
    let (told, samples) = file.split_first_chunk()?;
    let length = u32::try_from(samples.len()).ok().filter(|length| *length <= SAMPLES_MAX)?;
    (*told == header(length)).then_some(samples)
}

const fn is_length(at: usize) -> bool {
    matches!(at, RIFF_BYTES_AT..8 | SAMPLES_AT..50 | DATA_BYTES_AT..58)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn le(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn a_header_tells_what_a_reader_looks_for() {
        let file = [&header(1600)[..], &[0xff; 1600]].concat();
        assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(le(&file, 4), u32::try_from(file.len()).unwrap() - 8);
        assert_eq!(le(&file, 16), 18, "the length of the format");
        assert_eq!((le(&file, 20), le(&file, 24), le(&file, 28)), (0x0001_0007, 8000, 8000));
        assert_eq!(le(&file, 32), 0x0008_0001, "bytes of a frame and bits of a sample");
        assert_eq!((&file[38..42], le(&file, 46)), (&b"fact"[..], 1600));
        assert_eq!((&file[50..54], le(&file, 54)), (&b"data"[..], 1600));
        assert_eq!(samples(&file), [0xff; 1600]);
    }

    #[test]
    fn a_file_cut_anywhere_is_made_whole() {
        let file = [&header(160)[..], &[7; 800]].concat();
        for length in 0..file.len() {
            let mut cut = file[..length].to_vec();
            match repaired(u64::try_from(length).unwrap()) {
                None => assert!(length < HEADER_BYTES),
                Some(header) => {
                    cut[..HEADER_BYTES].copy_from_slice(&header);
                    assert_eq!(samples(&cut).len(), length - HEADER_BYTES);
                }
            }
        }
        assert_eq!(repaired(u64::MAX), Some(header(SAMPLES_MAX)));
    }

    #[test]
    fn what_is_promised_is_read_as_far_as_it_is_there() {
        let file = [&header(160)[..], &[7; 800]].concat();
        assert_eq!(promised(&file), Some(&[7; 160][..]));
        assert_eq!(promised(&file[..HEADER_BYTES + 100]), Some(&[7; 100][..]));
        assert_eq!(promised(&file[..HEADER_BYTES]), Some(&[][..]));
        assert_eq!(promised(&file[..HEADER_BYTES - 1]), None);
        let mut linear = file.clone();
        linear[20] = 1;
        assert_eq!((promised(&linear), begins(&linear)), (None, false));
        assert!(begins(&file[..20]) && begins(&[]) && !begins(b"RIFX"));
    }

    #[test]
    fn a_damaged_file_is_not_read() {
        let file = [&header(160)[..], &[7; 160]].concat();
        assert_eq!(read(&file), Some(&[7; 160][..]));
        assert_eq!(read(&header(0)), Some(&[][..]));
        for length in 0..file.len() {
            assert_eq!(read(&file[..length]), None);
        }
        let mut other = file;
        other[20] = 1;
        assert_eq!(read(&other), None);
    }

    #[test]
    #[should_panic(expected = "another length")]
    fn a_clip_that_was_cut_stops_the_build() {
        samples(&[&header(160)[..], &[7; 159]].concat());
    }

    #[test]
    #[should_panic(expected = "no WAVE file of μ-law")]
    fn a_clip_of_another_format_stops_the_build() {
        let mut file = header(0);
        file[20] = 1;
        samples(&file);
    }
}

//! A ZIP archive, written as it goes: file after file, each as it is (APPNOTE 6.3.10, method "stored"). Three records of fixed
//! fields are all of it; a crate for archives brings compression that would gain nothing on sound, and reading.

use chrono::{Datelike, NaiveDateTime, Timelike};

/// What has been written, and the directory that comes last.
#[derive(Default)]
pub struct Archive {
    directory: Vec<u8>,
    files: u16,
    bytes: u32,
}

/// §4.4.4, bit 11: names are UTF-8.
const UTF8: u16 = 1 << 11;
/// §4.4.3: 2.0, the first with folders.
const VERSION: u16 = 20;
/// §4.4.2: made as Unix does, so that what follows is read as its rights.
const MADE_BY: u16 = (3 << 8) | VERSION;
/// A file that its owner may write, and all may read.
const RIGHTS: u32 = 0o100_644 << 16;

impl Archive {
    /// The bytes by which this becomes the archive's next file. `None`: it has no room for it, being of 32 bits.
    pub fn add(&mut self, name: &str, made: NaiveDateTime, content: &[u8]) -> Option<Vec<u8>> {
        let (offset, length) = (self.bytes, u32::try_from(content.len()).ok()?);
        let files = self.files.checked_add(1).filter(|files| *files < u16::MAX)?;
        // What §4.3.7 and §4.3.12 have in common.
        let mut shared = Vec::with_capacity(26);
        for field in [VERSION, UTF8, 0, dos_time(made), dos_date(made)] {
            shared.extend(field.to_le_bytes());
        }
        for field in [crc32(content), length, length] {
            shared.extend(field.to_le_bytes());
        }
        shared.extend(u16::try_from(name.len()).ok()?.to_le_bytes());
        shared.extend([0; 2]);
        let file = [&b"PK\x03\x04"[..], &shared, name.as_bytes(), content].concat();
        self.bytes = offset.checked_add(u32::try_from(file.len()).ok()?).filter(|end| *end < FULL)?;
        self.files = files;
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(MADE_BY.to_le_bytes());
        self.directory.extend(shared);
        // No comment, on the first disk, nothing to say of it.
        self.directory.extend([0; 6]);
        self.directory.extend(RIGHTS.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        Some(file)
    }

    /// The bytes that come last (§4.3.16).
    pub fn end(self) -> Vec<u8> {
        let mut end = self.directory;
        let length = u32::try_from(end.len()).unwrap_or(u32::MAX);
        end.extend(b"PK\x05\x06\0\0\0\0");
        end.extend([self.files.to_le_bytes(), self.files.to_le_bytes()].concat());
        end.extend([length.to_le_bytes(), self.bytes.to_le_bytes()].concat());
        end.extend([0; 2]);
        end
    }
}

/// The directory of 65,535 files stays below what is left.
const FULL: u32 = 0xF000_0000;

/// §4.4.6: hours, minutes and pairs of seconds.
fn dos_time(at: NaiveDateTime) -> u16 {
    u16::try_from((at.hour() << 11) | (at.minute() << 5) | (at.second() / 2)).unwrap_or(0)
}

/// Years since 1980, months and days.
fn dos_date(at: NaiveDateTime) -> u16 {
    let years = u32::try_from(at.year() - 1980).unwrap_or(0).min(127);
    u16::try_from((years << 9) | (at.month() << 5) | at.day()).unwrap_or(0)
}

/// §4.4.7: the one of ISO 3309, byte by byte.
fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(!0, |crc: u32, byte| (crc >> 8) ^ CRC[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_that_everybody_computes() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn an_archive_says_where_its_files_are() {
        let made = "2026-12-24T18:05:07".parse().unwrap();
        let mut archive = Archive::default();
        let file = archive.add("ñ.txt", made, b"123456789").unwrap();
        assert_eq!(&file[..10], b"PK\x03\x04\x14\0\0\x08\0\0");
        assert_eq!(
            &file[10..18],
            &[0xa3, 0x90, 0x98, 0x5d, 0x26, 0x39, 0xf4, 0xcb],
            "18:05:06 on 2026-12-24, and the sum"
        );
        assert_eq!(&file[30..], "ñ.txt123456789".as_bytes());
        let second = archive.add("b", made, b"").unwrap();
        let end = archive.end();
        let (directory, last) = end.split_at(end.len() - 22);
        assert_eq!(directory.len(), 2 * 46 + 6 + 1);
        assert_eq!(&directory[46 + 6 + 42..][..4], u32::try_from(file.len()).unwrap().to_le_bytes());
        let at = u32::try_from(file.len() + second.len()).unwrap();
        assert_eq!(&last[8..12], [2, 0, 2, 0]);
        assert_eq!(&last[16..20], at.to_le_bytes());
    }
}

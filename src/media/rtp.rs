//! RTP and RTCP packets (RFC 3550 §5.1, §6.1), as far as a relay looks into them. Nothing is copied to read one.

use std::ops::Range;

/// The fixed part of an RTP header.
pub const HEADER_BYTES: usize = 12;

/// RFC 3550 §12.1.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
/// What a report says of one source (§6.4.1).
const REPORT_BLOCK_BYTES: usize = 24;

/// An RTP header's fields that mean something to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The first packet of a talkspurt, or of a telephone event.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// One packet as read: its header, and where in its bytes the payload is (without CSRCs, extension and padding).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub header: Header,
    pub payload: Range<usize>,
}

/// Why bytes are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("shorter than its header says")]
    Short,
    #[error("not version 2 of RTP")]
    Version,
    #[error("its padding is longer than its payload")]
    Padding,
    /// RFC 5761 §4: the second byte tells RTP from RTCP on one port.
    #[error("RTCP where RTP belongs, or the reverse")]
    WrongKind,
    #[error("an RTCP packet whose length does not fit")]
    Length,
}

/// Reads an RTP packet.
///
/// # Errors
/// What RFC 3550 appendix A.1 refuses, and payload types 64 to 95, which are RTCP's (RFC 5761 §4).
pub fn read(bytes: &[u8]) -> Result<View, Malformed> {
    let (header, start) = read_head(bytes)?;
    let mut end = bytes.len();
    if bytes[0] & 0x20 != 0 {
        let padding = usize::from(bytes[end - 1]);
        if padding == 0 || padding > end - start {
            return Err(Malformed::Padding);
        }
        end -= padding;
    }
    Ok(View { header, payload: start..end })
}

/// Reads an RTP packet's header, and where its payload begins; what stands there may be encrypted.
///
/// # Errors
/// As [`read`], but for the padding.
pub fn read_head(bytes: &[u8]) -> Result<(Header, usize), Malformed> {
    let fixed: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(Malformed::Short)?;
    let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
    if first >> 6 != 2 {
        return Err(Malformed::Version);
    }
    if is_rtcp_type(second | 0x80) {
        return Err(Malformed::WrongKind);
    }
    let mut start = HEADER_BYTES + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let extension = bytes.get(start..start + 4).ok_or(Malformed::Short)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    if start > bytes.len() {
        return Err(Malformed::Short);
    }
    let header = Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
    };
    Ok((header, start))
}

/// Gives a packet that [`read`] accepted another payload type, 0 to 127; its marker stays.
pub fn set_payload_type(packet: &mut [u8], payload_type: u8) {
    if let Some(second) = packet.get_mut(1) {
        *second = (*second & 0x80) | (payload_type & 0x7f);
    }
}

/// Gives a packet that [`read_head`] accepted another sequence number.
pub fn set_sequence(packet: &mut [u8], sequence: u16) {
    if let Some(bytes) = packet.get_mut(2..4) {
        bytes.copy_from_slice(&sequence.to_be_bytes());
    }
}

impl Header {
    /// A whole packet with this header and nothing between it and the payload.
    pub fn packet(&self, payload: &[u8]) -> Vec<u8> {
        [&self.bytes()[..], payload].concat()
    }

    /// The header's own bytes, as they stand before a payload.
    pub fn bytes(&self) -> [u8; HEADER_BYTES] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        [0x80, (u8::from(self.marker) << 7) | (self.payload_type & 0x7f), s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }
}

/// Checks a compound RTCP packet: version 2 throughout, a report, description, goodbye or application packet
/// (200 to 204) first, and lengths that fill the datagram exactly (RFC 3550 appendix A.2, with RFC 5506's shorter
/// compounds let through).
///
/// # Errors
/// Whatever of these fails.
pub fn check_rtcp(bytes: &[u8]) -> Result<(), Malformed> {
    // The smallest is a goodbye or an empty receiver report with one SSRC.
    if bytes.len() < 8 {
        return Err(Malformed::Short);
    }
    if !(200..=204).contains(&bytes[1]) {
        return Err(Malformed::WrongKind);
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        let &[first, kind, l0, l1] = rest.first_chunk().ok_or(Malformed::Length)?;
        if first >> 6 != 2 {
            return Err(Malformed::Version);
        }
        if !is_rtcp_type(kind) {
            return Err(Malformed::WrongKind);
        }
        let length = 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        rest = rest.get(length..).ok_or(Malformed::Length)?;
    }
    Ok(())
}

/// Rewrites, in each report block of a compound RTCP packet, the highest sequence number that was heard of a source, with
/// its rounds (RFC 3550 §6.4). What is not whole is left as it is.
pub fn each_report(bytes: &mut [u8], rewrite: impl Fn(u32, u32) -> u32) {
    let mut rest = bytes;
    while let Some(&[first, kind, l0, l1]) = rest.first_chunk() {
        let length = 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        let Some((packet, others)) = std::mem::take(&mut rest).split_at_mut_checked(length) else { return };
        let blocks = match kind {
            SENDER_REPORT => packet.get_mut(28..),
            RECEIVER_REPORT => packet.get_mut(8..),
            _ => None,
        };
        let (blocks, _) = blocks.unwrap_or_default().as_chunks_mut::<REPORT_BLOCK_BYTES>();
        for block in blocks.iter_mut().take(usize::from(first & 0x1f)) {
            let [s0, s1, s2, s3, _, _, _, _, h0, h1, h2, h3, ..] = *block;
            let highest = rewrite(u32::from_be_bytes([s0, s1, s2, s3]), u32::from_be_bytes([h0, h1, h2, h3]));
            block[8..12].copy_from_slice(&highest.to_be_bytes());
        }
        rest = others;
    }
}

/// Whether a second byte is one of RTCP's packet types, 192 to 223 (RFC 5761 §4).
pub fn is_rtcp_type(second: u8) -> bool {
    (192..=223).contains(&second)
}

/// Whether RTP may use a payload type at all: 64 to 95 are taken by RTCP (RFC 5761 §4), above 127 there are none.
pub fn is_usable_payload_type(payload_type: u8) -> bool {
    payload_type < 128 && !is_rtcp_type(payload_type | 0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header =
        Header { marker: true, payload_type: 8, sequence: 65_535, timestamp: 160, ssrc: 0xdead_beef };

    #[test]
    fn a_built_packet_reads_back() {
        let bytes = HEADER.packet(&[0xd5; 160]);
        let view = read(&bytes).expect("well formed");
        assert_eq!(view.header, HEADER);
        assert_eq!(view.payload, 12..172);
    }

    #[test]
    fn csrcs_extension_and_padding_are_no_payload() {
        let mut bytes = HEADER.packet(&[]);
        bytes[0] |= 0x20 | 0x10 | 2;
        bytes.extend([0; 8]);
        bytes.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        bytes.extend([1, 2, 3, 4, 5]);
        bytes.extend([0, 0, 3]);
        assert_eq!(read(&bytes).expect("well formed").payload, 28..33);
    }

    #[test]
    fn what_is_no_rtp_is_refused() {
        let good = HEADER.packet(&[1, 2, 3, 4]);
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            read(&bytes)
        };
        assert_eq!(read(&[]), Err(Malformed::Short));
        assert_eq!(read(&good[..11]), Err(Malformed::Short));
        assert_eq!(with(0, 0x40), Err(Malformed::Version));
        assert_eq!(with(0, 0x8f), Err(Malformed::Short), "15 CSRCs that are not there");
        assert_eq!(with(0, 0x90), Err(Malformed::Short), "an extension longer than the packet");
        assert_eq!(with(0, 0xa0), Ok(View { header: HEADER, payload: 12..12 }), "four bytes, all padding");
        assert_eq!(with(1, 200), Err(Malformed::WrongKind));
        assert_eq!(with(1, 72), Err(Malformed::WrongKind));
        let mut padded = good.clone();
        padded[0] |= 0x20;
        padded[15] = 5;
        assert_eq!(read(&padded), Err(Malformed::Padding));
        padded[15] = 0;
        assert_eq!(read(&padded), Err(Malformed::Padding));
    }

    #[test]
    fn a_new_payload_type_leaves_the_marker() {
        let mut bytes = HEADER.packet(&[7]);
        set_payload_type(&mut bytes, 101);
        assert_eq!(read(&bytes).expect("well formed").header, Header { payload_type: 101, ..HEADER });
    }

    #[test]
    fn rtcp_must_fill_its_datagram() {
        let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
        let description = [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 0, 0, 0];
        let compound = [&report[..], &description[..]].concat();
        assert_eq!(check_rtcp(&compound), Ok(()));
        assert_eq!(check_rtcp(&report[..4]), Err(Malformed::Short));
        assert_eq!(check_rtcp(&[0x80, 201, 0, 2, 1, 2, 3, 4]), Err(Malformed::Length));
        assert_eq!(check_rtcp(&compound[..17]), Err(Malformed::Length));
        assert_eq!(check_rtcp(&[0x80, 0, 0, 1, 1, 2, 3, 4]), Err(Malformed::WrongKind));
        assert_eq!(check_rtcp(&[0x00, 201, 0, 1, 1, 2, 3, 4]), Err(Malformed::Version));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), first in 0x80_u8..0xc0) {
            let mut bytes = bytes;
            let _ = check_rtcp(&bytes);
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            if let Ok(view) = read(&bytes) {
                prop_assert!(view.payload.start >= HEADER_BYTES && view.payload.end <= bytes.len());
                prop_assert!(view.payload.start <= view.payload.end);
            }
            let _ = check_rtcp(&bytes);
        }
    }
}

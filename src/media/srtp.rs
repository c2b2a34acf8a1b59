//! Sound that only the two ends of a leg can hear (SRTP, RFC 3711), with the one pair of transforms that every phone has:
//! AES in counter mode and HMAC-SHA1. Keys come from the session descriptions (RFC 4568); each direction has its own.
//!
//! One packet goes in and comes out in its own bytes. What does not authenticate, or was there before, changes nothing.

mod numbers;

use std::fmt;

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::rtp;
use numbers::Numbers;

/// The most bytes that encryption adds to a packet: the index of an SRTCP packet, and the longer tag.
pub const OVERHEAD: usize = INDEX_BYTES + TAG_80;
/// Streams of one direction. A call has one or two, and another one each time that it is handed over or held; a peer that
/// begins a new one each moment must not fill the memory, and to forget one would be to use its key stream twice.
const STREAMS: usize = 64;
const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 14;
/// The key, then the salt (RFC 4568 §6.1).
pub const MASTER_BYTES: usize = KEY_BYTES + SALT_BYTES;
/// RFC 3711 §5.2.
const AUTH_KEY_BYTES: usize = 20;
const TAG_80: usize = 10;
const TAG_32: usize = 4;
/// E flag and SRTCP index (RFC 3711 §3.4).
const INDEX_BYTES: usize = 4;
/// Before what is encrypted of an RTCP packet: its first header and SSRC.
const RTCP_CLEAR: usize = 8;
/// What says that an RTCP packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;
/// SRTCP indices are never used twice (§9.2); at one report in five seconds these last three centuries.
const LAST_INDEX: u32 = ENCRYPTED - 1;

/// A way to protect packets (RFC 4568 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`.
    Tag80,
    /// `AES_CM_128_HMAC_SHA1_32`: a shorter tag on each packet of sound.
    Tag32,
}

/// What all keys of one direction are made of: 128 bits of key, then 112 of salt. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(pub [u8; MASTER_BYTES]);

/// How one direction is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keying {
    pub suite: Suite,
    pub master: MasterKey,
}

/// Both directions of one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What we send is protected by this.
    pub ours: Keying,
    /// What they send is.
    pub theirs: Keying,
}

/// Both directions of one leg, at work.
pub struct Guard {
    keys: Keys,
    sends: Direction,
    receives: Direction,
}

/// Why a packet is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Malformed(#[from] rtp::Malformed),
    #[error("no room for the tag")]
    NoRoom,
    #[error("not made with the key of this leg, or changed on its way")]
    Unauthentic,
    /// Sent twice by somebody, or so late that nobody can tell.
    #[error("it was there before, or is too old to know")]
    Replayed,
    #[error("RTCP that is not encrypted")]
    Unencrypted,
    #[error("more than {STREAMS} streams")]
    TooManyStreams,
}

/// One direction: its session keys (RFC 3711 §4.3), and how far each stream is.
struct Direction {
    suite: Suite,
    rtp: SessionKeys,
    rtcp: SessionKeys,
    streams: Vec<Stream>,
}

struct SessionKeys {
    cipher: Aes128Enc,
    salt: [u8; SALT_BYTES],
    auth: Hmac<Sha1>,
}

struct Stream {
    ssrc: u32,
    /// Of what we send.
    numbers: Numbers,
    rtp: Window,
    rtcp: Window,
    /// The last SRTCP index that we gave.
    index: u32,
}

/// What was seen of one stream: the highest index, and which of the 64 below it (RFC 3711 §3.3.2).
#[derive(Clone, Copy, Default)]
struct Window {
    /// `None`: nothing yet.
    highest: Option<u64>,
    /// Bit n: `highest - n` was there.
    seen: u64,
}

impl Suite {
    /// As `a=crypto` names it.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::Tag32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// `None`: another one than ours.
    pub fn named(name: &str) -> Option<Suite> {
        [Suite::Tag80, Suite::Tag32].into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }

    /// On RTP. RTCP always has the longer one (RFC 4568 §6.2.2).
    fn tag_bytes(self) -> usize {
        match self {
            Suite::Tag80 => TAG_80,
            Suite::Tag32 => TAG_32,
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Guard {
    pub fn new(keys: Keys) -> Guard {
        Guard { sends: Direction::new(&keys.ours), receives: Direction::new(&keys.theirs), keys }
    }

    /// The same leg after a new exchange. A direction whose key is still the same goes on where it was: begun anew, it
    /// would use its key stream twice, and take old packets for new ones.
    pub fn rekeyed(self, keys: Keys) -> Guard {
        let sends = if self.keys.ours == keys.ours { self.sends } else { Direction::new(&keys.ours) };
        let receives = if self.keys.theirs == keys.theirs { self.receives } else { Direction::new(&keys.theirs) };
        Guard { keys, sends, receives }
    }

    /// Protects an RTP packet of `length` bytes in a buffer with room for [`OVERHEAD`] more. The answer is its new length.
    /// It leaves by a number of our own; the stream's source stays what it is, and so do the reports about it.
    ///
    /// # Errors
    /// See [`Refused`]; the buffer is of no use then.
    pub fn protect_rtp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, Refused> {
        let Direction { suite, rtp: keys, streams, .. } = &mut self.sends;
        let packet = buffer.get_mut(..length).ok_or(Refused::NoRoom)?;
        let (header, start) = rtp::read_head(packet)?;
        let stream = stream_of(streams, header.ssrc)?;
        let sequence = stream.numbers.leaving(header.sequence);
        rtp::set_sequence(packet, sequence);
        let index = stream.rtp.index_of(sequence)?;
        // The same key stream over two packets would give both away (§9.1).
        stream.rtp.check(index)?;
        let end = length + suite.tag_bytes();
        let (packet, tag) = buffer.get_mut(..end).ok_or(Refused::NoRoom)?.split_at_mut(length);
        keys.cover(header.ssrc, index, &mut packet[start..]);
        tag.copy_from_slice(&keys.tag(packet, &roll_over(index))[..suite.tag_bytes()]);
        stream.rtp.note(index);
        Ok(end)
    }

    /// Opens an SRTP packet. The answer is the length of the RTP packet that it was.
    ///
    /// # Errors
    /// See [`Refused`]; nothing has changed then.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let Direction { suite, rtp: keys, streams, .. } = &mut self.receives;
        let length = packet.len().checked_sub(suite.tag_bytes()).ok_or(rtp::Malformed::Short)?;
        let (packet, tag) = packet.split_at_mut(length);
        let (header, start) = rtp::read_head(packet)?;
        let known = streams.iter().find(|stream| stream.ssrc == header.ssrc);
        let window = known.map_or_else(Window::default, |stream| stream.rtp);
        let index = window.index_of(header.sequence)?;
        window.check(index)?;
        keys.authenticate(packet, &roll_over(index), tag)?;
        keys.cover(header.ssrc, index, &mut packet[start..]);
        stream_of(streams, header.ssrc)?.rtp.note(index);
        Ok(length)
    }

    /// Protects an RTCP packet of `length` bytes; see [`Guard::protect_rtp`].
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, Refused> {
        let Direction { rtcp: keys, streams, .. } = &mut self.sends;
        let ssrc = rtcp_ssrc(buffer.get(..length).ok_or(Refused::NoRoom)?)?;
        let stream = stream_of(streams, ssrc)?;
        if stream.index == LAST_INDEX {
            return Err(Refused::Replayed);
        }
        stream.index += 1;
        let indexed = length + INDEX_BYTES;
        let whole = buffer.get_mut(..indexed + TAG_80).ok_or(Refused::NoRoom)?;
        let (packet, tag) = whole.split_at_mut(indexed);
        keys.cover(ssrc, u64::from(stream.index), &mut packet[RTCP_CLEAR..length]);
        packet[length..].copy_from_slice(&(ENCRYPTED | stream.index).to_be_bytes());
        tag.copy_from_slice(&keys.tag(packet, &[])[..TAG_80]);
        Ok(indexed + TAG_80)
    }

    /// Opens an SRTCP packet. The answer is the length of the RTCP packet that it was. What it says of a stream that we
    /// send is in the numbers by which that came to us.
    ///
    /// # Errors
    /// See [`Refused`]; nothing has changed then.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let sent = &self.sends.streams;
        let Direction { rtcp: keys, streams, .. } = &mut self.receives;
        let indexed = packet.len().checked_sub(TAG_80).ok_or(rtp::Malformed::Short)?;
        let (packet, tag) = packet.split_at_mut(indexed);
        let length = indexed.checked_sub(INDEX_BYTES).ok_or(rtp::Malformed::Short)?;
        let ssrc = rtcp_ssrc(&packet[..length])?;
        let word = packet[length..].first_chunk().copied().map_or(0, u32::from_be_bytes);
        let index = u64::from(word & LAST_INDEX);
        let known = streams.iter().find(|stream| stream.ssrc == ssrc);
        known.map_or_else(Window::default, |stream| stream.rtcp).check(index)?;
        keys.authenticate(packet, &[], tag)?;
        if word & ENCRYPTED == 0 {
            return Err(Refused::Unencrypted);
        }
        keys.cover(ssrc, index, &mut packet[RTCP_CLEAR..length]);
        stream_of(streams, ssrc)?.rtcp.note(index);
        rtp::each_report(&mut packet[..length], |of, extended| {
            let stream = sent.iter().find(|stream| stream.ssrc == of);
            stream.map_or(extended, |stream| stream.numbers.reported(extended))
        });
        Ok(length)
    }
}

impl Direction {
    fn new(keying: &Keying) -> Direction {
        let MasterKey(master) = &keying.master;
        // The labels of §4.3.1 and §4.3.2.
        let keys = |first: u8| SessionKeys {
            cipher: Aes128Enc::new(&derived::<KEY_BYTES>(master, first).into()),
            salt: derived(master, first + 2),
            auth: Hmac::new_from_slice(&derived::<AUTH_KEY_BYTES>(master, first + 1))
                .expect("HMAC takes keys of any length"),
        };
        Direction { suite: keying.suite, rtp: keys(0), rtcp: keys(3), streams: Vec::new() }
    }
}

impl SessionKeys {
    /// Encrypts, or decrypts: the two are the same (§4.1.1).
    fn cover(&self, ssrc: u32, index: u64, payload: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..SALT_BYTES].copy_from_slice(&self.salt);
        let places = u128::from(ssrc) << 64 | u128::from(index) << 16;
        let iv = (u128::from_be_bytes(iv) ^ places).to_be_bytes();
        key_stream(&self.cipher, iv).apply_keystream(payload);
    }

    fn tag(&self, packet: &[u8], roll_over: &[u8]) -> [u8; 20] {
        let mut auth = self.auth.clone();
        auth.update(packet);
        auth.update(roll_over);
        auth.finalize().into_bytes().into()
    }

    fn authenticate(&self, packet: &[u8], roll_over: &[u8], tag: &[u8]) -> Result<(), Refused> {
        let right = self.tag(packet, roll_over);
        if bool::from(right[..tag.len()].ct_eq(tag)) { Ok(()) } else { Err(Refused::Unauthentic) }
    }
}

impl Window {
    /// The 48-bit index of a packet with this sequence number: the one nearest to what was seen (§3.3.1, appendix A).
    ///
    /// # Errors
    /// It is of before the first round of numbers, whose index nobody knows.
    fn index_of(&self, sequence: u16) -> Result<u64, Refused> {
        let number = u64::from(sequence);
        let Some(highest) = self.highest else { return Ok(number) };
        let (rounds, last) = (highest >> 16, highest & 0xffff);
        let rounds = if last < 0x8000 && number > last + 0x8000 {
            rounds.checked_sub(1).ok_or(Refused::Replayed)?
        } else if last >= 0x8000 && number + 0x8000 < last {
            rounds + 1
        } else {
            rounds
        };
        Ok(rounds << 16 | number)
    }

    fn check(&self, index: u64) -> Result<(), Refused> {
        let Some(highest) = self.highest else { return Ok(()) };
        match highest.checked_sub(index) {
            None => Ok(()),
            Some(behind) if behind < 64 && self.seen >> behind & 1 == 0 => Ok(()),
            Some(_) => Err(Refused::Replayed),
        }
    }

    /// Takes an index that was checked.
    fn note(&mut self, index: u64) {
        let highest = self.highest.unwrap_or(index);
        if index >= highest {
            let further = u32::try_from(index - highest).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(further).unwrap_or(0) | 1;
            self.highest = Some(index);
        } else {
            self.seen |= 1 << (highest - index).min(63);
        }
    }
}

fn stream_of(streams: &mut Vec<Stream>, ssrc: u32) -> Result<&mut Stream, Refused> {
    let at = match streams.iter().position(|stream| stream.ssrc == ssrc) {
        Some(at) => at,
        None if streams.len() >= STREAMS => return Err(Refused::TooManyStreams),
        None => {
            let (rtp, rtcp) = (Window::default(), Window::default());
            streams.push(Stream { ssrc, numbers: Numbers::default(), rtp, rtcp, index: 0 });
            streams.len() - 1
        }
    };
    Ok(&mut streams[at])
}

/// A session key from the master key, without a key derivation rate (§4.3).
fn derived<const N: usize>(master: &[u8; MASTER_BYTES], label: u8) -> [u8; N] {
    let (key, salt) = master.split_at(KEY_BYTES);
    let mut iv = [0; 16];
    iv[..SALT_BYTES].copy_from_slice(salt);
    iv[7] ^= label;
    let mut key_bytes = [0; KEY_BYTES];
    key_bytes.copy_from_slice(key);
    let mut derived = [0; N];
    key_stream(&Aes128Enc::new(&key_bytes.into()), iv).apply_keystream(&mut derived);
    derived
}

fn key_stream(cipher: &Aes128Enc, iv: [u8; 16]) -> StreamCipherCoreWrapper<CtrCore<&Aes128Enc, Ctr128BE>> {
    StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(cipher, &iv.into()))
}

/// The part of the index that a packet does not carry, as it is authenticated (§4.2).
fn roll_over(index: u64) -> [u8; 4] {
    let [_, _, r0, r1, r2, r3, _, _] = index.to_be_bytes();
    [r0, r1, r2, r3]
}

fn rtcp_ssrc(packet: &[u8]) -> Result<u32, rtp::Malformed> {
    let [first, kind, _, _, s0, s1, s2, s3] = *packet.first_chunk().ok_or(rtp::Malformed::Short)?;
    match first >> 6 {
        2 if rtp::is_rtcp_type(kind) => Ok(u32::from_be_bytes([s0, s1, s2, s3])),
        2 => Err(rtp::Malformed::WrongKind),
        _ => Err(rtp::Malformed::Version),
    }
}

#[cfg(test)]
mod tests;
